"""Proves whether YouTube's challenges can be solved here: yt-dlp solves two challenges of our own player script.

Files that are there prove nothing: the runtime may not start within the limits of a job, and the scripts of the solver
may be of another version than this yt-dlp wants.
"""

import json
from typing import Any, List, Optional, Tuple

# In the form in which yt-dlp's solver (2026.10.26) looks for the functions of a player: what sets "alr" makes addresses.
_PLAYER = """var _artemis={};(function(g){var window=this;
var Address=function(){this.parts={}};
Address.prototype.set=function(name,value){this.parts[name]=value};
Address.prototype.get=function(name){return this.parts[name]};
Address.prototype.clone=function(){return this};
Address.prototype.finish=function(){if(this.parts.n)this.parts.n=turn(this.parts.n)};
var turn=function(text){return text.split("").reverse().join("")+text.length};
var make=function(link,name,value){var made=new Address;made.set("alr","yes");
if(value)made.set(name,encodeURIComponent(turn(decodeURIComponent(value))));return made};
})(_artemis);"""
_PLAYER_URL = 'https://www.youtube.com/s/player/00000000/player_ias.vflset/en_US/base.js'
_CHALLENGES = ('artemis', 'solved')


def run(argv: List[str]) -> int:
    """`argv` are yt-dlp's, with the runtime. The last line of standard output is the answer; the output of yt-dlp comes before it."""
    try:
        trouble = _trouble(argv)
    except Exception as error:
        trouble = f'{type(error).__name__}: {error}'
    print(json.dumps({'solved': trouble is None, 'trouble': trouble and trouble[:500]}), flush=True)
    return 0


def _trouble(argv: List[str]) -> Optional[str]:
    import yt_dlp

    try:
        from yt_dlp.extractor.youtube.jsc import provider
    except ImportError:
        return f'yt-dlp {yt_dlp.version.__version__} knows no JavaScript runtimes'
    with yt_dlp.YoutubeDL(yt_dlp.parse_options(argv).ydl_opts) as downloader:
        extractor: Any = downloader.get_info_extractor('Youtube')
        extractor.initialize()
        extractor._load_player = lambda *_, **__: _PLAYER
        wanted = list(_CHALLENGES)
        asked = [
            provider.JsChallengeRequest(kind, of_kind(challenges=wanted, player_url=_PLAYER_URL), 'proof')
            for kind, of_kind in (
                (provider.JsChallengeType.N, provider.NChallengeInput),
                (provider.JsChallengeType.SIG, provider.SigChallengeInput),
            )
        ]
        solved: List[Tuple[Any, Any]] = extractor._jsc_director.bulk_solve(asked)
    right = {text: f'{text[::-1]}{len(text)}' for text in wanted}
    if len(solved) < len(asked):
        return 'not all challenges were solved'
    return None if all(response.output.results == right for _, response in solved) else 'the solutions are wrong'

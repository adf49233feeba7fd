"""Chooses the subtitles of a site that fit the requested language tags.

By itself yt-dlp takes a tag for a pattern of the whole tag: `pt-BR` finds no `pt_BR`, and `en` no `en-US`.
"""

import re
from typing import Any, Callable, Dict, List, Sequence

import language_tags

# A pattern of ours is not a tag.
_TAG = re.compile(r'[A-Za-z0-9][A-Za-z0-9_-]*')
# Of others no file is kept: the tag becomes a part of its name.
_KEPT_TAG = re.compile(r'[A-Za-z0-9_-]{1,35}')


def choosing(process: Callable[..., Any]) -> Callable[..., Any]:
    """Wraps `YoutubeDL.process_subtitles`."""

    def run(downloader: Any, video_id: Any, written: Any, automatic: Any, *rest: Any) -> Any:
        asked = downloader.params.get('subtitleslangs')
        if not asked:
            return process(downloader, video_id, written, automatic, *rest)
        offers = [written, automatic if downloader.params.get('writeautomaticsub') else None]
        downloader.params['subtitleslangs'] = patterns(asked, [list(offer or ()) for offer in offers])
        try:
            return process(downloader, video_id, written, automatic, *rest)
        finally:
            downloader.params['subtitleslangs'] = asked

    return run


def patterns(asked: Sequence[str], offers: Sequence[Sequence[str]]) -> List[str]:
    """What yt-dlp is to look for. `offers`: tags, the better ones before those that only stand in for them."""
    kept = [[tag for tag in offer if _KEPT_TAG.fullmatch(tag)] for offer in offers]
    found: Dict[str, None] = {}
    for word in asked:
        if _TAG.fullmatch(word) is None:
            found[word] = None
            continue
        answer = next(filter(None, (language_tags.answer(word, offer) for offer in kept)), word)
        # In brackets, since `all` has a meaning.
        found[f'(?-i:{re.escape(answer)})'] = None
    return list(found)

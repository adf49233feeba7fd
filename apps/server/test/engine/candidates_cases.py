"""Asks the candidates about every address that yt-dlp's own tests know; prints one JSON object with what came out."""

import json
import os
import sys

engine, path = sys.argv[1:3]
# As in the warm host.
os.environ['YTDLP_NO_LAZY_EXTRACTORS'] = '1'
sys.path.insert(0, engine)
if path:
    sys.path.insert(1, path)

import yt_dlp  # noqa: E402
from candidates import Candidates  # noqa: E402
from yt_dlp.extractor.common import InfoExtractor  # noqa: E402

with yt_dlp.YoutubeDL({'quiet': True}) as downloader:
    extractors = dict(downloader._ies)
candidates = Candidates(extractors)


def asked(url):
    candidates.narrow(url)
    return [key for key, _ in candidates.items()]


missed, most, count = [], 0, 0
for key, extractor in extractors.items():
    for case in getattr(extractor, 'get_testcases', lambda **_: ())(include_onlymatching=True):
        url = case['url']
        for spelling in (url, url.replace('://www.', '://WWW.')):
            if extractor.suitable(spelling):
                count += 1
                keys = asked(spelling)
                most = max(most, len(keys) if spelling.isascii() else 0)
                if key not in keys:
                    missed.append([key, spelling])

everything = list(extractors)
in_order = asked('https://example.com/watch/video.html')
candidates.narrow('https://example.com/')
after_use = list(candidates.items()) and list(candidates.items())
added = Candidates(extractors)
added['Own'] = object
added.narrow('https://example.com/')


class OddIE(InfoExtractor):
    _VALID_URL = r'https?://odd\.example/.+'

    @classmethod
    def suitable(cls, url):
        return 'special' in url or super().suitable(url)


class ShyIE(InfoExtractor):
    _VALID_URL = r'https?://shy\.example/.+'

    @classmethod
    def suitable(cls, url):
        return False if OddIE.suitable(url) else super().suitable(url)


class ShyerIE(ShyIE):
    @classmethod
    def suitable(cls, url):
        return not url.endswith('!') and super().suitable(url)


class ChangingIE(InfoExtractor):
    _VALID_URL = r'https?://changing\.example/.+'

    @classmethod
    def suitable(cls, url):
        url = url.replace('other', 'changing')
        return super().suitable(url)


own_rules = Candidates({ie.ie_key(): ie for ie in (OddIE, ShyIE, ShyerIE, ChangingIE)})
print(
    json.dumps(
        {
            'count': count,
            'missed': missed,
            'extractors': len(everything),
            'most': most,
            'isInOrder': in_order == [key for key in everything if key in in_order],
            'hasGeneric': in_order[-1:] == ['Generic'],
            'isWholeForOtherScripts': asked('https://example.com/\u017f') == everything,
            'isWholeWithoutUrl': asked(None) == everything,
            'isWholeAgain': [key for key, _ in after_use] == everything,
            'askedByOwnRule': [key for key, _ in own_rules.narrowed('https://other.example/special')],
            'isWholeWithAnother': [key for key, _ in added.items()] == [*everything, 'Own'],
        }
    )
)

"""Chooses formats of the manifests that stdin names, as JSON, with the yt-dlp in the second folder; prints what was chosen."""

import json
import sys
from xml.etree import ElementTree

sys.path.insert(0, sys.argv[1])
sys.path.insert(1, sys.argv[2])

import audio_languages  # noqa: E402
import original_sound  # noqa: E402
import yt_dlp  # noqa: E402
from yt_dlp.extractor.generic import GenericIE  # noqa: E402

original_sound.install()
audio_languages.install()


def formats_of(case, extractor):
    if 'formats' in case:
        return case['formats']
    if 'hls' in case:
        return extractor._parse_m3u8_formats_and_subtitles(case['hls'], 'http://site/master.m3u8', 'mp4')[0]
    document = ElementTree.fromstring(case['dash'])
    return extractor._parse_mpd_formats_and_subtitles(document, 'dash', 'http://site/', 'http://site/manifest.mpd')[0]


def chosen(case):
    argv = [*case['argv'], '--simulate', '--quiet', '--no-warnings']
    with yt_dlp.YoutubeDL(yt_dlp.parse_options(argv).ydl_opts, auto_init=False) as downloader:
        extractor = GenericIE(downloader)
        found = {'id': 'x', 'title': 'x', 'extractor': 'generic', 'extractor_key': 'Generic'}
        found['formats'] = formats_of(case, extractor)
        info = downloader.process_ie_result(found, download=False)
        return [media['format_id'] for media in info.get('requested_formats') or [info]]


print(json.dumps([chosen(case) for case in json.load(sys.stdin)]))

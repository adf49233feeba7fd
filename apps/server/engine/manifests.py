"""Two forms of manifests that yt-dlp (2026.10.26) reads wrongly.

HLS: of a variant that does not say its codecs it believes that sound is in it, also where the list says that the sound is a
stream of its own; what came had none. DASH: a list of segments that are ranges of one file is an error in its own code;
all ranges together are the file, which is fetched as such.
"""

from typing import Any, Callable, Optional, Set
from urllib.parse import urljoin
from xml.etree import ElementTree

from wrapping import wrap


def install() -> None:
    wrap('yt_dlp.extractor.common', 'InfoExtractor', '_parse_m3u8_formats_and_subtitles', _without_sound)
    wrap('yt_dlp.extractor.common', 'InfoExtractor', '_parse_mpd_periods', _with_whole_files)


def _without_sound(parse: Callable[..., Any]) -> Callable[..., Any]:
    def run(extractor: Any, text: Any, url: Any = None, *args: Any, **named: Any) -> Any:
        found = parse(extractor, text, url, *args, **named)
        if not isinstance(text, str) or 'TYPE=AUDIO' not in text:
            return found
        silent = _silent_variants(text, named.get('m3u8_url', url) or '')
        for media in found[0] if silent else ():
            if media.get('url') in silent and media.get('vcodec') != 'none' and media.get('acodec') is None:
                media['acodec'] = 'none'
        return found

    return run


def _silent_variants(text: str, base: str) -> Set[str]:
    """Addresses of those that say no codecs, and that their sound is a stream of its own."""
    from yt_dlp.utils import parse_m3u8_attributes

    apart: Set[Optional[str]] = set()
    variants: Set[str] = set()
    lines = [line.strip() for line in text.splitlines()]
    for line in lines:
        if line.startswith('#EXT-X-MEDIA:'):
            media = parse_m3u8_attributes(line[13:])
            if media.get('TYPE') == 'AUDIO' and media.get('URI'):
                apart.add(media.get('GROUP-ID'))
    stream: Any = None
    for line in lines:
        if line.startswith('#EXT-X-STREAM-INF:'):
            stream = parse_m3u8_attributes(line[18:])
        elif line and not line.startswith('#') and stream is not None:
            if not stream.get('CODECS') and stream.get('AUDIO') in apart:
                variants.add(urljoin(base, line))
            stream = None
    return variants


def _with_whole_files(parse: Callable[..., Any]) -> Callable[..., Any]:
    def run(extractor: Any, manifest: Any, *args: Any, **named: Any) -> Any:
        if isinstance(manifest, ElementTree.Element) and manifest.tag.endswith('}MPD'):
            _join_ranges(manifest, manifest.tag[:-3])
        return parse(extractor, manifest, *args, **named)

    return run


def _join_ranges(manifest: ElementTree.Element, space: str) -> None:
    # With several of them the ranges of one are not the whole file.
    if len(manifest.findall(f'{space}Period')) != 1:
        return
    for representation in manifest.iter(f'{space}Representation'):
        segments = representation.find(f'{space}SegmentList')
        parts = [] if segments is None else segments.findall(f'{space}SegmentURL')
        if segments is None or not parts or not all(part.get('mediaRange') for part in parts):
            continue
        names = {part.get('media') for part in parts}
        first = segments.find(f'{space}Initialization')
        if first is not None:
            names.add(first.get('sourceURL'))
        if len(names) != 1:
            continue
        representation.remove(segments)
        name = names.pop()
        if name is not None:
            base = representation.find(f'{space}BaseURL')
            if base is None:
                base = ElementTree.Element(f'{space}BaseURL')
                representation.insert(0, base)
            base.text = urljoin(base.text or '', name)

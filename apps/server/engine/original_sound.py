"""Which sound of a manifest is the original: yt-dlp takes every other one only where nothing else is left.

yt-dlp (2026.10.26) reads no role of a DASH stream at all. Of an HLS list it reads `DEFAULT=NO`, which decides only between
streams with the same codec, channels and bit rate. So the one with more bits wins, or the last one in the list: a dub, a
commentary, a description of the picture. Here these get a lower preference for their language, which
`--format-sort lang` compares first. The original keeps the preference that yt-dlp gives it, so that it competes with
other manifests of the same media as before.
"""

import re
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple
from urllib.parse import urljoin
from xml.etree import ElementTree

import language_tags
from wrapping import wrap

# As yt-dlp's extractors rate them; -1 is a sound of which nothing is known.
_DUB = -2
_ASIDE = -10
_NAMED_ORIGINAL = re.compile(r'\borig(inal\w*)?\b|оригинал|原声|原聲|オリジナル', re.IGNORECASE)
_NAMED_DUB = re.compile(r'\bdub(s|bed|bing)?\b|\bd[ou]blad|\bdoubl(age|é)|synchron|дубл|吹替|吹き替え', re.IGNORECASE)
_NAMED_ASIDE = re.compile(r'\bdes[ck]ri[pb]|audiodeskript|\bcomment|\bkommentar|hörfassung', re.IGNORECASE)
_DESCRIBES_VIDEO = 'public.accessibility.describes-video'
# Codes of ISO 639-2 that name no language.
_NO_LANGUAGES = ('und', 'mul', 'mis', 'zxx')
_ASIDE_ROLES = ('commentary', 'description')
# Scheme and value of `Accessibility`: for people who do not see the picture.
_FOR_BLIND = ('urn:tva:metadata:cs:AudioPurposeCS:2007', '1')


class Sound(NamedTuple):
    language: str
    name: str
    # In another group the same sound has another quality.
    group: Any
    is_default: bool = False
    is_dub: bool = False
    # A commentary, or a description of the picture.
    is_aside: bool = False


def install() -> None:
    wrap('yt_dlp.extractor.common', 'InfoExtractor', '_parse_m3u8_formats_and_subtitles', _of_hls)
    wrap('yt_dlp.extractor.common', 'InfoExtractor', '_parse_mpd_periods', _of_dash)


def preferences(sounds: Sequence[Sound]) -> List[Optional[int]]:
    """The preference of each sound; None for the original and for the same sound in another quality."""
    if not sounds:
        return []
    candidates = [sound for sound in sounds if not sound.is_aside and not sound.is_dub] or [
        sound for sound in sounds if not sound.is_aside
    ]
    marks: Tuple[Callable[[Sound], Any], ...] = (
        lambda sound: _NAMED_ORIGINAL.search(sound.name),
        lambda sound: sound.is_default,
        lambda sound: True,
    )
    original = next(sound for mark in marks for sound in candidates or sounds if mark(sound))
    return [None if _is_like(sound, original) else _ASIDE if sound.is_aside else _DUB for sound in sounds]


def _is_like(sound: Sound, original: Sound) -> bool:
    if sound is original:
        return True
    if sound.language != original.language or (sound.is_aside, sound.is_dub) != (original.is_aside, original.is_dub):
        return False
    # Without a language, two sounds of one group are known by their names alone.
    return sound.language != '' or sound.group != original.group or sound.name == original.name


def _sound(language: Optional[str], name: Optional[str], group: Any, **marks: bool) -> Sound:
    name = name or ''
    tag = language_tags.plain(language or '')
    marks['is_dub'] = marks.get('is_dub', False) or bool(_NAMED_DUB.search(name))
    marks['is_aside'] = marks.get('is_aside', False) or bool(_NAMED_ASIDE.search(name))
    return Sound('' if tag in _NO_LANGUAGES else tag, name, group, **marks)


def _rate(media: Dict[str, Any], preference: Optional[int]) -> None:
    if preference is not None and media.get('language_preference') is None:
        media['language_preference'] = preference


def _of_hls(parse: Callable[..., Any]) -> Callable[..., Any]:
    def run(extractor: Any, text: Any, url: Any = None, *args: Any, **named: Any) -> Any:
        found = parse(extractor, text, url, *args, **named)
        if isinstance(text, str) and 'TYPE=AUDIO' in text:
            _rate_hls(found[0], text, named.get('m3u8_url', url) or '')
        return found

    return run


def _rate_hls(formats: Sequence[Dict[str, Any]], text: str, base: str) -> None:
    from yt_dlp.utils import parse_m3u8_attributes

    renditions = [parse_m3u8_attributes(line[13:]) for line in text.splitlines() if line.startswith('#EXT-X-MEDIA:')]
    renditions = [rendition for rendition in renditions if rendition.get('TYPE') == 'AUDIO']
    rated: Dict[Tuple[str, Optional[str]], Optional[int]] = {}
    for rendition, preference in zip(renditions, preferences([_rendition(one) for one in renditions])):
        # One without an address lies in the picture's stream.
        if rendition.get('URI'):
            rated.setdefault((urljoin(base, rendition['URI']), rendition.get('NAME')), preference)
    for media in formats:
        if media.get('vcodec') == 'none':
            _rate(media, rated.get((media.get('url') or '', media.get('format_note'))))


def _rendition(rendition: Dict[str, str]) -> Sound:
    return _sound(
        rendition.get('LANGUAGE'),
        rendition.get('NAME'),
        rendition.get('GROUP-ID'),
        is_default=rendition.get('DEFAULT') == 'YES',
        is_aside=_DESCRIBES_VIDEO in (rendition.get('CHARACTERISTICS') or ''),
    )


def _of_dash(parse: Callable[..., Any]) -> Callable[..., Any]:
    def run(extractor: Any, manifest: Any, mpd_id: Any = None, *args: Any, **named: Any) -> Any:
        periods = parse(extractor, manifest, mpd_id, *args, **named)
        if not isinstance(manifest, ElementTree.Element) or not manifest.tag.endswith('}MPD'):
            return periods
        return _rated_periods(periods, manifest.findall(f'{manifest.tag[:-3]}Period'), manifest.tag[:-3], mpd_id)

    return run


def _rated_periods(periods: Any, elements: Sequence[ElementTree.Element], space: str, mpd_id: Any) -> Any:
    for period, element in zip(periods, elements):
        rated = _rate_sets(element, space)
        for media in period['formats']:
            name = str(media.get('format_id'))
            prefix = f'{mpd_id}-' if mpd_id else ''
            _rate(media, rated.get(name[len(prefix) :]))
        yield period


def _rate_sets(period: ElementTree.Element, space: str) -> Dict[Optional[str], Optional[int]]:
    sets = [one for one in period.findall(f'{space}AdaptationSet') if _is_sound(one, space)]
    rated: Dict[Optional[str], Optional[int]] = {}
    for one, preference in zip(sets, preferences([_set(one, space) for one in sets])):
        for representation in one.findall(f'{space}Representation'):
            rated[representation.get('id')] = preference
    return rated


def _is_sound(one: ElementTree.Element, space: str) -> bool:
    representation = one.find(f'{space}Representation')
    elements = [one] if representation is None else [one, representation]
    kinds = [element.get(name) or '' for element in elements for name in ('contentType', 'mimeType')]
    return any(kind.startswith('audio') for kind in kinds)


def _set(one: ElementTree.Element, space: str) -> Sound:
    roles = [role.get('value') for role in one.findall(f'{space}Role')]
    label = one.find(f'{space}Label')
    purposes = [(mark.get('schemeIdUri'), mark.get('value')) for mark in one.findall(f'{space}Accessibility')]
    return _sound(
        one.get('lang'),
        one.get('label') if label is None else label.text,
        one,
        is_default='main' in roles,
        is_dub='dub' in roles,
        is_aside=_FOR_BLIND in purposes or any(role in _ASIDE_ROLES for role in [*roles, *(value for _, value in purposes)]),
    )

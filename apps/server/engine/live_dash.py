"""What a manifest of live DASH lists of one stream, told as `live_list.py` tells it of HLS.

A segment is known by when it begins, in milliseconds of the presentation: its number may begin anew with each period, and
stays the same in manifests that address by time. Times: ISO/IEC 23009-1, 5.3.9.
"""

import calendar
import re
import time
from email.utils import mktime_tz, parsedate_tz
from math import ceil, floor
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple
from urllib.parse import urljoin
from xml.etree import ElementTree

from live_list import Init, Listing, NotPlain, Place, Segment

_DURATION = re.compile(r'P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?$')
_DURATION_SECONDS = (31_536_000, 2_592_000, 86_400, 3_600, 60, 1)
_DATE = re.compile(r'(\d+)-(\d+)-(\d+)T(\d+):(\d+):([\d.]+)(?:(Z)|([+-])(\d+):?(\d+))?$')
_NAME = re.compile(r'\$(RepresentationID|Number|Bandwidth|Time)?(?:%0(\d+)d)?\$')
_ELSEWHERE = '{http://www.w3.org/1999/xlink}href'
_MOST_SEGMENTS = 100_000
# So many of the newest segments of a computed list come first: more than a recording begins with.
_NEWEST = 10
_REBASED_MILLISECONDS = 60_000

Count = Callable[[float], int]


class _Period(NamedTuple):
    element: ElementTree.Element
    start: float
    end: Optional[float]


class _Spot(NamedTuple):
    """Of a segment, in ticks of its stream from the begin of the period."""

    index: int
    begin: int
    length: int


class Stream:
    """One of the streams of a manifest: the one that yt-dlp has chosen, or what is most like it."""

    def __init__(self, chosen: Dict[str, Any]) -> None:
        self._id = str(chosen.get('format_id') or '')
        self._kind = 'audio' if chosen.get('vcodec') == 'none' else 'video'
        self._language = chosen.get('language')
        self._bandwidth = float(chosen.get('tbr') or 0) * 1000

    def read(self, text: str, response: Any, wanted: Optional[int]) -> Listing:
        """Raises NotPlain, and ValueError for what is no manifest."""
        manifest = _manifest_of(text)
        is_static = manifest.get('type') != 'dynamic'
        begun = _date(manifest.get('availabilityStartTime'))
        now = None if is_static or begun is None else _server_time(manifest, response) - begun
        location = (manifest.findtext('Location') or '').strip()
        total = _seconds(manifest.get('mediaPresentationDuration'))
        window = _seconds(manifest.get('timeShiftBufferDepth'))
        since = 0.0 if now is None or window is None else now - window
        segments: List[Segment] = []
        for period in _periods_of(manifest, total):
            base = urljoin(response.url, _base(manifest))
            segments += self._segments(period, base, now, since, wanted)
        if is_static and wanted is not None and segments and segments[-1].number < wanted - _REBASED_MILLISECONDS:
            # A film of it, whose time begins at another place.
            segments = []
        seconds = [segment.seconds for segment in segments]
        is_last = manifest.get('minimumUpdatePeriod') is None and total is not None
        has_ended = is_static or (is_last and now is not None and now >= (total or 0))
        update_url = urljoin(response.url, location) if location else None
        return Listing(segments, max(seconds, default=1.0), has_ended, update_url)

    def _segments(
        self, period: _Period, base: str, now: Optional[float], since: float, wanted: Optional[int]
    ) -> Iterator[Segment]:
        found = self._found(period.element)
        if found is None:
            return
        adaptation, representation = found
        template = _template((period.element, adaptation, representation))
        for element in (period.element, adaptation, representation):
            base = urljoin(base, _base(element))
        ticks = int(template.attributes.get('timescale') or 1)
        names = {'RepresentationID': representation.get('id'), 'Bandwidth': representation.get('bandwidth')}
        described = template.attributes.get('initialization')
        init = None if described is None else Init(_place(base, described, names), None)
        first = int(template.attributes.get('startNumber') or 1)
        offset = int(template.attributes.get('presentationTimeOffset') or 0)
        end = min((moment for moment in (period.end, now) if moment is not None), default=None)
        ended = None if end is None else (end - period.start) * ticks
        # The last segment of a period may be shorter.
        count = ceil if end == period.end else floor
        if template.timeline is None:
            after = since if wanted is None else max(since, wanted / 1000)
            spots = _computed(template, ended, count, int((after - period.start) * ticks), wanted is None)
        else:
            spots = _listed(template.timeline, offset, ended, count)
        shift = _offset_of(period.element) - offset / ticks
        is_first = period.start > 0
        for spot, is_guess in spots:
            begin = period.start + spot.begin / ticks
            seconds = min(spot.length / ticks, (period.end or float('inf')) - begin)
            if seconds <= 0:
                break
            numbers = {**names, 'Number': first + spot.index, 'Time': offset + spot.begin}
            place = _place(base, template.attributes['media'], numbers)
            number, after_it = round(begin * 1000), round((begin + seconds) * 1000)
            yield Segment(number, place, seconds, None, init, is_first, False, after_it, is_guess, shift)
            is_first = False

    def _found(self, period: ElementTree.Element) -> Optional[Tuple[ElementTree.Element, ElementTree.Element]]:
        def unlikeness(pair: Tuple[ElementTree.Element, ElementTree.Element]) -> Tuple[bool, bool, float]:
            named = {**pair[0].attrib, **pair[1].attrib}
            name = pair[1].get('id') or ''
            is_named = name != '' and (self._id == name or self._id.endswith(f'-{name}'))
            return not is_named, named.get('lang') != self._language, abs(float(named.get('bandwidth', 0)) - self._bandwidth)

        pairs = [
            (adaptation, representation)
            for adaptation in period.findall('AdaptationSet')
            for representation in adaptation.findall('Representation')
            if _kind(adaptation, representation) == self._kind
        ]
        return min(pairs, key=unlikeness, default=None)


class _Template(NamedTuple):
    attributes: Dict[str, str]
    timeline: Optional[ElementTree.Element]


def _template(elements: Tuple[ElementTree.Element, ...]) -> _Template:
    """The attribute nearest to the stream counts."""
    attributes: Dict[str, str] = {}
    timeline: Optional[ElementTree.Element] = None
    for element in elements:
        found = element.find('SegmentTemplate')
        if found is not None:
            attributes.update(found.attrib)
            own = found.find('SegmentTimeline')
            timeline = timeline if own is None else own
    if 'media' not in attributes or (timeline is None and 'duration' not in attributes):
        raise NotPlain('no segments by a template')
    return _Template(attributes, timeline)


def _offset_of(period: ElementTree.Element) -> float:
    """Seconds. The streams of a period may each begin at a time of their own: all are told by the first one's."""
    for adaptation in period.findall('AdaptationSet'):
        for representation in adaptation.findall('Representation'):
            named = _template((period, adaptation, representation)).attributes
            return int(named.get('presentationTimeOffset') or 0) / int(named.get('timescale') or 1)
    return 0.0


def _listed(
    timeline: ElementTree.Element, offset: int, end: Optional[float], count: Count
) -> Iterator[Tuple[_Spot, bool]]:
    rows = timeline.findall('S')
    index, at = 0, 0
    for row, following in zip(rows, [*rows[1:], None]):
        at = int(row.attrib['t']) - offset if 't' in row.attrib else at
        length, repeated = int(row.attrib['d']), int(row.get('r', 0))
        if length <= 0:
            raise ValueError('a segment without a length')
        if repeated < 0:
            until = end if following is None or 't' not in following.attrib else int(following.attrib['t']) - offset
            repeated = 0 if until is None else count((until - at) / length) - 1
        if index + repeated > _MOST_SEGMENTS:
            raise ValueError('too many segments')
        for _ in range(repeated + 1):
            yield _Spot(index, at, length), int(row.get('r', 0)) < 0
            index, at = index + 1, at + length


def _computed(
    template: _Template, end: Optional[float], count: Count, after: int, is_new: bool
) -> Iterator[Tuple[_Spot, bool]]:
    """The segments that are available by now, from the wanted one on."""
    length = int(float(template.attributes['duration']))
    if length <= 0 or end is None:
        raise NotPlain('no length of segments')
    out = count(end / length)
    first = max(0, out - _NEWEST if is_new else 0, (after + length // 2) // length)
    for index in range(first, min(out, first + _MOST_SEGMENTS)):
        yield _Spot(index, index * length, length), True


def _manifest_of(text: str) -> ElementTree.Element:
    if '<!DOCTYPE' in text:
        raise ValueError('a manifest with entities')
    try:
        manifest = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from None
    for element in manifest.iter():
        element.tag = element.tag.rpartition('}')[2]
    if manifest.tag != 'MPD':
        raise ValueError('no manifest')
    return manifest


def _periods_of(manifest: ElementTree.Element, total: Optional[float]) -> List[_Period]:
    elements = manifest.findall('Period')
    starts: List[float] = []
    before: Optional[float] = 0.0
    for element in elements:
        if _ELSEWHERE in element.attrib:
            raise NotPlain('a period that lies elsewhere')
        start = _seconds(element.get('start'))
        start = before if start is None else start
        if start is None:
            # The period is announced, but its time is not known yet.
            break
        starts.append(start)
        length = _seconds(element.get('duration'))
        before = None if length is None else start + length
    periods = []
    for element, start, following in zip(elements, starts, [*starts[1:], None]):
        length = _seconds(element.get('duration'))
        end = following if length is None else start + length
        periods.append(_Period(element, start, total if end is None else end))
    return periods


def _kind(adaptation: ElementTree.Element, representation: ElementTree.Element) -> str:
    named = {**adaptation.attrib, **representation.attrib}
    return str(named.get('mimeType') or named.get('contentType') or '').partition('/')[0]


def _base(element: ElementTree.Element) -> str:
    return (element.findtext('BaseURL') or '').strip()


def _place(base: str, template: str, names: Dict[str, Any]) -> Place:
    def named(found: 're.Match[str]') -> str:
        name, width = found.groups()
        return '$' if name is None else str(names.get(name)).zfill(int(width or 0))

    address = urljoin(base, _NAME.sub(named, template))
    if not address.startswith(('http://', 'https://')):
        raise NotPlain(address)
    return Place(address)


def _server_time(manifest: ElementTree.Element, response: Any) -> float:
    """The clock of this computer may be wrong by more than a segment."""
    for timing in manifest.findall('UTCTiming'):
        is_told = str(timing.get('schemeIdUri')).startswith('urn:mpeg:dash:utc:direct:')
        direct = _date(timing.get('value')) if is_told else None
        if direct is not None:
            return direct
    told = parsedate_tz(response.headers.get('Date') or '')
    age = response.headers.get('Age') or ''
    return time.time() if told is None else mktime_tz(told) + (int(age) if age.isdigit() else 0)


def _seconds(text: Optional[str]) -> Optional[float]:
    found = None if text is None else _DURATION.match(text)
    if found is None:
        return None
    return sum(float(part or 0) * unit for part, unit in zip(found.groups(), _DURATION_SECONDS))


def _date(text: Optional[str]) -> Optional[float]:
    found = _DATE.match(text or '')
    if found is None:
        return None
    year, month, day, hour, minute = (int(part) for part in found.groups()[:5])
    told = calendar.timegm((year, month, day, hour, minute, 0)) + float(found.group(6))
    if found.group(8) is None:
        return told
    apart = int(found.group(9)) * 3600 + int(found.group(10)) * 60
    return told - apart if found.group(8) == '+' else told + apart

"""What a playlist of HLS lists: segments, and what is needed to read them."""

import re
from typing import Any, Callable, Dict, List, NamedTuple, Optional
from urllib.parse import urljoin

_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^",]*)')
# A list of lists, one that leaves out what it has listed before, and names that stand for other words.
_NO_SEGMENTS = ('#EXT-X-STREAM-INF', '#EXT-X-SKIP', '#EXT-X-DEFINE')


class NotPlain(Exception):
    """More has to be done with these segments than to put them one after another."""


class Place(NamedTuple):
    """`length` None: to the end."""

    url: str
    start: int = 0
    length: Optional[int] = None


class Key(NamedTuple):
    """Of AES-128. `vector` None: it is the number of the segment."""

    url: str
    vector: Optional[bytes]


class Init(NamedTuple):
    """What describes the segments after it, and is not repeated in them."""

    place: Place
    key: Optional[Key]


class Segment(NamedTuple):
    number: int
    place: Place
    seconds: float
    key: Optional[Key]
    init: Optional[Init]
    # The time does not continue from the segment before.
    is_break: bool
    # The site itself declares that this segment is missing.
    is_gap: bool
    # The number of the one that follows it.
    after: int
    # The segment is computed from the time and not listed: it may appear a little later.
    is_guess: bool = False
    # Seconds by which the clock of its stream is behind that of the others.
    shift: float = 0.0

    def is_before(self, number: int, segments: int = 0) -> bool:
        """By more than so many segments. What is known by its time may be rounded, by less than half of one."""
        step = self.after - self.number
        return self.number < number - step // 2 - segments * step

    def is_behind(self, number: int) -> bool:
        return self.number > number + (self.after - self.number) // 2


class Listing(NamedTuple):
    segments: List[Segment]
    target_seconds: float
    has_ended: bool
    # The address to use from now on; None: the same as before.
    update_url: Optional[str] = None


Read = Callable[[str, Any, Optional[int]], Listing]
"""What a list says: its text, the answer that it came in, and the number of the segment that is wanted next."""


def read(text: str, response: Any, _wanted: Optional[int]) -> Listing:
    return parse(text, response.url)


def parse(text: str, url: str) -> Listing:
    """Raises NotPlain, and ValueError for what is no list of segments."""
    lines = [line.strip() for line in text.splitlines()]
    if not lines or not lines[0].lstrip('\ufeff').startswith('#EXTM3U'):
        raise ValueError('no list')
    number, seconds, target = 0, 0.0, 0.0
    key: Optional[Key] = None
    init: Optional[Init] = None
    span: Optional[str] = None
    previous: Optional[Place] = None
    has_ended = is_break = is_gap = False
    segments: List[Segment] = []
    for line in lines:
        tag, _, value = line.partition(':')
        if tag in _NO_SEGMENTS:
            raise NotPlain(tag)
        if tag == '#EXT-X-MEDIA-SEQUENCE':
            number = int(value)
        elif tag == '#EXT-X-TARGETDURATION':
            target = float(value)
        elif tag == '#EXTINF':
            seconds = float(re.split('[, ]', value, maxsplit=1)[0])
        elif tag == '#EXT-X-KEY':
            key = _key_of(_attributes(value), url)
        elif tag == '#EXT-X-MAP':
            named = _attributes(value)
            init = Init(_place(named.get('URI', ''), named.get('BYTERANGE'), None, url), key)
        elif tag == '#EXT-X-BYTERANGE':
            span = value
        elif tag == '#EXT-X-DISCONTINUITY':
            is_break = True
        elif tag == '#EXT-X-GAP':
            is_gap = True
        elif tag == '#EXT-X-ENDLIST':
            has_ended = True
        elif line and not line.startswith('#'):
            previous = _place(line, span, previous, url)
            segments.append(Segment(number, previous, seconds, key, init, is_break, is_gap, number + 1))
            number += 1
            span, is_break, is_gap = None, False, False
    if not segments and not has_ended:
        raise ValueError('no segments')
    return Listing(segments, max(target, 0.5), has_ended)


def _attributes(value: str) -> Dict[str, str]:
    return {name: text.strip('"') for name, text in _ATTRIBUTE.findall(value)}


def _key_of(named: Dict[str, str], url: str) -> Optional[Key]:
    method = named.get('METHOD')
    if method == 'NONE':
        return None
    if method != 'AES-128' or named.get('KEYFORMAT', 'identity') != 'identity':
        raise NotPlain(f'#EXT-X-KEY:METHOD={method}')
    vector = named.get('IV')
    return Key(_address(named.get('URI', ''), url), None if vector is None else int(vector, 16).to_bytes(16, 'big'))


def _place(line: str, span: Optional[str], previous: Optional[Place], url: str) -> Place:
    address = _address(line, url)
    if span is None:
        return Place(address)
    length, _, start = span.partition('@')
    if start:
        return Place(address, int(start), int(length))
    if previous is None or previous.url != address or previous.length is None:
        raise ValueError('a range that begins nowhere')
    return Place(address, previous.start + previous.length, int(length))


def _address(line: str, url: str) -> str:
    address = urljoin(url, line)
    if not address.startswith(('http://', 'https://')):
        raise NotPlain(address)
    return address

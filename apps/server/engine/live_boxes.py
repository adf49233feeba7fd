"""Times in fragmented MP4: where a segment begins, and moving it.

ffmpeg takes the times of MPEG-TS as going on where a stream begins to count anew; of MP4 it takes them as they are.
"""

import struct
from typing import Dict, Iterator, NamedTuple, Optional, Tuple

_HOLDING = (b'moov', b'trak', b'mdia', b'minf', b'stbl', b'moof', b'traf')


class Form(NamedTuple):
    """What an initialisation says about its streams: segments in one file must share this."""

    descriptions: Tuple[bytes, ...]
    # Ticks a second, by track.
    ticks: Dict[int, int]


def form_of(init: bytes) -> Form:
    """Raises ValueError for data that is not an initialisation."""
    descriptions = []
    ticks: Dict[int, int] = {}
    track = 0
    for kind, start, end in _boxes(init, 0, len(init)):
        if kind == b'tkhd':
            track = _number(init, start + (20 if init[start] == 1 else 12), 4)
        elif kind == b'mdhd':
            ticks[track] = _number(init, start + (20 if init[start] == 1 else 12), 4)
        elif kind == b'stsd':
            descriptions.append(init[start:end])
    if not descriptions or not all(ticks.values()):
        raise ValueError('no initialisation')
    return Form(tuple(descriptions), ticks)


def begin_of(segment: bytes, ticks: Dict[int, int]) -> Optional[float]:
    """Begin of the segment in seconds; None: not stated."""
    times = [_number(segment, at, size) / ticks[track] for track, at, size in _times(segment) if track in ticks]
    return min(times) if times else None


def moved(segment: bytes, seconds: float, ticks: Dict[int, int]) -> bytes:
    """Moves a segment by this many seconds per track."""
    content = bytearray(segment)
    for track, at, size in _times(segment):
        time = _number(segment, at, size) + round(seconds * ticks.get(track, 0))
        content[at : at + size] = max(0, min(time, (1 << (8 * size)) - 1)).to_bytes(size, 'big')
    for kind, start, _ in _boxes(segment, 0, len(segment)):
        if kind == b'sidx':
            # Its times are unchanged.
            content[start - 4 : start] = b'free'
    return bytes(content)


def _times(segment: bytes) -> Iterator[Tuple[int, int, int]]:
    """Track, where its time stands, and on how many bytes."""
    track = 0
    for kind, start, _ in _boxes(segment, 0, len(segment)):
        if kind == b'tfhd':
            track = _number(segment, start + 4, 4)
        elif kind == b'tfdt':
            yield track, start + 4, 8 if segment[start] == 1 else 4


def _boxes(content: bytes, at: int, end: int) -> Iterator[Tuple[bytes, int, int]]:
    """Kind, begin and end of the content of each box; inner boxes come after outer ones."""
    while at + 8 <= end:
        size, kind = struct.unpack_from('>I4s', content, at)
        head = 8
        if size == 1 and at + 16 <= end:
            size, head = _number(content, at + 8, 8), 16
        size = end - at if size == 0 else size
        if size < head:
            return
        yield kind, at + head, min(at + size, end)
        if kind in _HOLDING:
            yield from _boxes(content, at + head, min(at + size, end))
        at += size


def _number(content: bytes, at: int, size: int) -> int:
    return int.from_bytes(content[at : at + size], 'big')

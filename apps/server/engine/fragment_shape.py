"""What a fragment says itself of how long it is: boxes of mp4, packets of MPEG-TS, frames of AAC, clusters of WebM.

A site that has only the beginning of a segment sends that with the right `Content-Length`. Joined to the others it makes
them unreadable, or leaves a hole without a word. Only what is surely cut is a problem: bytes behind the media are not.
"""

import re
from typing import IO, Any, Dict, List, Optional

CUT = 'is cut short'
NO_MEDIA = 'is no media'
PACKET_BYTES = 188
BOXES, TS, ADTS, EBML = 'boxes', 'ts', 'adts', 'ebml'

_BOX_NAMES = frozenset(b'ftyp styp moof moov mdat sidx ssix emsg prft free skip uuid wide'.split())
_BOX_NAME = re.compile(rb'[ -~]{4}')
_SYNC = 0x47
_TS_SOMEWHERE = re.compile(rb'\x47.{187}\x47.{187}\x47', re.DOTALL)
# Some sites put a picture before each segment.
_MOST_BEFORE_MEDIA_BYTES = 1024 * 1024
_PICTURES = (b'\x89PNG', b'\xff\xd8\xff', b'GIF8', b'RIFF')
_BEGINS_UNIT = 0x40
_STAMPS_A_SECOND = 90_000
_LAST_STAMP = 1 << 33
_CLUSTER = b'\x1f\x43\xb6\x75'
_EBML_HEAD = b'\x1a\x45\xdf\xa3'
_ADTS_HEAD_BYTES = 7
_ID3_HEAD_BYTES = 10


def kind_of(head: bytes) -> Optional[str]:
    """None: something else."""
    if head[4:8] in _BOX_NAMES:
        return BOXES
    if head[:1] == b'G' and (len(head) <= PACKET_BYTES or head[PACKET_BYTES] == _SYNC):
        return TS
    if head.startswith((_CLUSTER, _EBML_HEAD)):
        return EBML
    at = _id3_bytes(head)
    if _is_adts(head[at : at + 2]) or (at > len(head) and head.startswith(b'ID3')):
        return ADTS
    return None


def problem_of(file: IO[Any], head: bytes, size: int) -> Optional[str]:
    """Of one whose kind is known."""
    kind = kind_of(head)
    if kind == BOXES:
        return _problem_of_boxes(file, size)
    if kind == TS:
        rest = size % PACKET_BYTES
        return CUT if rest and _byte_at(file, size - rest) == _SYNC else None
    if kind == EBML:
        return _problem_of_cluster(head, size)
    return _problem_of_frames(file, size) if kind == ADTS else None


def problem_of_unknown(file: IO[Any], head: bytes, expected: Optional[str]) -> Optional[str]:
    """Of one that begins like nothing known; `expected` is the kind of another fragment of the stream, if that is known."""
    if head and not any(head):
        return 'is zeros, not media'
    if not head.startswith(_PICTURES) and expected not in (BOXES, TS):
        return None
    if expected == BOXES and _BOX_NAME.fullmatch(head[4:8]):
        return None
    file.seek(0)
    if expected != BOXES and _TS_SOMEWHERE.search(file.read(_MOST_BEFORE_MEDIA_BYTES)):
        return None
    return NO_MEDIA


def ts_seconds(content: bytes) -> Optional[float]:
    """How long the stream in it that is stamped most often lasts; None when there are no time stamps."""
    stamps: Dict[int, List[int]] = {}
    for number, flags in enumerate(content[1::PACKET_BYTES]):
        if flags & _BEGINS_UNIT:
            packet = content[number * PACKET_BYTES : (number + 1) * PACKET_BYTES]
            stamp = _stamp_of(packet)
            if stamp is not None:
                stamps.setdefault((flags & 0x1F) << 8 | packet[2], []).append(stamp)
    most = max(stamps.values(), key=len, default=[])
    return _span_of(most) / _STAMPS_A_SECOND if len(most) > 1 else None


def _stamp_of(packet: bytes) -> Optional[int]:
    if len(packet) < PACKET_BYTES or packet[0] != _SYNC:
        return None
    at = 4 + (1 + packet[4] if packet[3] & 0x20 else 0)
    unit = packet[at : at + 14]
    if len(unit) < 14 or unit[:3] != b'\0\0\x01' or not unit[7] & 0x80:
        return None
    return (unit[9] >> 1 & 7) << 30 | unit[10] << 22 | unit[11] >> 1 << 15 | unit[12] << 7 | unit[13] >> 1


def _span_of(stamps: List[int]) -> float:
    """With the last unit, which lasts as long as the others. They begin again at 0 after a day."""
    since = [(stamp - stamps[0] + _LAST_STAMP // 2) % _LAST_STAMP for stamp in stamps]
    return (max(since) - min(since)) * len(stamps) / (len(stamps) - 1)


def _problem_of_boxes(file: IO[Any], size: int) -> Optional[str]:
    at = 0
    is_media_due = False
    while at < size:
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            return CUT
        length, name = int.from_bytes(head[:4], 'big'), head[4:8]
        if at > 0 and name not in _BOX_NAMES and not _BOX_NAME.fullmatch(name):
            # Something that is not of the format stands behind the media.
            return None
        if length == 0:
            return None
        if length == 1:
            length = int.from_bytes(head[8:16], 'big')
        if length < 8:
            return None
        at += length
        if at > size:
            return CUT
        is_media_due = name == b'moof' or (is_media_due and name != b'mdat')
    return CUT if is_media_due else None


def _problem_of_cluster(head: bytes, size: int) -> Optional[str]:
    if not head.startswith(_CLUSTER) or len(head) < 12:
        return None
    first = head[4]
    width = 9 - first.bit_length() if first else 9
    if width > 8:
        return None
    length = int.from_bytes(head[4 : 4 + width], 'big') & ((1 << 7 * width) - 1)
    is_open = length == (1 << 7 * width) - 1
    return CUT if not is_open and 4 + width + length > size else None


def _problem_of_frames(file: IO[Any], size: int) -> Optional[str]:
    file.seek(0)
    content = file.read()
    at = _id3_bytes(content)
    while at < size:
        head = content[at : at + _ADTS_HEAD_BYTES]
        if not _is_adts(head[:2]):
            return None
        if len(head) < _ADTS_HEAD_BYTES:
            return CUT
        length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        if length < _ADTS_HEAD_BYTES:
            return None
        at += length
    return CUT if at > size else None


def _is_adts(start: bytes) -> bool:
    return len(start) == 2 and start[0] == 0xFF and start[1] & 0xF6 == 0xF0


def _id3_bytes(head: bytes) -> int:
    """Of the tag that a segment of sound alone begins with."""
    if len(head) < _ID3_HEAD_BYTES or not head.startswith(b'ID3'):
        return 0
    length = 0
    for byte in head[6:10]:
        length = length << 7 | byte & 0x7F
    return _ID3_HEAD_BYTES + length


def _byte_at(file: IO[Any], at: int) -> int:
    file.seek(at)
    return ord(file.read(1))

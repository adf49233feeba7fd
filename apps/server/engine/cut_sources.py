"""Files that end before their own container says so, found before a step writes them anew and nobody can see it any more.

The same is looked for in what is stored as it came: `worker/media/container-head.ts`, `mp4-index.ts`.
"""

import os
import struct
from typing import Any, Dict, List, Optional, Tuple

_HEAD_BYTES = 64
_RIFF_SLACK = 16
_UNKNOWN_SIZES = (0, 0xFFFFFFFF, 0x7FFFFFFF)


def are_cut(paths: List[str], info: Dict[str, Any]) -> bool:
    """Only for files that were fetched as one piece: the head of joined segments describes the first segment only."""
    formats = info.get('requested_formats') or [info]
    return all(media.get('protocol') in ('http', 'https') for media in formats) and any(map(_is_cut, paths))


def _is_cut(path: str) -> bool:
    try:
        with open(path, 'rb') as file:
            size = os.fstat(file.fileno()).st_size
            head = file.read(_HEAD_BYTES)
            if head[4:8] == b'ftyp':
                return _ends_in_box(file, size)
    except OSError:
        return False
    promised = _promised(head)
    return promised is not None and promised > size


def _ends_in_box(file: Any, size: int) -> bool:
    at = 0
    while at < size:
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            # Too few bytes for a box: some servers append a newline to every file.
            return False
        length, kind = struct.unpack_from('>I4s', head)
        if length == 1 and len(head) == 16:
            length = int.from_bytes(head[8:16], 'big')
        if length < 8:
            # 0 means that the box lasts to the end of the file.
            return False
        at += length
        if at > size:
            return kind in (b'mdat', b'moof', b'moov')
    return False


def _promised(head: bytes) -> Optional[int]:
    """Size of the whole file in bytes."""
    if head[:4] in (b'RIFF', b'FORM'):
        length = int.from_bytes(head[4:8], 'little' if head[:4] == b'RIFF' else 'big')
        return None if length in _UNKNOWN_SIZES else length + 8 - _RIFF_SLACK
    if head[:4] != b'\x1a\x45\xdf\xa3':
        return None
    at, length = _number(head, 4)
    if length is None or head[at + length : at + length + 4] != b'\x18\x53\x80\x67':
        return None
    at, length = _number(head, at + length + 4)
    return None if length is None else at + length


def _number(content: bytes, at: int) -> Tuple[int, Optional[int]]:
    """Where a Matroska number ends, and its value; None when the value is unknown."""
    first = content[at] if at < len(content) else 0
    width = 9 - first.bit_length()
    if first == 0 or at + width > len(content):
        return at, None
    number = int.from_bytes(content[at : at + width], 'big') & ((1 << (7 * width)) - 1)
    return at + width, None if number == (1 << (7 * width)) - 1 else number

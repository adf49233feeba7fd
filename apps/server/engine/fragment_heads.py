"""Whether the beginning of a fragment can be one of media."""

import codecs
from typing import Optional

import file_heads

# As much of a fragment as is looked at.
HEAD_BYTES = 1024
_FOLLOWED = ('a playlist', 'a manifest', 'a list of files', 'a session description')
_TEXT_CONTROLS = b'\t\n\x0c\r\x1b'
_BYTE_ORDER_MARK = b'\xef\xbb\xbf'


def names_other_files(head: bytes) -> bool:
    """No fault of the line, so nothing to try again: the whole download ends when it is appended (`head_checks.py`)."""
    return (file_heads.why_bytes_refused(head, file_heads.MEDIA) or '').endswith(_FOLLOWED)


def problem_of(head: bytes) -> Optional[str]:
    """What is wrong with one that names no other files, or None. Only what is surely no media: a page, a message."""
    if not head:
        return 'is empty'
    text = head[len(_BYTE_ORDER_MARK) :] if head.startswith(_BYTE_ORDER_MARK) else head
    if any(byte < 32 and byte not in _TEXT_CONTROLS for byte in text):
        return None
    try:
        # A letter at the end may be cut.
        codecs.getincrementaldecoder('utf-8')().decode(text)
    except UnicodeDecodeError:
        return None
    return 'is text, not media'

"""Checks whether the beginning of a fragment can be media."""

import codecs
from typing import Optional

import file_heads

# So many bytes of a fragment are examined.
HEAD_BYTES = 1024
_FOLLOWED = ('a playlist', 'a manifest', 'a list of files', 'a session description')
_TEXT_CONTROLS = b'\t\n\x0c\r\x1b'
_BYTE_ORDER_MARK = b'\xef\xbb\xbf'


def names_other_files(head: bytes) -> bool:
    """Not a fault of the connection, so a retry does not help: appending the fragment ends the download (`head_checks.py`)."""
    return (file_heads.why_bytes_refused(head, file_heads.MEDIA) or '').endswith(_FOLLOWED)


def problem_of(head: bytes) -> Optional[str]:
    """What is wrong with a fragment that names no other files, or None. Finds only what is surely not media: a page, a message."""
    if not head:
        return 'is empty'
    text = head[len(_BYTE_ORDER_MARK) :] if head.startswith(_BYTE_ORDER_MARK) else head
    if any(byte < 32 and byte not in _TEXT_CONTROLS for byte in text):
        return None
    try:
        # The last character may be cut.
        codecs.getincrementaldecoder('utf-8')().decode(text)
    except UnicodeDecodeError:
        return None
    return 'is text, not media'

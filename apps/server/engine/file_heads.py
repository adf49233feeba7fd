"""Tells what a fetched file is by its first bytes, whatever its name says.

ffmpeg goes by content: a playlist, a manifest or a session description makes it open what that names, files of this
computer too. All of these are text, and no container of media begins with a whole kibibyte of text; so a list of
every good container is not needed, and a binary beginning that nobody knows is left to ffmpeg.
"""

import codecs
import os
import re
from typing import Callable, List, Optional, Tuple

MEDIA = 'media'
SUBTITLE = 'subtitle'
PICTURE = 'picture'
# What yt-dlp itself hands to ffmpeg: any of the kinds above, or metadata that it has written.
INPUT = 'input'

Reader = Callable[[int, int], bytes]
"""Takes an offset and a number of bytes, and returns at most so many bytes."""

_HEAD_BYTES = 4096
_TEXT_BYTES = 1024
# Fewer bytes may look like text by chance.
_LEAST_TEXT_BYTES = 16
_BLANKS = b' \t\r\n\f\v'
_CONTROLS = bytes(range(9)) + bytes(range(14, 32)) + b'\x7f'
_LEAST_ASCII_SHARE = 0.85
_UTF8_MARK = b'\xef\xbb\xbf'
_UTF16_MARKS = (b'\xff\xfe', b'\xfe\xff')
_ID3_HEADER_BYTES = 10
_MOST_ID3_TAGS = 8

_LISTS: Tuple[Tuple[bytes, str], ...] = (
    (b'#extm3u', 'a playlist'),
    (b'ffconcat version', 'a list of files'),
    (b'[playlist]', 'a playlist'),
    (b'[reference]', 'a playlist'),
)
# ffmpeg 5.1 takes any file with such a line for a session description, even after bytes that are not text.
_SESSION_LINE = re.compile(rb'(?:^|\n)\r?c=IN IP')
_SESSION_START = re.compile(rb'(?:\xef\xbb\xbf)?\s*v=0\r?\n')
# Markup in any encoding based on ASCII. Without control characters, because XML has none.
_MARKUP = re.compile(rb'<[!?/a-z][^\x00-\x08\x0e-\x1f]*', re.IGNORECASE)
_MARKUP_BYTES = 32
_MANIFESTS = (b'<mpd', b'<smoothstreamingmedia', b'<compositionplaylist', b'<manifest')

_PICTURE_STARTS = (
    b'\xff\xd8\xff',
    b'\x89PNG\r\n\x1a\n',
    b'GIF8',
    b'BM',
    b'II*\0',
    b'MM\0*',
    b'\0\0\1\0',
    b'\xff\x0a',
    b'\0\0\0\x0cJXL ',
    b'\0\0\0\x0cjP  ',
)
# Extensions of the picture formats that pages show. ffmpeg and players rely on the right extension.
_PICTURE_EXTENSIONS: Tuple[Tuple[bytes, str], ...] = (
    (b'\xff\xd8\xff', 'jpg'),
    (b'\x89PNG\r\n\x1a\n', 'png'),
    (b'GIF8', 'gif'),
    (b'BM', 'bmp'),
    (b'II*\0', 'tiff'),
    (b'MM\0*', 'tiff'),
)
_PICTURE_BRANDS = (b'avif', b'avis', b'heic', b'heix', b'mif1', b'msf1')

_TIMED_ROOT = re.compile(r'<(?:[a-z]\w*:)?(?:tt|transcript|timedtext|usfsubtitles|sami)[\s/>]')
_PROLOGUE = re.compile(r'(?:<\?[^>]*\?>|<!--.*?-->|<!doctype[^>\[]*>|\s)*', re.DOTALL)
# ffmpeg expects these at the very beginning.
_CUE = re.compile(
    r'(?:\d+\s+)?[\d:.,]+\s*-->\s*\d'
    r'|\{\d+\}\{\d*\}'
    r'|\[\d+\]\[\d*\]'
    r'|\[\d+:\d\d'
    r'|\[(?:ti|ar|al|by|au|re|ve|la|length|offset):'
    r'|\d+:\d\d:\d\d[.,]\d+,'
    r'|dialogue:'
)
_SUBTITLE_STARTS = re.compile(r'webvtt|\[script info\]|\{\s*[\["}]|\[\s*[{\]]')


def why_file_refused(path: str, kind: str) -> Optional[str]:
    """A sentence for people; None for a file that may be used, for an empty one and for one that cannot be opened."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, 'O_CLOEXEC', 0) | getattr(os, 'O_NONBLOCK', 0))
    except OSError:
        return None
    try:
        return why_refused(lambda offset, size: os.pread(descriptor, size, offset), kind)
    except OSError:
        return None
    finally:
        os.close(descriptor)


def picture_extension(path: str) -> Optional[str]:
    """The kind by the content; None when only the name tells it."""
    with open(path, 'rb') as file:
        head = file.read(12)
    if head[:4] == b'RIFF' and head[8:12] == b'WEBP':
        return 'webp'
    if head[4:8] == b'ftyp' and head[8:12] in (b'avif', b'avis'):
        return 'avif'
    return next((extension for start, extension in _PICTURE_EXTENSIONS if head.startswith(start)), None)


def why_bytes_refused(content: bytes, kind: str) -> Optional[str]:
    return why_refused(lambda offset, size: content[offset : offset + size], kind)


def why_refused(read: Reader, kind: str) -> Optional[str]:
    head = read(0, _HEAD_BYTES)
    if not head:
        return None
    if kind == PICTURE:
        is_good = _is_picture(head)
    elif kind == SUBTITLE:
        is_good = _is_subtitle(head)
    else:
        is_good = _text_in_place_of_media(read, head) is None
        if not is_good and kind == INPUT:
            is_good = head.startswith(b';FFMETADATA1') or _is_subtitle(head)
    if is_good:
        return None
    what = _text_in_place_of_media(read, head) or 'something else'
    return f'The file is no {MEDIA if kind == INPUT else kind}: it is {what}'


def why_inputs_refused(words: List[str], is_probe: bool) -> Optional[str]:
    """The same for the files that a command line of ffmpeg or ffprobe opens, except those whose format it names."""
    since = 1
    for index, word in enumerate(words[:-1]):
        if word != '-i':
            continue
        if '-f' not in words[since:index]:
            reason = _why_input_refused(words[index + 1])
            if reason is not None:
                return reason
        since = index + 2
    return _why_input_refused(words[-1]) if is_probe else None


def _why_input_refused(source: str) -> Optional[str]:
    return why_file_refused(source[len('file:') :], INPUT) if source.startswith('file:') else None


def _text_in_place_of_media(read: Reader, head: bytes) -> Optional[str]:
    """What the text is, in a few words; None when it is not text."""
    for _ in range(_MOST_ID3_TAGS):
        # ffmpeg skips these before it detects the format.
        length = _id3_length(head)
        if length is None:
            break
        read = _from(read, length)
        head = read(0, _HEAD_BYTES)
    start = head[len(_UTF8_MARK) :] if head.startswith(_UTF8_MARK) else head
    start = start.lstrip(_BLANKS)
    lower = start.lower()
    for mark, what in _LISTS:
        if lower.startswith(mark):
            return what
    if _is_session(head):
        return 'a session description'
    if _MARKUP.fullmatch(start[:_MARKUP_BYTES]):
        if any(mark in lower for mark in _MANIFESTS):
            return 'a manifest'
        return 'a web page' if b'<html' in lower or lower.startswith(b'<!doctype html') else 'XML'
    return 'text' if _is_text(head) else None


def _is_session(head: bytes) -> bool:
    # The second pattern is slow on bytes without such a word.
    return _SESSION_START.match(head) is not None or (b'c=IN IP' in head and _SESSION_LINE.search(head) is not None)


def _from(read: Reader, start: int) -> Reader:
    return lambda offset, size: read(start + offset, size)


def _id3_length(head: bytes) -> Optional[int]:
    if len(head) < _ID3_HEADER_BYTES or not head.startswith(b'ID3') or any(byte & 0x80 for byte in head[6:10]):
        return None
    length = 0
    for byte in head[6:10]:
        length = length << 7 | byte
    has_footer = head[5] & 0x10
    return length + (2 if has_footer else 1) * _ID3_HEADER_BYTES


def _is_text(head: bytes) -> bool:
    if len(head) < _LEAST_TEXT_BYTES:
        return False
    if head.startswith(_UTF16_MARKS):
        text = head[:_TEXT_BYTES].decode('utf-16', 'replace')
        plain = sum(character.isascii() and (character.isprintable() or character.isspace()) for character in text)
        return plain >= _LEAST_ASCII_SHARE * len(text)
    sample = head[:_TEXT_BYTES]
    if len(sample.translate(None, _CONTROLS)) != len(sample):
        return False
    try:
        # Not final: the last character may be cut in the middle.
        codecs.utf_8_decode(sample, 'strict', False)
    except UnicodeDecodeError:
        return sum(byte < 0x80 for byte in sample) >= _LEAST_ASCII_SHARE * len(sample)
    return True


def _is_picture(head: bytes) -> bool:
    if head.startswith(_PICTURE_STARTS) or (head[:4] == b'RIFF' and head[8:12] == b'WEBP'):
        return True
    return head[4:8] == b'ftyp' and head[8:12] in _PICTURE_BRANDS


def _is_subtitle(head: bytes) -> bool:
    encoding = 'utf-16' if head.startswith(_UTF16_MARKS) else 'latin-1'
    text = (head[len(_UTF8_MARK) :] if head.startswith(_UTF8_MARK) else head).decode(encoding, 'replace')
    text = text.lstrip().lower()
    raw = text.encode('latin-1', 'replace')
    if raw.startswith(tuple(mark for mark, _ in _LISTS)) or _is_session(head):
        return False
    if any(mark in raw for mark in _MANIFESTS):
        return False
    if text.startswith('<'):
        return _TIMED_ROOT.match(text, _PROLOGUE.match(text).end()) is not None  # type: ignore[union-attr]
    return _SUBTITLE_STARTS.match(text) is not None or _CUE.match(text) is not None

"""Keeps a subtitle only as text in UTF-8 with at least one cue, under the extension of its format.

yt-dlp keeps the bytes of the site, ffmpeg takes them for UTF-8, and both go by the end of the link for the kind of the text.
"""

import os
import re
from typing import Any, Optional, Tuple

import charsets
import file_heads

_MOST_BYTES = 64 * 1024**2
_TIMED = re.compile(r'-->[^\n]*\n[^\S\n]*\S')
_CUES = {
    'vtt': _TIMED,
    'srt': _TIMED,
    'ass': re.compile(r'^dialogue:', re.IGNORECASE | re.MULTILINE),
    'ttml': re.compile(r'<(?:\w+:)?p[\s>]', re.IGNORECASE),
    'lrc': re.compile(r'^\[\d+:\d\d[^\]]*\][^\S\n]*\S', re.MULTILINE),
    'sub': re.compile(r'^\{\d+\}\{\d*\}[^\S\n]*\S', re.MULTILINE),
}
_KINDS: Tuple[Tuple[str, str], ...] = (
    ('vtt', r'webvtt(?![^\s])'),
    ('ass', r'\[script info\]'),
    ('srt', r'(?:\d+\s*\n\s*)?\d+:\d\d(?::\d\d)?[.,]\d+[^\S\n]*-->'),
    ('lrc', r'\[(?:\d+:\d\d|(?:ti|ar|al|by|au|re|ve|la|length|offset):)'),
    ('sub', r'\{\d+\}\{\d*\}'),
    ('ttml', r'(?:<\?[^>]*\?>|<!--.*?-->|\s)*<(?:\w+:)?tt[\s>]'),
)
_KIND_OF = tuple((kind, re.compile(pattern, re.IGNORECASE | re.DOTALL)) for kind, pattern in _KINDS)
# Other names of these formats, which yt-dlp converts in the same way.
_SAME = {'dfxp': 'ttml', 'tt': 'ttml', 'ssa': 'ass'}
_DECLARED = re.compile(rb'<\?xml[^>]*?encoding=["\']([\w.:-]+)', re.IGNORECASE)


class NoSubtitle(ValueError):
    """The text tells people why."""


def settle(path: str, language: str, extension: str, content_type: Optional[str]) -> Tuple[str, bool]:
    """The extension, and whether the file is UTF-8 now. Changes only the text of subtitles. Raises NoSubtitle."""
    size = os.path.getsize(path)
    if size == 0:
        raise NoSubtitle('it is empty')
    if size > _MOST_BYTES:
        return extension, True
    with open(path, 'rb') as file:
        content = file.read()
    text = charsets.text_of(content, language, _stated(content, content_type))
    if text is None:
        reason = file_heads.why_bytes_refused(content, file_heads.SUBTITLE)
        if reason is not None:
            raise NoSubtitle(reason)
        return _checked(content.decode('latin-1'), extension), False
    text = text.lstrip('\ufeff')
    settled = text.encode('utf-8', 'replace')
    reason = file_heads.why_bytes_refused(settled, file_heads.SUBTITLE)
    if reason is not None:
        raise NoSubtitle(reason)
    if extension in ('ttml', 'dfxp', 'tt', 'xml') or settled.startswith(b'<?xml'):
        settled = _DECLARED.sub(lambda found: found[0][: found.start(1) - found.start()] + b'UTF-8', settled, count=1)
    if settled != content:
        with open(path, 'wb') as file:
            file.write(settled)
    return _checked(text, extension), True


def _checked(text: str, extension: str) -> str:
    lines = text.replace('\r\n', '\n').replace('\r', '\n').lstrip()
    kind = next((kind for kind, pattern in _KIND_OF if pattern.match(lines)), None)
    cue = _CUES.get(kind or _SAME.get(extension, extension))
    if cue is not None and cue.search(lines) is None:
        raise NoSubtitle('there is no text in it')
    return extension if kind is None or kind == _SAME.get(extension, extension) else kind


def _stated(content: bytes, content_type: Optional[str]) -> Optional[str]:
    found = re.search(r'charset=["\']?([\w.:-]+)', content_type or '', re.IGNORECASE)
    if found is not None:
        return found[1]
    declared = _DECLARED.match(content)
    return None if declared is None else declared[1].decode('ascii')


def rename(info: Any, pair: Tuple[str, str], extension: str) -> Tuple[str, str]:
    """Gives a subtitle that yt-dlp has written its right extension; where it lies now, and will lie."""
    before = info['ext']
    renamed = tuple(f'{name.removesuffix("." + before)}.{extension}' for name in pair)
    os.replace(pair[0], renamed[0])
    info['ext'], info['filepath'] = extension, renamed[0]
    return renamed[0], renamed[1]

"""The first line of a connection: the program to run, its folder, its limits, and where it may connect to."""

import json
import os
import re
from typing import Any, Dict, List, Optional
from urllib.parse import urlsplit

# `solver` is yt-dlp too; it solves our own challenges (solver_proof.py).
PROGRAMS = ('yt-dlp', 'solver', 'ffprobe', 'ffmpeg')
ENGINES = ('yt-dlp', 'solver')


class BadRequest(ValueError):
    pass


class Request:
    """A checked request. Sizes in bytes; None means no limit."""

    def __init__(self, line: bytes) -> None:
        try:
            fields = json.loads(line)
        except ValueError:
            raise BadRequest('the first line is not JSON') from None
        if not isinstance(fields, dict):
            raise BadRequest('the first line is not an object')
        self.nonce: str = _match(fields, 'nonce', r'[0-9a-f]{8,64}')
        self.program: str = fields.get('program', '')
        if self.program not in PROGRAMS:
            raise BadRequest('program')
        self.argv: List[str] = _strings(fields, 'argv')
        self.folder: str = _folder(fields)
        # Text of a cookies file for yt-dlp. A secret: never logged.
        self.cookies: Optional[str] = fields.get('cookies')
        if self.cookies is not None and not isinstance(self.cookies, str):
            raise BadRequest('cookies')
        limits = fields.get('limits') or {}
        self.file_size_bytes: Optional[int] = _size(limits, 'file_size_bytes')
        self.data_bytes: Optional[int] = _size(limits, 'data_bytes')
        egress = fields.get('egress') or {}
        self.allow: List[str] = _strings(egress, 'allow')
        proxy = egress.get('proxy') or {}
        self.proxy_url: Optional[str] = proxy.get('url')
        self.proxy_for_all = bool(proxy.get('all'))
        # ffmpeg may follow a plain-http manifest to https.
        self.allows_https: bool = egress.get('allows_https') is True
        # For tests: successive answers for each name, each one address or a list; the last answer repeats.
        self.resolver: Dict[str, List[Any]] = egress.get('resolver') or {}
        # With any other scheme, ffmpeg would silently connect directly.
        if self.proxy_url is not None and not re.match(r'http://[^/\s]+$', self.proxy_url):
            raise BadRequest('egress.proxy.url')

    def forget(self) -> None:
        """Clears all but the nonce: the memory of the host is also the memory of every later job."""
        self.cookies = self.proxy_url = None
        self.argv, self.allow, self.resolver, self.folder = [], [], {}, ''

    def proxy_port(self) -> Optional[int]:
        return None if self.proxy_url is None else urlsplit(self.proxy_url).port or 80


def _match(fields: Dict[str, Any], name: str, pattern: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise BadRequest(name)
    return value


def _strings(fields: Dict[str, Any], name: str) -> List[str]:
    value = fields.get(name) or []
    if not isinstance(value, list) or not all(isinstance(item, str) and '\0' not in item for item in value):
        raise BadRequest(name)
    return value


def _size(fields: Dict[str, Any], name: str) -> Optional[int]:
    value = fields.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise BadRequest(name)
    return value


def _folder(fields: Dict[str, Any]) -> str:
    value = fields.get('folder')
    if not isinstance(value, str) or not os.path.isabs(value) or not os.path.isdir(value):
        raise BadRequest('folder')
    return os.path.realpath(value)

"""What is known about yt_dlp before, and prepared when, it is imported."""

import importlib.util
import os
import re
import sys
import zipfile
from typing import Optional

from settings import Settings


def make_importable(settings: Settings) -> None:
    """Puts the configured yt_dlp before other installed packages, but after the standard library."""
    # curl_cffi has its own sockets, which the guard cannot see; yt_dlp does without it.
    sys.modules['curl_cffi'] = None  # type: ignore[assignment]
    path = settings.module_path
    if path is None:
        return
    if path in sys.path:
        sys.path.remove(path)
    installed = (index for index, entry in enumerate(sys.path) if entry.endswith('-packages'))
    sys.path.insert(next(installed, len(sys.path)), path)


def installed_version() -> Optional[str]:
    """Read from the source text, since importing yt_dlp takes a third of a second; None when there is no yt_dlp."""
    try:
        spec = importlib.util.find_spec('yt_dlp')
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.origin:
        return None
    path = os.path.join(os.path.dirname(spec.origin), 'version.py')
    try:
        found = re.search(rb"__version__ = '([^']+)'", _read(path))
    except (OSError, KeyError, zipfile.BadZipFile):
        return None
    return found.group(1).decode('ascii', 'replace') if found else None


def has_module(*names: str) -> bool:
    return any(importlib.util.find_spec(name) is not None for name in names)


def _read(path: str) -> bytes:
    folder = path
    while folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
        if os.path.isfile(folder):
            with zipfile.ZipFile(folder) as archive:
                return archive.read(os.path.relpath(path, folder))
    with open(path, 'rb') as file:
        return file.read()

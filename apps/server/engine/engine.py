"""Finds out about yt_dlp without importing it, and makes sure that only the found one can be imported."""

import importlib.machinery
import importlib.util
import os
import re
import sys
import zipfile
from typing import Any, Optional, Sequence

from settings import Settings


class NotTheFound(ImportError):
    """Python would import another yt_dlp than the one that was found, or that one is gone."""


class _OnlyFound:
    """Allows only the yt_dlp that was found: when its folder is gone, Python would import one of the system."""

    def __init__(self, place: str) -> None:
        self._place = place

    def find_spec(self, name: str, path: Optional[Sequence[str]] = None, target: Any = None) -> Any:
        if name != 'yt_dlp':
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, [self._place])
        # Python treats an empty folder as a namespace package.
        if spec is None or spec.origin is None:
            raise NotTheFound(f'yt-dlp has gone from {self._place}')
        return spec


def make_importable(settings: Settings) -> None:
    """Puts the configured yt_dlp before other installed packages, but after the standard library; blocks any other yt_dlp."""
    # curl_cffi has its own sockets, which the guard cannot see; yt_dlp works without it.
    sys.modules['curl_cffi'] = None  # type: ignore[assignment]
    path = settings.module_path
    place = path
    if place is None and settings.package_path is not None:
        place = os.path.dirname(settings.package_path)
    if place is not None:
        sys.meta_path.insert(0, _OnlyFound(place))  # type: ignore[arg-type]
    if path is None:
        return
    if path in sys.path:
        sys.path.remove(path)
    installed = (index for index, entry in enumerate(sys.path) if entry.endswith('-packages'))
    sys.path.insert(next(installed, len(sys.path)), path)


def installed_version() -> Optional[str]:
    """The version in the source text, because importing yt_dlp takes a third of a second; None when there is no yt_dlp."""
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


def why_not_the_found(settings: Settings) -> Optional[str]:
    """Why the yt_dlp that Python would import is not the one that was found; None when it is."""
    try:
        importlib.util.find_spec('yt_dlp')
    except NotTheFound as problem:
        return str(problem)
    version = installed_version()
    if settings.version is None or version is None or version == settings.version:
        return None
    return f'yt-dlp {settings.version} was found, and {version} is there'


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

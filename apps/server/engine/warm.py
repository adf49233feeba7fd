"""Brings yt_dlp to the state in which a forked job has nothing left to prepare."""

from typing import Any, Dict

from settings import Settings


def warm_up(settings: Settings) -> Dict[str, Any]:
    raise RuntimeError('not yet')

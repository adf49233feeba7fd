"""Wraps a function of the user's yt_dlp in one of ours."""

import functools
import importlib
from typing import Any, Callable

Function = Callable[..., Any]


def wrap(module: str, owner: str, name: str, wrapper: Callable[[Function], Function]) -> None:
    """Does nothing when this version has no such class or method."""
    owning_class = getattr(importlib.import_module(module), owner, None)
    original = getattr(owning_class, name, None)
    if original is not None:
        setattr(owning_class, name, functools.wraps(original)(wrapper(original)))

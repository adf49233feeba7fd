"""Puts a function of ours around one of the user's own yt_dlp."""

import functools
import importlib
from typing import Any, Callable

Function = Callable[..., Any]


def wrap(module: str, owner: str, name: str, wrapper: Callable[[Function], Function]) -> None:
    """A class or method that this version does not have is left alone."""
    owning_class = getattr(importlib.import_module(module), owner, None)
    original = getattr(owning_class, name, None)
    if original is not None:
        setattr(owning_class, name, functools.wraps(original)(wrapper(original)))

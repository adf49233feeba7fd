"""Loads everything that yt-dlp would load from its folder on demand, so that later jobs work when the folder is gone."""

import contextlib
import importlib
from typing import Any, Callable, Dict

_LATE_MODULES = ('yt_dlp.compat._deprecated', 'yt_dlp.compat._legacy', 'yt_dlp.utils._deprecated', 'yt_dlp.utils._legacy')


def load() -> None:
    """Call once in a warm host, after importing yt_dlp. Skips what this yt_dlp does not have."""
    for name in _LATE_MODULES:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    for keep in (_keep_vendored_scripts, _keep_packaged_scripts):
        with contextlib.suppress(Exception):
            keep()


def _keep_vendored_scripts() -> None:
    """The scripts of the solver of challenges; yt-dlp reads them from disk at each solve."""
    from yt_dlp.extractor.youtube.jsc._builtin import bun, deno, vendor

    original: Callable[..., Any] = vendor.load_script
    texts: Dict[str, Any] = {name: original(name) for name in vendor.HASHES}

    def load_script(filename: str, error_hook: Any = None) -> Any:
        return texts[filename] if filename in texts else original(filename, error_hook=error_hook)

    for module in (vendor, deno, bun):
        module.load_script = load_script


def _keep_packaged_scripts() -> None:
    from yt_dlp_ejs.yt import solver

    for name in ('core', 'lib'):
        text = getattr(solver, name)()
        setattr(solver, name, lambda text=text: text)

"""Brings yt_dlp to the state in which a forked job has nothing left to prepare.

Only what is the same for every job is prepared. Cookies, configuration, plugins, environment and working directory
are the job's own.
"""

import contextlib
import gc
import os
import threading
from typing import Any, Dict, List

import authorities
import job_hooks
import player_cache
import preload
import processes
import rehearsal
import shortcuts
from settings import Settings


class Unfit(RuntimeError):
    """This yt-dlp cannot be kept warm; jobs go to the cold tier."""


def warm_up(settings: Settings) -> Dict[str, Any]:
    """Imports and rehearses; returns facts for the server. Raises any exception when it does not work."""
    # Every class is loaded anyway, for the videos in pages: the stand-ins would only be there as well. 8 MB.
    os.environ['YTDLP_NO_LAZY_EXTRACTORS'] = '1'
    import yt_dlp
    import yt_dlp.globals
    import yt_dlp.utils

    # A plugin is the user's code and may look at the environment of its job.
    yt_dlp.globals.plugin_dirs.value = []
    authorities.install(settings)
    left_out = shortcuts.install_early(settings)
    yt_dlp.utils.system_identifier()
    argv = ['--ignore-config', '--no-plugin-dirs', '--proxy', '', '-N', '8', '--no-js-runtimes']
    if settings.js_runtime is not None:
        argv += ['--js-runtimes', f'{settings.js_runtime_name}:{settings.js_runtime}']
    # As jobs do it: the patterns of options and templates are compiled, too.
    argv += ['--newline', '--progress-delta', '1', '--progress-template', 'download:%(progress.{status})j']
    argv += ['--no-simulate', '--print', 'before_dl:%(.{id,title,formats})j', '--print', 'after_move:%(filepath)j']
    argv += ['-o', '%(id)s.%(ext)s']
    params = yt_dlp.parse_options(argv).ydl_opts
    # No search for the extractor, which would compile the patterns of 1,750.
    rehearsal.rehearse({**params, 'force_generic_extractor': True})
    preload.load()
    # After the rehearsal, which must not use up what is prepared for the jobs.
    left_out += shortcuts.install(settings)
    job_hooks.install(settings)
    with contextlib.suppress(Exception):
        # With an unknown yt-dlp there is no such cache.
        player_cache.install()
    if left_out:
        _compile_patterns()
    _ask_versions(params)
    if threading.active_count() != 1:
        raise Unfit('yt-dlp has left a thread behind')
    gc.collect()
    processes.give_back_memory()
    # Later garbage collections ignore these objects, so that their pages stay shared with the jobs.
    gc.freeze()
    return {'yt_dlp_version': yt_dlp.version.__version__, 'left_out': left_out}


def _compile_patterns() -> None:
    from yt_dlp.extractor import gen_extractor_classes

    for extractor in gen_extractor_classes():
        extractor.suitable('https://example.invalid/')


def _ask_versions(params: Dict[str, Any]) -> None:
    import yt_dlp
    from yt_dlp.postprocessor.ffmpeg import FFmpegPostProcessor

    # Without the default extractors: those are prepared for one use, a job's.
    with yt_dlp.YoutubeDL(params, auto_init=False) as downloader:
        FFmpegPostProcessor.get_versions(downloader)
        # yt-dlp keeps for the class what was ended before it answered as a tool that is not there, and every job of
        # this host would fail for want of it (2026.10.26: `_version_cache`).
        versions: Dict[Any, Any] = getattr(FFmpegPostProcessor, '_version_cache', {})
        for path in [path for path, version in versions.items() if path and not version]:
            del versions[path]
        runtimes: List[Any] = list(getattr(downloader, '_js_runtimes', {}).values())
        for runtime in runtimes:
            if runtime is not None:
                runtime.info

"""Steps after the last byte of the media: an interrupted step is repeated from the fetched files.

yt-dlp (2026.10.26) takes a file under its final name for finished. A conversion writes straight to such a name, so what
it has left when it was killed would be taken for the result. Here the files that are whole are written down with
their lengths, before the first step and after each one. The next attempt removes what is none of them; and when one
of them is gone, everything, so that it is fetched anew. Most steps may be done twice; one that may not is named.
"""

import functools
import inspect
import os
from typing import Any, Callable, List

import cut_sources
import records
from control import Reporter

RECORD = 'steps.json'
# Earlier parts of a live recording (`worker/live/live-parts.ts`), which cannot be fetched anew.
_RECORDED = 'media-live'
# The step would cut media that is cut already.
_ONLY_ONCE = ('ModifyChapters',)


def install(reporter: Reporter) -> None:
    """Raises any exception for an unknown yt-dlp, before anything is changed."""
    from yt_dlp import YoutubeDL
    from yt_dlp.utils import MEDIA_EXTENSIONS

    for name, parameters in (
        ('process_info', ['self', 'info_dict']),
        ('post_process', ['self', 'filename', 'info']),
        ('run_pp', ['self', 'pp', 'infodict']),
    ):
        if list(inspect.signature(getattr(YoutubeDL, name)).parameters)[: len(parameters)] != parameters:
            raise LookupError(name)
    extensions = tuple(f'.{extension}' for extension in (*MEDIA_EXTENSIONS.video, *MEDIA_EXTENSIONS.audio))
    record = _Record(extensions)
    YoutubeDL.process_info = _prepared(YoutubeDL.process_info, record)
    YoutubeDL.post_process = _recorded(YoutubeDL.post_process, record, reporter)
    YoutubeDL.run_pp = _noted(YoutubeDL.run_pp, record)


class _Record:
    def __init__(self, extensions: Any) -> None:
        self.extensions = extensions
        self.is_open = False
        self.begun = 0
        self.done: List[str] = []

    def prepare(self) -> None:
        """Leaves in the folder what an earlier attempt is known to have finished."""
        if not os.path.exists(RECORD):
            return
        earlier = records.read(RECORD)
        files = earlier.get('files') or {}
        is_whole = bool(files) and all(_size(name) == size for name, size in files.items())
        is_known = is_whole and not set(_ONLY_ONCE) & set(earlier.get('done') or ())
        self.begun = earlier.get('begun') or 0
        for name in os.listdir('.'):
            if name.endswith(self.extensions) and not name.startswith(_RECORDED) and not (is_known and name in files):
                os.remove(name)

    def begin(self, files: List[str]) -> None:
        self.is_open = True
        self.begun += 1
        self.done = []
        self._write(files)

    def note(self, step: str, file: str) -> None:
        self.done.append(step)
        self._write([file])

    def finish(self) -> None:
        self.is_open = False
        if not set(_ONLY_ONCE) & set(self.done):
            os.remove(RECORD)

    def _write(self, files: List[str]) -> None:
        sizes = {os.path.basename(name): _size(name) for name in files}
        records.write(RECORD, {'files': sizes, 'done': self.done, 'begun': self.begun})


def _prepared(process: Callable[..., Any], record: _Record) -> Callable[..., Any]:
    @functools.wraps(process)
    def run(downloader: Any, info: Any) -> Any:
        if not downloader.params.get('simulate') and not downloader.params.get('skip_download'):
            record.prepare()
        return process(downloader, info)

    return run


def _recorded(post_process: Callable[..., Any], record: _Record, reporter: Reporter) -> Callable[..., Any]:
    @functools.wraps(post_process)
    def run(downloader: Any, filename: str, info: Any, *args: Any, **named: Any) -> Any:
        if not info.get('__postprocessors') and not downloader._pps['post_process']:
            return post_process(downloader, filename, info, *args, **named)
        files = info.get('__files_to_merge') or [filename]
        if cut_sources.are_cut(files, info):
            reporter.report({'control': 'cut_source'})
        record.begin(files)
        finished = post_process(downloader, filename, info, *args, **named)
        record.finish()
        return finished

    return run


def _noted(run_step: Callable[..., Any], record: _Record) -> Callable[..., Any]:
    @functools.wraps(run_step)
    def run(downloader: Any, step: Any, info: Any) -> Any:
        result = run_step(downloader, step, info)
        if record.is_open and result.get('filepath'):
            record.note(step.pp_key(), result['filepath'])
        return result

    return run


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return -1

"""Refuses in the job what begins like no media: when it has been fetched, and again before ffmpeg opens it.

Wraps a few functions of the user's own yt_dlp; one that a version does not have is left alone.
"""

import functools
import os
import subprocess
from typing import Any, Callable, List, Optional

import file_heads
from control import Reporter
from settings import Settings
from wrapping import wrap


def install(settings: Settings, reporter: Reporter) -> None:
    """Call before the guard is armed."""
    wrap('yt_dlp.downloader.common', 'FileDownloader', 'download', lambda original: _judging_files(original, reporter))
    wrap(
        'yt_dlp.downloader.fragment',
        'FragmentFD',
        '_append_fragment',
        lambda original: _judging_fragments(original, reporter),
    )
    wrap('yt_dlp.extractor.common', 'InfoExtractor', '_parse_m3u8_vod_duration', _judging_streams)
    subprocess.Popen.__init__ = _judging_inputs(subprocess.Popen.__init__, settings)


def _judging_files(download: Callable[..., Any], reporter: Reporter) -> Callable[..., Any]:
    def run(downloader: Any, filename: Any, *args: Any, **kwargs: Any) -> Any:
        result = download(downloader, filename, *args, **kwargs)
        is_done = result[0] if isinstance(result, tuple) else result
        # A fragment may still be encrypted here; it is judged when it is appended. Subtitles have a rule of their own.
        is_fragment = type(downloader).__name__ == 'HttpQuietDownloader'
        if is_done and isinstance(filename, str) and not is_fragment and not reporter.optional:
            reason = file_heads.why_file_refused(filename, file_heads.MEDIA)
            if reason is not None:
                # If it stayed, it would be taken for a finished download.
                os.remove(filename)
                _fail(downloader, reason)
        return result

    return run


def _judging_fragments(append: Callable[..., Any], reporter: Reporter) -> Callable[..., Any]:
    def run(downloader: Any, ctx: Any, content: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(content, bytes) and not reporter.optional:
            reason = file_heads.why_bytes_refused(content, file_heads.MEDIA)
            if reason is not None:
                ctx['dest_stream'].close()
                _fail(downloader, reason)
        return append(downloader, ctx, content, *args, **kwargs)

    return run


def _judging_streams(parse: Callable[..., Any]) -> Callable[..., Any]:
    """A stream that is a list of streams has no end and so looks live: ffmpeg gets it.

    It would follow one that names itself until its memory is full.
    """

    def run(extractor: Any, stream: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(stream, str) and '\n#EXT-X-STREAM-INF' in stream:
            from yt_dlp.utils import ExtractorError

            raise ExtractorError('The file is no media: it is a playlist of playlists', expected=True)
        return parse(extractor, stream, *args, **kwargs)

    return run


def _fail(downloader: Any, reason: str) -> None:
    from yt_dlp.utils import DownloadError

    downloader.ydl.report_error(reason, tb=False)
    raise DownloadError(reason)


def _judging_inputs(start: Callable[..., None], settings: Settings) -> Callable[..., None]:
    from yt_dlp.utils import PostProcessingError

    @functools.wraps(start)
    def run(process: Any, args: Any, *rest: Any, **kwargs: Any) -> None:
        reason = _why_command_refused(args, settings)
        if reason is not None:
            raise PostProcessingError(reason)
        start(process, args, *rest, **kwargs)

    return run


def _why_command_refused(args: Any, settings: Settings) -> Optional[str]:
    # The guard refuses everything but a list.
    if not isinstance(args, (list, tuple)) or not args:
        return None
    words: List[str] = [os.fsdecode(word) for word in args]
    if words[0] not in settings.media_programs:
        return None
    is_probe = os.path.basename(words[0]) == os.path.basename(settings.ffprobe or '')
    return file_heads.why_inputs_refused(words, is_probe)

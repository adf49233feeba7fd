"""Puts our recorder of live HLS and DASH in the place of ffmpeg, which yt-dlp gives such streams to.

A plain one is recorded where yt-dlp wants its file. What has to be put together at the end, fragmented MP4 and picture
and sound apart, is recorded beside it, as `media.f0.mp4.part`, and joined by ffmpeg from there; the same is done by
`worker/media/recording.ts` when a recording is ended in the middle.
"""

import os
import re
import threading
import time
from typing import Any, Callable, Dict, List, Optional

import audio_languages
import live_dash
import live_list
import records
from control import Reporter
from live import Recording
from live_bytes import Decrypt
from live_list import NotPlain
from wrapping import wrap

# Of streams that belong together, the one that is recorded later begins with a later segment. More is another clock.
_MOST_APART_SECONDS = 60.0
# What one of the streams has lost stays a hole in it, as in the others: closed, picture and sound would be out of step.
_LONGEST_HOLE_SECONDS = 300
_LOOK_SECONDS = 0.5
_STATE = 'live.json'
# The exit status of a program that a signal has ended.
_INTERRUPTED = 130


class _Ended(BaseException):
    """Another stream has failed, which ends the recording of all streams."""


def install(reporter: Reporter) -> None:
    """A yt-dlp with other internals keeps its own behaviour."""
    from yt_dlp.downloader.external import FFmpegFD

    original = getattr(FFmpegFD, '_call_downloader', None)
    if original is None or not hasattr(FFmpegFD, '_prepare_url'):
        return

    def call_downloader(self: Any, filename: str, info: Dict[str, Any]) -> Any:
        streams: List[Dict[str, Any]] = info.get('requested_formats') or [info]
        if not info.get('is_live') or not _are_listed(streams) or info.get('section_start'):
            return original(self, filename, info)
        try:
            return 0 if _record(self, filename, info, streams, reporter) else 1
        except NotPlain:
            return original(self, filename, info)
        except KeyboardInterrupt:
            # yt-dlp would take this for the end of the stream, and the next run would find a finished file.
            raise SystemExit(_INTERRUPTED) from None

    FFmpegFD._call_downloader = call_downloader
    wrap('yt_dlp.YoutubeDL', 'YoutubeDL', 'process_info', lambda process: _as_begun(process, reporter))


def _are_listed(streams: List[Dict[str, Any]]) -> bool:
    are_hls = all(str(stream.get('protocol')) in ('m3u8', 'm3u8_native') for stream in streams)
    return are_hls or all(_is_dash(stream) for stream in streams)


def _is_dash(stream: Dict[str, Any]) -> bool:
    return stream.get('protocol') == 'http_dash_segments' and bool(stream.get('manifest_url'))


def _as_begun(process: Callable[..., Any], reporter: Reporter) -> Callable[..., Any]:
    """A stream that has ended while it was not recorded is no live one any more.

    yt-dlp would fetch what is still listed in the place of what was recorded. What that has lost is told here: one that
    was cut off behind its last segment is not recorded again.
    """

    def run(ydl: Any, info: Any, *args: Any, **kwargs: Any) -> Any:
        # The folder of the job.
        if os.path.exists(_STATE):
            info['is_live'] = True
            for name in sorted(os.listdir()):
                if re.fullmatch(r'live(-\d+)?\.json', name):
                    for gap in records.read(name).get('missing') or []:
                        reporter.report({'control': 'live_gap', **gap})
        return process(ydl, info, *args, **kwargs)

    return run


def _record(
    downloader: Any, filename: str, info: Dict[str, Any], streams: List[Dict[str, Any]], reporter: Reporter
) -> bool:
    ended = threading.Event()

    def sleep(seconds: float) -> None:
        if ended.wait(seconds):
            raise _Ended

    recordings: List[Recording] = []
    for number, stream in enumerate(streams):
        described = {**info, **stream}
        recordings.append(
            Recording(
                url=stream['manifest_url'] if _is_dash(stream) else stream['url'],
                path_for=_namer(filename, len(streams) == 1, number),
                fetch=_fetcher(downloader, described),
                decrypt=_decrypt(),
                say=lambda text: downloader.to_screen(f'[live] {text}'),
                report=reporter.report,
                sleep=time.sleep if len(streams) == 1 else sleep,
                state_name=_STATE if number == 0 else f'live-{number}.json',
                read_list=live_dash.Stream(stream).read if _is_dash(stream) else live_list.read,
            )
        )
    try:
        if len(recordings) == 1:
            return recordings[0].run() and _joined(downloader, filename, info, recordings)
        are_there = _all_at_once([recording.run for recording in recordings], ended)
    except NotPlain:
        for recording in recordings:
            recording.forget()
        raise
    return all(are_there) and _joined(downloader, filename, info, recordings)


def _namer(filename: str, is_alone: bool, number: int) -> Callable[[bool], str]:
    def path_for(is_fragmented: bool) -> str:
        if is_alone and not is_fragmented:
            return filename
        name = f'media.f{number}.{"mp4" if is_fragmented else "ts"}.part'
        return os.path.join(os.path.dirname(filename), name)

    return path_for


def _all_at_once(runs: List[Callable[[], bool]], ended: threading.Event) -> List[bool]:
    """Raises the first failure, when none of the others records any more."""
    results: List[Optional[bool]] = [None] * len(runs)
    failures: List[BaseException] = []

    def record(number: int) -> None:
        try:
            results[number] = runs[number]()
        except _Ended:
            pass
        except BaseException as error:
            failures.append(error)
            ended.set()

    # When the job is interrupted, the recorders end with it and save the state of the recording.
    threads = [threading.Thread(target=record, args=(number,), daemon=True) for number in range(len(runs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(_LOOK_SECONDS)
    if failures:
        raise failures[0]
    return [result is True for result in results]


def _fetcher(downloader: Any, info: Dict[str, Any]) -> Callable[[str, Dict[str, str]], Any]:
    def fetch(url: str, headers: Dict[str, str]) -> Any:
        request = downloader._prepare_url(info, url)
        # A range must not be one of a compressed response, as some proxies make them.
        request.headers.update({**headers, **({'Accept-Encoding': 'identity'} if headers else {})})
        return downloader.ydl.urlopen(request)

    return fetch


def _decrypt() -> Optional[Decrypt]:
    """None when decryption would run in Python, at some kilobytes a second."""
    try:
        from yt_dlp.aes import aes_cbc_decrypt_bytes
        from yt_dlp.dependencies import Cryptodome

        return aes_cbc_decrypt_bytes if Cryptodome.AES else None
    except ImportError:
        return None


def _joined(downloader: Any, filename: str, info: Dict[str, Any], recordings: List[Recording]) -> bool:
    """Joins streams that were recorded separately into one file, with the name that yt-dlp looks for."""
    from yt_dlp.postprocessor.ffmpeg import EXT_TO_OUT_FORMATS, FFmpegPostProcessor
    from yt_dlp.utils import PostProcessingError

    paths = [recording.path for recording in recordings]
    if paths == [filename]:
        return True
    tool = FFmpegPostProcessor(downloader.ydl)
    begins = [_begin_of(tool, path) for path in paths]
    inputs = []
    for path, begin in zip(paths, begins):
        apart = begin - begins[0]
        moved = ['-itsoffset', f'{apart:.6f}'] if 0 < abs(apart) < _MOST_APART_SECONDS else []
        inputs.append((path, ['-dts_delta_threshold', str(_LONGEST_HOLE_SECONDS), *moved]))
    streams = info.get('requested_formats') or [info]
    maps = audio_languages.maps(streams)
    extension = info['ext']
    form = 'mp4' if extension in ('mp4', 'm4a') else EXT_TO_OUT_FORMATS.get(extension, extension)
    marks = audio_languages.words(downloader.params, streams)
    words = [*maps, '-dn', '-ignore_unknown', '-c', 'copy', *marks, '-f', form]
    try:
        tool.real_run_ffmpeg(inputs, [(filename, words)])
    except PostProcessingError as error:
        downloader.report_error(f'Joining the recording: {error}', tb=False)
        return False
    # The streams stay until the download is stored: a job after a kill has to find them.
    return True


def _begin_of(tool: Any, path: str) -> float:
    return float(tool.get_metadata_object(path)['format'].get('start_time') or 0)

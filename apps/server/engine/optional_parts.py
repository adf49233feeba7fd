"""Optional parts of a download: subtitles, the thumbnail, the JSON file, SponsorBlock.

By itself yt-dlp lets some failures of these end the download, or turn its exit status to 1. Here each is a warning,
whatever its reason, and the media goes on. Each part has a limited time; answer_limits.py limits its bytes.
"""

import os
import signal
import threading
import time
from typing import Any, Callable, List, Optional, Tuple

import exhaustion
import file_heads
import subtitle_files
import subtitle_languages
from control import Reporter
from wrapping import Function, wrap

_LONGEST_SECONDS = 60.0
_ALL_SUBTITLES_SECONDS = 180.0
# The alarm repeats: one may be missed, for instance while waiting for threads.
_AGAIN_SECONDS = 1.0
_SUBTITLES = frozenset('vtt srt ass ssa lrc sub ttml dfxp tt xml sbv scc sami json json3 srv1 srv2 srv3'.split())
_PICTURES = frozenset('jpg jpeg jpe jfif png webp gif bmp tif tiff avif heic heif jxl jp2 ico'.split())


def install(reporter: Reporter) -> None:
    downloader, common = ('yt_dlp', 'YoutubeDL'), ('yt_dlp.extractor.common', 'InfoExtractor')
    sponsorblock, ffmpeg = 'yt_dlp.postprocessor.sponsorblock', 'yt_dlp.postprocessor.ffmpeg'
    wrap(*downloader, 'process_subtitles', subtitle_languages.choosing)
    wrap(*downloader, '_write_subtitles', lambda original: _optional(_subtitles(original, reporter), reporter))
    wrap(*downloader, 'dl', _subtitle_download)
    wrap(*downloader, '_write_thumbnails', lambda original: _optional(_thumbnail(original), reporter))
    wrap(*downloader, '_write_info_json', lambda original: _optional(_info_file(original), reporter))
    for name in ('extract_subtitles', 'extract_automatic_captions'):
        wrap(*common, name, lambda original: _optional(_offered_subtitles(original), reporter))
    wrap(sponsorblock, 'SponsorBlockPP', 'run', lambda original: _optional(_segments(original), reporter))
    wrap(ffmpeg, 'FFmpegSubtitlesConvertorPP', 'run', _subtitle_conversion)
    wrap(ffmpeg, 'FFmpegThumbnailsConvertorPP', 'run', _conversion)


def _optional(function: Function, reporter: Reporter) -> Function:
    def run(*args: Any, **kwargs: Any) -> Any:
        # Not thread-local: fragments of a subtitle are fetched by other threads while the main one waits here.
        reporter.optional += 1
        try:
            return function(*args, **kwargs)
        finally:
            reporter.optional -= 1

    return run


class _Overdue(BaseException):
    """Not an Exception: libraries that convert every exception into their own would continue."""


def _within(seconds: float, function: Callable[[], Any]) -> Any:
    """Raises TimeoutError when the function takes longer, whatever it waits for. Not to be nested."""
    if threading.current_thread() is not threading.main_thread():
        return function()
    before = signal.signal(signal.SIGALRM, _raise_overdue)
    try:
        signal.setitimer(signal.ITIMER_REAL, max(seconds, _AGAIN_SECONDS), _AGAIN_SECONDS)
        try:
            return function()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except _Overdue:
        signal.setitimer(signal.ITIMER_REAL, 0)
        raise TimeoutError(f'not there within {seconds:.0f} s') from None
    finally:
        signal.signal(signal.SIGALRM, before)


def _raise_overdue(*_: Any) -> None:
    raise _Overdue


class _AsWarnings:
    """Turns errors of yt-dlp into warnings that end nothing."""

    def __init__(self, downloader: Any) -> None:
        self._downloader = downloader

    def __enter__(self) -> None:
        downloader = self._downloader
        self._asked = downloader.params.get('ignoreerrors')
        downloader.params['ignoreerrors'] = True
        # Downloaders copy this method when they are made.
        downloader.report_error = lambda message, *_, **__: downloader.report_warning(message)

    def __exit__(self, *_: Any) -> None:
        del self._downloader.report_error
        self._downloader.params['ignoreerrors'] = self._asked


def _words(error: BaseException) -> str:
    return exhaustion.words_of(error) or str(error) or type(error).__name__


def _subtitles(write: Function, reporter: Reporter) -> Function:
    """Processes one language after another, so that none fails with another."""

    def run(downloader: Any, info: Any, *args: Any, **kwargs: Any) -> Any:
        subtitles = info.get('requested_subtitles')
        if not subtitles:
            return write(downloader, info, *args, **kwargs)

        def one(language: str) -> List[Any]:
            subtitle = subtitles[language]
            alone = {**info, 'requested_subtitles': {language: subtitle}}
            if subtitle.get('ext') not in _SUBTITLES:
                # The end of a link that is no file, which yt-dlp would refuse as a name; what it is shows its text.
                subtitle['ext'] = 'vtt'
            reporter.content_type = None
            try:
                written = write(downloader, alone, *args, **kwargs) or []
                if 'filepath' in subtitle:
                    written = [_settled(downloader, language, subtitle, pair, reporter) for pair in written]
            except Exception as error:
                downloader.report_warning(f'Going on without subtitles in {language!r}: {_words(error)}')
                written = []
                _forget(subtitle)
            if 'filepath' in subtitle and not os.path.exists(subtitle['filepath']):
                del subtitle['filepath']
            return [pair for pair in written if os.path.exists(pair[0])]

        downloader.subtitles_until = time.monotonic() + _ALL_SUBTITLES_SECONDS
        with _AsWarnings(downloader):
            return [pair for language in subtitles for pair in one(language)]

    return run


def _settled(
    downloader: Any, language: str, subtitle: Any, pair: Tuple[str, str], reporter: Reporter
) -> Tuple[str, str]:
    extension, is_utf8 = subtitle_files.settle(pair[0], language, subtitle['ext'], reporter.content_type)
    if not is_utf8:
        steps = {step['key']: step for step in downloader.params.get('postprocessors') or ()}
        wanted = steps.get('FFmpegSubtitlesConvertor', {}).get('format', extension)
        if wanted != extension or 'FFmpegEmbedSubtitle' in steps:
            raise subtitle_files.NoSubtitle('it is in an encoding that is not known')
        downloader.report_warning(f'Keeping subtitles in {language!r} in an encoding that is not known')
    return pair if extension == subtitle['ext'] else subtitle_files.rename(subtitle, pair, extension)


def _forget(subtitle: Any) -> None:
    path = subtitle.pop('filepath', None)
    if path is not None:
        _remove(path)


def _subtitle_download(download: Function) -> Function:
    """What fails here is one subtitle; yt-dlp then goes on with the next one."""

    def run(downloader: Any, name: Any, info: Any, subtitle: bool = False, *args: Any, **kwargs: Any) -> Any:
        if not subtitle:
            return download(downloader, name, info, subtitle, *args, **kwargs)
        left = getattr(downloader, 'subtitles_until', time.monotonic() + _LONGEST_SECONDS) - time.monotonic()
        try:
            if left <= 0:
                raise TimeoutError('the others have taken too long')
            return _within(
                min(left, _LONGEST_SECONDS), lambda: download(downloader, name, info, subtitle, *args, **kwargs)
            )
        except Exception as error:
            from yt_dlp.utils import DownloadError

            for leftover in (name, f'{name}.part', f'{name}.ytdl'):
                _remove(leftover)
            raise DownloadError(_words(error)) from error

    return run


def _thumbnail(write: Function) -> Function:
    """Tries one candidate after another, the best first. Leftovers of a failed one would be taken for the next one."""

    def run(downloader: Any, label: Any, info: Any, filename: Any, *args: Any, **kwargs: Any) -> Any:
        candidates = list(info.get('thumbnails') or [])
        if not candidates or not downloader.params.get('writethumbnail'):
            return write(downloader, label, info, filename, *args, **kwargs)

        def first_good() -> List[Any]:
            for candidate in reversed(candidates):
                written = one(candidate)
                if written:
                    return written
            return []

        def one(candidate: Any) -> List[Any]:
            from yt_dlp.utils import determine_ext, replace_extension

            extension = candidate.get('ext') or determine_ext(candidate['url'], 'jpg')
            # A thumbnail that calls itself mp4 would be written in the place of the media.
            candidate['ext'] = extension = extension if extension in _PICTURES else 'jpg'
            path = replace_extension(filename, extension, info.get('ext'))
            written: List[Any] = []
            reason: Optional[str] = None
            try:
                written = write(downloader, label, {**info, 'thumbnails': [candidate]}, filename, *args, **kwargs) or []
                if written:
                    # An earlier attempt may have left it under its final name.
                    path = written[0][0]
                    reason = file_heads.why_file_refused(path, file_heads.PICTURE)
                if written and reason is None:
                    written = [_named_by_content(candidate, written[0])]
            except Exception as error:
                reason = _words(error)
            finally:
                # Also when it did not arrive in time.
                if not written or reason is not None:
                    _remove(path)
                    # As in yt-dlp, the step that embeds the thumbnail says when there is none.
                    info['thumbnails'] = [other for other in info['thumbnails'] if other is not candidate]
            if reason is None:
                return written
            downloader.report_warning(f'Going on without this thumbnail: {reason}')
            return []

        with _AsWarnings(downloader):
            try:
                return _within(_LONGEST_SECONDS, first_good)
            except TimeoutError as error:
                downloader.report_warning(f'Going on without a thumbnail: {error}')
                info['thumbnails'] = []
                return []

    return run


def _named_by_content(picture: Any, pair: Tuple[str, str]) -> Tuple[str, str]:
    """yt-dlp relies on the end of the link, and would take a PNG for the wanted JPEG."""
    extension = file_heads.picture_extension(pair[0])
    before = os.path.splitext(pair[0])[1]
    if extension is None or {'.jpeg': '.jpg', '.jpe': '.jpg', '.jfif': '.jpg'}.get(before, before) == f'.{extension}':
        return pair
    renamed = tuple(f'{os.path.splitext(name)[0]}.{extension}' for name in pair)
    os.replace(pair[0], renamed[0])
    picture.update(ext=extension, filepath=renamed[0])
    return renamed[0], renamed[1]


def _info_file(write: Function) -> Function:
    def run(downloader: Any, *args: Any, **kwargs: Any) -> Any:
        with _AsWarnings(downloader):
            try:
                return write(downloader, *args, **kwargs) or False
            except Exception as error:
                downloader.report_warning(f'Going on without the JSON file: {_words(error)}')
                return False

    return run


def _offered_subtitles(extract: Function) -> Function:
    """Some sites are asked for their subtitles before anything is known of the formats."""

    def run(extractor: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return _within(_LONGEST_SECONDS, lambda: extract(extractor, *args, **kwargs))
        except Exception as error:
            extractor.report_warning(f'Going on without these subtitles: {_words(error)}')
            return {}

    return run


def _segments(run_step: Function) -> Function:
    def run(postprocessor: Any, info: Any) -> Any:
        try:
            return _within(_LONGEST_SECONDS, lambda: run_step(postprocessor, info))
        except Exception as error:
            # The worker recognizes this sentence (worker/outcome/optional-parts.ts).
            postprocessor.report_warning(f'Going on without SponsorBlock: {_words(error)}')
            return [], info

    return run


def _conversion(run_step: Function) -> Function:
    """A picture of a few bytes may be a million pixels wide. The worker leaves the part out of the next run."""

    def run(postprocessor: Any, info: Any) -> Any:
        from yt_dlp.utils import PostProcessingError

        try:
            return _within(_LONGEST_SECONDS, lambda: run_step(postprocessor, info))
        except PostProcessingError:
            raise
        except Exception as error:
            raise PostProcessingError(_words(error)) from error

    return run


def _subtitle_conversion(run_step: Function) -> Function:
    """Processes one language after another, so that none fails with another."""

    def run(postprocessor: Any, info: Any) -> Any:
        subtitles = info.get('requested_subtitles')
        if not subtitles:
            return run_step(postprocessor, info)
        surplus: List[str] = []
        for language in [name for name, subtitle in subtitles.items() if 'filepath' in subtitle]:
            alone = {**info, 'requested_subtitles': {language: subtitles[language]}}
            try:
                surplus += _within(_LONGEST_SECONDS, lambda: run_step(postprocessor, alone))[0]
                subtitles[language] = alone['requested_subtitles'][language]
            except Exception as error:
                postprocessor.report_warning(f'Going on without subtitles in {language!r}: {_words(error)}')
                _forget(subtitles[language])
        return surplus, info

    return run


def _remove(path: str) -> None:
    try:
        os.remove(path)
    except OSError:
        pass

"""What yt-dlp knows but never prints: answers of servers, and whether a fetch was for an optional part.

The failure of an optional part is made a warning. Wraps a few functions of the user's own yt_dlp; one that a version
does not have is left alone.
"""

import functools
import importlib
from typing import Any, Callable, Optional, Tuple
from urllib.parse import urlsplit

from control import Reporter

# A download of thousands of fragments must not report each; failures always count.
_MAX_SUCCESSES = 64
_MAX_FAILURES = 200


def install(reporter: Reporter) -> None:
    from yt_dlp.networking.common import RequestDirector

    RequestDirector.send = _reporting_send(RequestDirector.send, reporter)
    for module, owner, name, wrap in (
        ('yt_dlp', 'YoutubeDL', '_write_subtitles', _without_abort),
        ('yt_dlp', 'YoutubeDL', '_write_thumbnails', _without_abort),
        ('yt_dlp.postprocessor.sponsorblock', 'SponsorBlockPP', 'run', _or_unchanged),
    ):
        owning_class = getattr(importlib.import_module(module), owner, None)
        if owning_class is not None and hasattr(owning_class, name):
            setattr(owning_class, name, _optional(wrap(getattr(owning_class, name)), reporter))


def _optional(function: Callable[..., Any], reporter: Reporter) -> Callable[..., Any]:
    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        # Not thread-local: fragments of a subtitle are fetched by other threads while the main one waits here.
        reporter.optional += 1
        try:
            return function(*args, **kwargs)
        finally:
            reporter.optional -= 1

    return run


def _without_abort(function: Callable[..., Any]) -> Callable[..., Any]:
    """A subtitle that cannot be had ends the download, or turns its exit status to 1; here it is a warning."""

    @functools.wraps(function)
    def run(downloader: Any, *args: Any, **kwargs: Any) -> Any:
        asked = downloader.params.get('ignoreerrors')
        downloader.params['ignoreerrors'] = True
        # Downloaders take over this method when they are made.
        downloader.report_error = lambda message, *_, **__: downloader.report_warning(message)
        try:
            return function(downloader, *args, **kwargs)
        finally:
            del downloader.report_error
            downloader.params['ignoreerrors'] = asked

    return run


def _or_unchanged(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same for a postprocessor that asks a service of its own."""
    from yt_dlp.utils import PostProcessingError

    @functools.wraps(function)
    def run(postprocessor: Any, info: Any) -> Any:
        try:
            return function(postprocessor, info)
        except PostProcessingError as error:
            postprocessor.report_warning(str(error))
            return [], info

    return run


def _reporting_send(send: Callable[..., Any], reporter: Reporter) -> Callable[..., Any]:
    left = {True: _MAX_SUCCESSES, False: _MAX_FAILURES}

    def report(response: Any) -> None:
        status: Optional[int] = getattr(response, 'status', None)
        if not isinstance(status, int) or left[status < 400] <= 0:
            return
        left[status < 400] -= 1
        header = response.get_header
        reporter.report(
            {
                'control': 'response',
                'status': status,
                'host': urlsplit(response.url).hostname,
                'retry_after': header('retry-after'),
                'etag': header('etag'),
                'last_modified': header('last-modified'),
                'content_length': header('content-length'),
                'content_range': header('content-range'),
            }
        )

    @functools.wraps(send)
    def reporting(director: Any, request: Any) -> Any:
        try:
            response = send(director, request)
        except Exception as error:
            endpoint = _refused_endpoint(error)
            if endpoint is not None:
                # Said again: every address of the name has been tried by now, so there is nothing to wait for.
                reporter.refused('connect', address=endpoint[0], port=endpoint[1])
            if getattr(error, 'response', None) is not None:
                report(error.response)
            raise
        report(response)
        return response

    return reporting


def _refused_endpoint(error: Optional[BaseException]) -> Optional[Tuple[str, Optional[int]]]:
    """Where the guard kept a request from, if that is why it failed: libraries wrap the refusal in their own errors."""
    seen = set()
    pending = [error]
    while pending:
        current = pending.pop()
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        endpoint = getattr(current, 'endpoint', None)
        if isinstance(endpoint, tuple):
            return endpoint
        pending += [current.__cause__, current.__context__]
        pending += [getattr(current, name, None) for name in ('cause', 'reason')]
    return None

"""Reports the responses of servers, which yt-dlp does not print, and waits when they ask for it, which yt-dlp does not do."""

import functools
import time
from typing import Any, Callable, Optional, Tuple
from urllib.parse import urlsplit

from control import Reporter

# Limits for a download with thousands of fragments.
_MAX_SUCCESSES = 64
_MAX_FAILURES = 200

# The worker ends a download that is asked to wait longer (run-reports.ts).
_LONGEST_WAIT_SECONDS = 5


def install(reporter: Reporter) -> None:
    from yt_dlp.networking.common import RequestDirector

    RequestDirector.send = _reporting_send(RequestDirector.send, reporter)


def _reporting_send(send: Callable[..., Any], reporter: Reporter) -> Callable[..., Any]:
    left = {True: _MAX_SUCCESSES, False: _MAX_FAILURES}

    def report(response: Any) -> None:
        status: Optional[int] = getattr(response, 'status', None)
        if not isinstance(status, int) or left[status < 400] <= 0:
            return
        left[status < 400] -= 1
        header = response.get_header
        # The length of a compressed response is not that of its content.
        is_plain = (header('content-encoding') or 'identity').lower() == 'identity'
        reporter.report(
            {
                'control': 'response',
                'status': status,
                'host': urlsplit(response.url).hostname,
                'retry_after': header('retry-after'),
                'etag': header('etag'),
                'last_modified': header('last-modified'),
                'content_length': header('content-length') if is_plain else None,
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
                # Reported a second time: all addresses of the name have been tried, so that the worker can end the job.
                reporter.refused('connect', address=endpoint[0], port=endpoint[1])
            if getattr(error, 'response', None) is not None:
                report(error.response)
                if not reporter.optional:
                    # yt-dlp would retry at once.
                    time.sleep(_asked_wait(error.response))
            raise
        report(response)
        if reporter.optional:
            reporter.content_type = response.get_header('content-type')
        return response

    return reporting


def _asked_wait(response: Any) -> int:
    """Seconds to wait; 0 when the response asks for no wait, or for one that is too long for this process."""
    asked = (response.get_header('retry-after') or '').strip()
    if response.status not in (429, 503) or not (asked.isascii() and asked.isdigit()):
        return 0
    return int(asked) if len(asked) < 4 and int(asked) <= _LONGEST_WAIT_SECONDS else 0


def _refused_endpoint(error: Optional[BaseException]) -> Optional[Tuple[str, Optional[int]]]:
    """The endpoint that the guard refused, if that made the request fail; libraries wrap the refusal in their own errors."""
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

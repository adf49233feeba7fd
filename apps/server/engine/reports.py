"""What yt-dlp knows but never prints: the answers of servers. And the waits that they ask for, which it does not know."""

import functools
import time
from typing import Any, Callable, Optional, Tuple
from urllib.parse import urlsplit

from control import Reporter

# A download of thousands of fragments must not report each; failures always count.
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
        # What arrives of a compressed answer has another length.
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
                # Said again: every address of the name has been tried by now, so there is nothing to wait for.
                reporter.refused('connect', address=endpoint[0], port=endpoint[1])
            if getattr(error, 'response', None) is not None:
                report(error.response)
                if not reporter.optional:
                    # yt-dlp would ask again at once, as often as it tries again.
                    time.sleep(_asked_wait(error.response))
            raise
        report(response)
        if reporter.optional:
            reporter.content_type = response.get_header('content-type')
        return response

    return reporting


def _asked_wait(response: Any) -> int:
    """In seconds; 0 where none is asked for, or one for which this process should not sit here."""
    asked = (response.get_header('retry-after') or '').strip()
    if response.status not in (429, 503) or not (asked.isascii() and asked.isdigit()):
        return 0
    return int(asked) if len(asked) < 4 and int(asked) <= _LONGEST_WAIT_SECONDS else 0


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

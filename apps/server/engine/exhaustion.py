"""Reports in plain words that memory or stack is exhausted.

Python's messages for this are empty or about its internals, and yt-dlp adds that it has a bug which an update may fix.
"""

import functools
import sys
from typing import Any, Callable, List, Optional

# The worker recognizes these sentences (worker/failure/failure-rules.ts).
_NO_MEMORY = 'There was not enough memory for what the site sent'
_TOO_DEEP = 'What the site sent is nested too deeply to be read'


def install() -> None:
    from yt_dlp import YoutubeDL

    YoutubeDL.trouble = _plain(YoutubeDL.trouble)


def words_of(error: Optional[BaseException]) -> Optional[str]:
    """The sentence for an error; None for other errors. Libraries and yt-dlp wrap these errors in their own."""
    seen = set()
    pending: List[Any] = [error]
    while pending:
        current = pending.pop()
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        if isinstance(current, MemoryError):
            return _NO_MEMORY
        if isinstance(current, RecursionError):
            return _TOO_DEEP
        seen.add(id(current))
        pending += [current.__cause__, getattr(current, 'cause', None), getattr(current, 'reason', None)]
        pending += getattr(current, 'unexpected_errors', ())
    return None


def _plain(trouble: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(trouble)
    def run(downloader: Any, message: Any = None, *args: Any, **kwargs: Any) -> Any:
        words = None if message is None else words_of(sys.exc_info()[1])
        return trouble(downloader, message if words is None else f'ERROR: {words}', *args, **kwargs)

    return run

"""The cookies of a job, which come with its request and stay in the memory of its process.

No file contains them, so that a kill leaves none behind. yt-dlp sends them to their site. They go nowhere else: not into a
command line, which every user of the computer can read, and not into a stored file.
"""

import functools
import io
import subprocess
from typing import Any, Callable, Dict, List, Tuple

from control import Reporter

_MAX_RENEWED_CHARACTERS = 256 * 1024
# The worker recognizes this line (worker/failure/failure.ts): a site may then refuse ffmpeg for want of cookies.
_WITHHELD = 'WARNING: [cookies] ffmpeg gets no cookies: other users of this computer could read its command line'

Key = Tuple[str, str, str]


def install(text: str, reporter: Reporter) -> None:
    """`text` is a cookies file with checked lines. Call before the guard is armed."""
    from yt_dlp import YoutubeDL

    YoutubeDL.__init__ = _given(YoutubeDL.__init__, text)
    if hasattr(YoutubeDL, 'save_cookies'):
        YoutubeDL.save_cookies = _reporting(text, reporter)
    YoutubeDL._calc_headers = _without_trace(YoutubeDL._calc_headers)
    subprocess.Popen.__init__ = _discreet(subprocess.Popen.__init__)


def _given(initialise: Callable[..., None], text: str) -> Callable[..., None]:
    @functools.wraps(initialise)
    def run(downloader: Any, params: Any = None, *args: Any, **kwargs: Any) -> None:
        initialise(downloader, {**(params or {}), 'cookiefile': io.StringIO(text)}, *args, **kwargs)

    return run


def _reporting(text: str, reporter: Reporter) -> Callable[..., None]:
    """Replaces writing the file back: reports which of the given cookies the site has renewed."""
    given: Dict[Key, List[str]] = {}
    for fields in _lines(text):
        given[_key(fields)] = fields

    def save(downloader: Any) -> None:
        written = io.StringIO()
        downloader.cookiejar.save(written)
        renewed = [
            '\t'.join(fields)
            for fields in _lines(written.getvalue())
            if _key(fields) in given and given[_key(fields)] != fields
        ]
        answer = '\n'.join(renewed)
        if answer and len(answer) <= _MAX_RENEWED_CHARACTERS:
            reporter.report({'control': 'cookies', 'text': answer})

    return save


def _lines(text: str) -> List[List[str]]:
    rows = [line.split('\t') for line in text.split('\n') if line and not line.startswith('#')]
    return [fields for fields in rows if len(fields) == 7]


def _key(fields: List[str]) -> Key:
    return fields[0].lstrip('.'), fields[2], fields[5]


def _without_trace(calculate: Callable[..., Any]) -> Callable[..., Any]:
    """Removes the cookies that yt-dlp stores beside the headers of a format for --load-info-json."""

    @functools.wraps(calculate)
    def run(downloader: Any, info: Any, *args: Any, **kwargs: Any) -> Any:
        headers = calculate(downloader, info, *args, **kwargs)
        info.pop('cookies', None)
        return headers

    return run


def _discreet(start: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(start)
    def run(process: Any, args: Any, *rest: Any, **kwargs: Any) -> None:
        if isinstance(args, (list, tuple)):
            words = without_cookies(list(args))
            if words != list(args):
                print(_WITHHELD, flush=True)
            args = words
        start(process, args, *rest, **kwargs)

    return run


def without_cookies(words: List[Any]) -> List[Any]:
    """Removes cookies from the arguments of ffmpeg, which accepts them in `-cookies` and in `-headers`."""
    kept: List[Any] = []
    position = 0
    while position < len(words):
        word = words[position]
        value = words[position + 1] if position + 1 < len(words) else None
        position += 1
        if word == '-cookies' and value is not None:
            position += 1
        elif word == '-headers' and isinstance(value, str):
            position += 1
            lines = value.splitlines(keepends=True)
            kept += [word, ''.join(line for line in lines if not line.lower().startswith('cookie'))]
        else:
            kept.append(word)
    return kept

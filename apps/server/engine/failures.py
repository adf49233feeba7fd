"""Reports what an error is, besides the words that yt-dlp prints about it.

The words are in the language of a site, or in no order at all; what was raised says whether the site has answered so
on purpose, and with which status.
"""

import functools
import re
import sys
from typing import Any, Callable, Dict, Iterator, List, Optional
from urllib.parse import urlsplit

from control import Reporter
from wrapping import Function, wrap

# A control line is one write: see control.py.
_MOST_CHARACTERS = 600
_MOST_CLASSES = 24
_MOST_COUNTRIES = 60
_HELD = '_artemis_held_refusal'
_RELEASE = 'artemis_release'

# Deliberately wide: a refusal that is held in vain is still raised, a little later.
_MAY_BE_UPCOMING = re.compile(
    r'\byet\b|not started|premiere|upcoming|schedul|soon\b|shortly|'
    r'\b(begin|start|air|live|available|release|open)\w*\b.*(\bin\b|\bat\b|\bon\b|\bafter\b|\bdate\b|\d)|waiting',
    re.I | re.S,
)


def install(reporter: Reporter) -> None:
    """Call before anything else is wrapped around `trouble`, so that the reported words are the printed ones."""
    from yt_dlp import YoutubeDL

    YoutubeDL.trouble = _telling(YoutubeDL.trouble, reporter)
    wrap('yt_dlp', 'YoutubeDL', 'raise_no_formats', _with_release_of_info)
    wrap('yt_dlp.extractor.common', 'InfoExtractor', 'raise_no_formats', _held)
    wrap('yt_dlp.extractor.common', 'InfoExtractor', 'extract', _raising_held)


def tell(reporter: Reporter, error: Optional[BaseException], words: str) -> None:
    """`words`: what yt-dlp prints about the error."""
    reporter.report({'control': 'error', 'text': words[:_MOST_CHARACTERS], **_facts(error)})


def _telling(trouble: Function, reporter: Reporter) -> Function:
    @functools.wraps(trouble)
    def run(downloader: Any, message: Any = None, *args: Any, **named: Any) -> Any:
        if message is not None:
            tell(reporter, sys.exc_info()[1], str(message))
        return trouble(downloader, message, *args, **named)

    return run


def _facts(error: Optional[BaseException]) -> Dict[str, Any]:
    if error is None:
        return {}
    chain = list(_chain(error))
    # These errors only carry another error to the place where it is reported.
    first = next((one for one in chain if type(one).__name__ not in ('DownloadError', 'Failed')), error)
    behind = [one for one in chain if one is not first and one is not error]
    found: Dict[str, Any] = {
        'classes': _class_names([first]),
        'causes': _class_names(behind),
        'expected': getattr(first, 'expected', None) is True,
    }
    said = getattr(first, 'orig_msg', None)
    if isinstance(said, str):
        found['said'] = said[:_MOST_CHARACTERS]
    extractor = getattr(first, 'ie', None)
    if isinstance(extractor, str):
        found['extractor'] = extractor[:80]
    countries = getattr(first, 'countries', None)
    if isinstance(countries, (list, tuple, set)):
        found['countries'] = [str(one)[:3] for one in list(countries)[:_MOST_COUNTRIES]]
    for one in chain:
        status, response = getattr(one, 'status', None), getattr(one, 'response', None)
        if isinstance(status, int) and response is not None:
            found['status'] = status
            found['host'] = _host_of(response)
            break
    if _is_raised_by_extractor(first):
        found['in_extractor'] = True
    release = getattr(first, _RELEASE, None)
    if isinstance(release, dict):
        found.update(release)
    return found


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and its causes, but not errors that were handled before."""
    seen = set()
    pending: List[Any] = [error]
    while pending:
        current = pending.pop(0)
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        pending += [getattr(current, 'cause', None), current.__cause__]
        pending += [getattr(current, name, None) for name in ('error', 'reason')]
        if type(current).__name__ == 'DownloadError':
            pending.append((getattr(current, 'exc_info', None) or (None, None))[1])


def _class_names(errors: List[BaseException]) -> List[str]:
    names: List[str] = []
    for error in errors:
        for one in type(error).__mro__:
            if one.__name__ not in names and one not in (object, BaseException, Exception):
                names.append(one.__name__[:80])
    return names[:_MOST_CLASSES]


def _host_of(response: Any) -> Optional[str]:
    try:
        return urlsplit(response.url).hostname
    except (AttributeError, ValueError):
        return None


def _is_raised_by_extractor(error: BaseException) -> bool:
    """A programming error in the code of an extractor: the site has changed."""
    trace = error.__traceback__
    while trace is not None:
        module = trace.tb_frame.f_globals.get('__name__', '')
        is_site = module.startswith(('yt_dlp.extractor.', 'yt_dlp_plugins.extractor.'))
        if is_site and module != 'yt_dlp.extractor.common':
            return True
        trace = trace.tb_next
    return False


def _with_release_of_info(raise_no_formats: Function) -> Function:
    def run(downloader: Any, info: Any, *args: Any, **named: Any) -> Any:
        try:
            return raise_no_formats(downloader, info, *args, **named)
        except Exception as error:
            _note_release(error, info)
            raise

    return run


class _Refusals:
    """The state of one extractor while it reads one link."""

    def __init__(self) -> None:
        self.first: Optional[BaseException] = None


def _held(raise_no_formats: Function) -> Function:
    """Extractors refuse an unreleased video before they say when it is released (2026.10.26: `wait_for_video`)."""

    def run(extractor: Any, message: Any, expected: bool = False, *args: Any, **named: Any) -> Any:
        try:
            return raise_no_formats(extractor, message, expected, *args, **named)
        except Exception as error:
            refusals = getattr(extractor, _HELD, None)
            if refusals is None or not expected or not _MAY_BE_UPCOMING.search(str(message)):
                raise
            refusals.first = refusals.first or error
            return None

    return run


def _raising_held(extract: Callable[..., Any]) -> Function:
    def run(extractor: Any, url: Any) -> Any:
        refusals = _Refusals()
        setattr(extractor, _HELD, refusals)
        info: Any = None
        try:
            info = extract(extractor, url)
        except Exception:
            if refusals.first is None:
                raise
        finally:
            setattr(extractor, _HELD, None)
        held: Any = refusals.first
        if held is None:
            return info
        _note_release(held, info)
        # As yt-dlp does with errors that leave an extractor.
        held.video_id = held.video_id or extractor.get_temp_id(url)
        held.ie = held.ie or extractor.IE_NAME
        raise held

    return run


def _note_release(error: BaseException, info: Any) -> None:
    if not isinstance(info, dict):
        return
    release: Dict[str, Any] = {}
    at = info.get('release_timestamp')
    if isinstance(at, (int, float)) and not isinstance(at, bool):
        release['release_at'] = at
    if info.get('live_status') == 'is_upcoming':
        release['upcoming'] = True
    setattr(error, _RELEASE, release)

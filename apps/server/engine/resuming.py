"""A partial file is continued only with what belongs to it, and for as long as the site sends anything of it.

By itself yt-dlp (2026.10.26, downloader/http.py) takes an answer from another place for the whole file, never asks whether
the file is still the same, holds a partial file for whole that lacks up to 99 bytes, ends at a range that is shorter than the
one asked for, and counts its tries however far each of them got. Fragments are files of their own and are left to it.
"""

import contextlib
import functools
import json
import os
from typing import Any, Callable, Dict, NamedTuple, Optional

# Smaller files are fetched anew by the next process: what they are made of is kept in memory only.
_WORTH_A_NOTE_BYTES = 256 * 1024
# After less than this the next try waits, so that a site which sends a few bytes each time is not asked without a pause.
_GOOD_TRY_BYTES = 64 * 1024
# This is how some sites refuse a range, and send the whole file.
_REFUSED = (400, 403, 412, 416)
# After so many errors of the server in a row it is asked for the whole file: it may fail at ranges only. 503 asks to wait.
_MOST_FAULTS = 3
# So many bytes are compared when the site names neither length nor version of the file.
_COMPARED_BYTES = 64 * 1024


class _Evidence(NamedTuple):
    """Identifies one version of a file on the site."""

    total: Optional[int]
    etag: Optional[str]
    last_modified: Optional[str]


class _GivenUp(Exception):
    """Another try would get the same response; the message says why."""


def install() -> None:
    """For this process and those forked from it. Raises any exception for an unknown yt-dlp."""
    from yt_dlp.downloader import http

    original = http.HttpFD.real_download
    make_retries = http.RetryManager

    @functools.wraps(original)
    def real_download(self: Any, filename: str, info: Dict[str, Any]) -> Any:
        is_part_of_a_file = 'range' in {name.lower() for name in info.get('http_headers') or ()}
        # Fragments have a class of their own, one object for several threads.
        if type(self) is not http.HttpFD or filename == '-' or is_part_of_a_file:
            return original(self, filename, info)
        downloader = self.ydl
        self.ydl = _Transfer(downloader, self.temp_name(filename))
        try:
            finished = original(self, filename, info)
            if finished:
                self.ydl.finish()
            return finished
        except _GivenUp as error:
            self.report_error(f'unable to download video data: {error}')
            return False
        finally:
            self.ydl = downloader

    def retries_of(most: Any, report: Callable[..., Any], **options: Any) -> Any:
        transfer = getattr(getattr(report, '__self__', None), 'ydl', None)
        if not isinstance(transfer, _Transfer):
            return make_retries(most, report, **options)

        def report_try(error: Any, count: int, *rest: Any, **named: Any) -> None:
            gained = transfer.gained()
            if gained > 0:
                # After count 0 yt-dlp goes on without a pause.
                retries.attempt = count = 0 if gained >= _GOOD_TRY_BYTES else 1
            report(error, count, *rest, **named)

        retries = make_retries(most, report_try, **options)
        return retries

    http.HttpFD.real_download = real_download
    http.RetryManager = retries_of


class _Transfer:
    """Stands in the place of YoutubeDL while one file is fetched. yt-dlp writes a file anew when an answer begins elsewhere."""

    def __init__(self, downloader: Any, part: str) -> None:
        self._downloader = downloader
        self._part = part
        folder, name = os.path.split(part)
        self._note = os.path.join(folder, f'resume-{name}.json')
        self._known: Optional[_Evidence] = None
        self._is_seen = False
        self._is_restarted = False
        self._faults = 0
        self._reached = _size_of(part)
        self._whole: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._downloader, name)

    def gained(self) -> int:
        """Number of bytes beyond the largest size so far."""
        reached = self._reached
        self._reached = max(reached, _size_of(self._part))
        return self._reached - reached

    def finish(self) -> None:
        """The file has its final name now."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._note)

    def urlopen(self, request: Any) -> Any:
        from yt_dlp.networking.exceptions import HTTPError

        if self._whole is not None:
            # yt-dlp means to ask for all of it, though its request still has the range (2026.10.26).
            whole, self._whole = self._whole, None
            return whole
        first, last, _ = _range_in(request.headers.get('Range'))
        if first is None:
            return self._begun(self._downloader.urlopen(request), request)
        try:
            response = self._downloader.urlopen(request)
        except HTTPError as error:
            if first == 0 or not self._is_refusal(error.status):
                raise
            return self._after_refusal(error, request, first)
        self._faults = 0
        if _is_whole(response):
            return self._begun(response, request)
        problem = self._problem(response, request, first)
        if problem is not None:
            response.close()
            return self._begun_again(self._plain(request), request, problem)
        if first == 0:
            self._remember(_evidence_of(response))
        self._is_seen = True
        if last is None:
            _promise_the_rest(response, first)
        _insist_on_a_byte(response)
        return response

    def _is_refusal(self, status: int) -> bool:
        if status < 500 or status == 503:
            return status in _REFUSED
        self._faults += 1
        return self._faults >= _MOST_FAULTS

    def _problem(self, response: Any, request: Any, first: int) -> Optional[str]:
        """Why this partial response must not be appended to the partial file; None when it may."""
        if _range_in(response.get_header('Content-Range'))[0] != first:
            return 'The site has sent another part of the file than was asked for'
        if first == 0:
            return None
        if self._known is None:
            self._known = self._noted()
        if self._known is None:
            return 'It is not known what the partial file belongs to'
        now = _evidence_of(response)
        if _is_same(self._known, now, self._is_seen):
            return None
        is_unnamed = now is not None and self._is_seen and _is_unnamed(self._known, now)
        if not is_unnamed or not self._has_same_end(request, first):
            return 'The file on the site has changed'
        self._known = now
        return None

    def _has_same_end(self, request: Any, first: int) -> bool:
        """A site that has named neither length nor state of its file is asked for the last of what is there once more."""
        length = min(first, _COMPARED_BYTES)
        content = self._piece(request, first - length, length)
        with open(self._part, 'rb') as file:
            file.seek(first - length)
            return content == file.read(length)

    def _piece(self, request: Any, first: int, length: int) -> bytes:
        """So many bytes from this place; none when the site does not send them."""
        from yt_dlp.networking.exceptions import HTTPError

        asked = request.copy()
        asked.headers['Range'] = f'bytes={first}-{first + length - 1}'
        try:
            response = self._downloader.urlopen(asked)
        except HTTPError:
            return b''
        with contextlib.closing(response):
            is_there = response.status == 206 and _range_in(response.get_header('Content-Range'))[0] == first
            return bytes(response.read(length)) if is_there and _evidence_of(response) is not None else b''

    def _after_refusal(self, error: Any, request: Any, first: int) -> Any:
        """The site has nothing from this place on: the file is complete, or has changed."""
        response = self._plain(request)
        known = self._known or self._noted()
        now = _evidence_of(response)
        is_whole = known is not None and known.total == first and _is_same(known, now, self._is_seen)
        if is_whole and error.status == 416:
            # yt-dlp looks at the length of the next answer and takes the partial file for whole.
            response.close()
            self._whole = response
            raise error
        reason = 'The site does not continue the file'
        if error.status >= 500:
            reason = f'The site answers with HTTP Error {error.status} when the file is to be continued'
        return self._begun_again(response, request, reason)

    def _plain(self, request: Any) -> Any:
        plain = request.copy()
        plain.headers.pop('Range', None)
        return self._downloader.urlopen(plain)

    def _begun_again(self, response: Any, request: Any, reason: str) -> Any:
        if self._is_restarted:
            response.close()
            raise _GivenUp(f'{reason}, and that again after a start from zero')
        self._is_restarted = True
        self._reached = 0
        self._downloader.report_warning(f'[download] {reason}; starting from zero')
        return self._begun(response, request)

    def _begun(self, response: Any, request: Any) -> Any:
        """An answer to a request for the whole file: what is there is nothing worth from now on."""
        from yt_dlp.networking.exceptions import TransportError

        if _range_in(response.get_header('Content-Range'))[0]:
            response.close()
            raise TransportError('The site has sent a part of the file where the whole was asked for')
        self._remember(_evidence_of(response))
        self._is_seen = True
        if not _is_whole(response):
            _promise_the_rest(response, 0)
        if self._known is not None and self._known.total is None and not response.get_header('Transfer-Encoding'):
            self._ask_at_the_end(response, request)
        _insist_on_a_byte(response)
        return response

    def _ask_at_the_end(self, response: Any, request: Any) -> None:
        """Only the end of the connection marks the end of such a file, and a broken connection looks the same."""
        from yt_dlp.networking.exceptions import TransportError

        read, length = response.read, 0

        def read_on(*amount: Any) -> Any:
            nonlocal length
            block = read(*amount)
            length += len(block)
            if not block and self._piece(request, length, 1):
                raise TransportError(f'The connection was closed after {length} bytes, and more follow')
            return block

        response.read = read_on

    def _remember(self, evidence: Optional[_Evidence]) -> None:
        # In this order: a note must never stand beside bytes of another state.
        for path in (self._part, self._note):
            if os.path.lexists(path):
                os.unlink(path)
        self._known = evidence
        if evidence is None or (evidence.total or _WORTH_A_NOTE_BYTES) < _WORTH_A_NOTE_BYTES:
            return
        try:
            with open(self._note, 'w', encoding='utf-8') as file:
                json.dump(evidence, file)
        except OSError:
            pass

    def _noted(self) -> Optional[_Evidence]:
        """The note that an earlier process has left."""
        try:
            with open(self._note, encoding='utf-8') as file:
                return _Evidence(*json.load(file))
        except (OSError, ValueError, TypeError):
            return None


def _is_whole(response: Any) -> bool:
    return response.status != 206 and response.get_header('Content-Range') is None


def _evidence_of(response: Any) -> Optional[_Evidence]:
    """None when its ranges are not places in the written file."""
    header = response.get_header
    if header('Content-Encoding') not in (None, 'identity'):
        return None
    length = header('Content-Length')
    total = _range_in(header('Content-Range'))[2]
    if total is None and response.status != 206 and length is not None and length.isdigit():
        total = int(length)
    return _Evidence(total, header('ETag'), header('Last-Modified'))


def _is_same(known: _Evidence, now: Optional[_Evidence], is_seen: bool) -> bool:
    """A site that sends no validator is believed within one process, seconds apart and with the same length: otherwise
    a large file over a bad line would never end."""
    if now is None or (None not in (known.total, now.total) and known.total != now.total):
        return False
    if known.etag is not None or now.etag is not None:
        return known.etag == now.etag
    if known.last_modified is not None or now.last_modified is not None:
        return known.last_modified == now.last_modified
    return is_seen and known.total is not None and known.total == now.total


def _is_unnamed(known: _Evidence, now: _Evidence) -> bool:
    """Nothing of either says which state of the file it is, and their lengths do not differ."""
    names = (known.etag, known.last_modified, now.etag, now.last_modified)
    return not any(names) and (known.total is None or now.total in (None, known.total))


def _promise_the_rest(response: Any, first: int) -> None:
    """What such an answer lacks to the end of the file is then missed by yt-dlp, which asks for it."""
    total = _range_in(response.get_header('Content-Range'))[2]
    if total is not None and total > first:
        del response.headers['Content-Length']
        response.headers['Content-Length'] = str(total - first)


def _insist_on_a_byte(response: Any) -> None:
    """An answer that ends before its first byte is a broken one, which yt-dlp takes for the end of all tries."""
    from yt_dlp.networking.exceptions import TransportError

    if (response.get_header('Content-Length') or '0') == '0':
        return
    read = response.read

    def read_first(*amount: Any) -> Any:
        block = read(*amount)
        if not block:
            raise TransportError('The connection was closed before the first byte')
        response.read = read
        return block

    response.read = read_first


def _range_in(header: Optional[str]) -> Any:
    from yt_dlp.utils import parse_http_range

    return parse_http_range(header)


def _size_of(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0

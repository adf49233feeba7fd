"""Records live HLS: segment after segment into one file, over hiccups, until the list says that the stream has ended.

yt-dlp gives live HLS to ffmpeg, which takes one bad answer for the list as the end of the stream and exits with success
(5.1 to 7.1). Its options for reconnecting hold for the first request alone: hls.c does not hand them on to later ones.
What it does besides copying segments one after another stays with it: decryption, fragmented MP4, picture and sound apart.
"""

import json
import os
import re
import time
from contextlib import closing
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional
from urllib.parse import urljoin

from control import Reporter

# As ffmpeg does: the newest ones of a list, so that the recording begins now.
_SEGMENTS_AT_START = 3
_GIVES_UP_AFTER_SECONDS = 150.0
_LONGEST_PAUSE = 10.0
_TELLS_EVERY_SECONDS = 30.0
_MOST_TRIES = 10
# A network may show a list before its segment, but not for long.
_MOST_TRIES_WHEN_GONE = 4
_MAX_LIST_BYTES = 4 << 20
# Numbers that fall by more than this are those of an encoder that has begun anew; by less, of a cache that is behind.
_NEW_NUMBERING = 10
_CHUNK = 1 << 16
_TS_SYNC = b'\x47'
_STATE = 'live.json'


class NotPlain(Exception):
    """More has to be done with these segments than to put them one after another."""


class _Broken(Exception):
    """A segment could not be had, or not whole."""

    def __init__(self, message: str, status: Optional[int]) -> None:
        super().__init__(message)
        self.status = status


class Segment(NamedTuple):
    number: int
    url: str
    seconds: float


class Listing(NamedTuple):
    segments: List[Segment]
    target_seconds: float
    has_ended: bool


def install(reporter: Reporter) -> None:
    """In the place of ffmpeg where that copies only. A yt-dlp that is built differently goes on as it did."""
    from yt_dlp.downloader.external import FFmpegFD

    original = getattr(FFmpegFD, '_call_downloader', None)
    if original is None or not hasattr(FFmpegFD, '_prepare_url'):
        return

    def call_downloader(self: Any, filename: str, info: Dict[str, Any]) -> Any:
        is_hls = str(info.get('protocol')) in ('m3u8', 'm3u8_native')
        if not info.get('is_live') or not is_hls or info.get('requested_formats') or info.get('section_start'):
            return original(self, filename, info)
        recording = Recording(
            url=info['url'],
            path=filename,
            fetch=lambda url: self.ydl.urlopen(self._prepare_url(info, url)),
            say=lambda text: self.to_screen(f'[live] {text}'),
            report=reporter.report,
        )
        try:
            return 0 if recording.run() else 1
        except NotPlain:
            return original(self, filename, info)

    FFmpegFD._call_downloader = call_downloader


def parse(text: str, url: str) -> Listing:
    """Raises NotPlain, and ValueError for what is no list of segments."""
    lines = [line.strip() for line in text.splitlines()]
    if not lines or not lines[0].lstrip('\ufeff').startswith('#EXTM3U'):
        raise ValueError('no list')
    number, seconds, target = 0, 0.0, 0.0
    has_ended = False
    segments: List[Segment] = []
    for line in lines:
        tag, _, value = line.partition(':')
        if tag in ('#EXT-X-KEY', '#EXT-X-MAP', '#EXT-X-BYTERANGE', '#EXT-X-STREAM-INF', '#EXT-X-SKIP'):
            raise NotPlain(tag)
        if tag == '#EXT-X-MEDIA-SEQUENCE':
            number = int(value)
        elif tag == '#EXT-X-TARGETDURATION':
            target = float(value)
        elif tag == '#EXTINF':
            seconds = float(re.split('[, ]', value, maxsplit=1)[0])
        elif tag == '#EXT-X-ENDLIST':
            has_ended = True
        elif line and not line.startswith('#'):
            address = urljoin(url, line)
            if not address.startswith(('http://', 'https://')):
                raise NotPlain(address)
            segments.append(Segment(number, address, seconds))
            number += 1
    if not segments and not has_ended:
        raise ValueError('no segments')
    return Listing(segments, max(target, 0.5), has_ended)


class Recording:
    """One stream into one file. What is in the file is whole segments, but for the one that is being written."""

    def __init__(
        self,
        url: str,
        path: str,
        fetch: Callable[[str], Any],
        say: Callable[[str], None],
        report: Callable[[Dict[str, Any]], None],
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = url
        self._path = path
        self._state_path = os.path.join(os.path.dirname(os.path.abspath(path)), _STATE)
        self._fetch = fetch
        self._say = say
        self._report = report
        self._now = now
        self._sleep = sleep
        self._next: Optional[int] = None
        self._seconds = 0.0
        self._size = 0
        self._missing: List[Dict[str, Any]] = []
        self._tries = 0
        self._failures = 0

    def run(self) -> bool:
        """True when there is a recording. Raises NotPlain before anything is written, and OSError of the disk."""
        self._continue_earlier()
        grown_at, waits = self._now(), 1
        while True:
            listing = self._list()
            before = self._size
            is_through = listing is not None and self._take(listing)
            if listing is not None and listing.has_ended and is_through:
                break
            if self._size > before:
                grown_at, waits = self._now(), 1
            elif self._now() - grown_at > _GIVES_UP_AFTER_SECONDS:
                self._say('Nothing new for too long; ending the recording')
                self._lose(None, 0)
                break
            elif self._now() - grown_at > waits * _TELLS_EVERY_SECONDS:
                # The server takes a silent job for one that hangs.
                self._say('Waiting for the next segment')
                waits += 1
            if listing is not None and is_through:
                # RFC 8216, 6.3.4: half of it when nothing has changed.
                self._sleep(listing.target_seconds if self._size > before else listing.target_seconds / 2)
            else:
                self._sleep(min(_LONGEST_PAUSE, 2.0 ** min(self._failures - 1, 4) / 2))
        return self._size > 0

    def _list(self) -> Optional[Listing]:
        try:
            with closing(self._fetch(self._url)) as response:
                listing = parse(response.read(_MAX_LIST_BYTES).decode('utf-8', 'replace'), response.url)
        except NotPlain:
            if self._size == 0:
                raise
            return self._failed('the list has other segments now')
        except Exception as error:
            return self._failed(f'the list: {error}')
        return listing

    def _failed(self, what: str) -> None:
        self._failures += 1
        self._say(f'Trying again ({self._failures}) after {what}')

    def _take(self, listing: Listing) -> bool:
        """True when all that is listed is in the file, or lost."""
        segments = listing.segments
        if segments and self._next is not None and segments[-1].number < self._next - _NEW_NUMBERING:
            self._say('The stream has begun to count anew')
            self._next = segments[0].number
        if segments and self._next is None:
            self._next = segments[-_SEGMENTS_AT_START:][0].number
        for segment in segments:
            wanted = self._next or 0
            if segment.number < wanted:
                continue
            if segment.number > wanted:
                self._lose(wanted, segment.number - wanted)
            self._next = segment.number
            if not self._append(segment):
                return False
            self._failures = 0
        return True

    def _append(self, segment: Segment) -> bool:
        """False: it is tried again when the list has been read again, as long as it is there."""
        try:
            self._copy(segment)
            self._seconds += segment.seconds
        except _Broken as error:
            self._cut_off()
            self._tries += 1
            if self._tries < (_MOST_TRIES_WHEN_GONE if error.status in (404, 410) else _MOST_TRIES):
                self._failed(f'segment {segment.number}: {error}')
                return False
            self._lose(segment.number, 1)
        self._tries = 0
        self._next = segment.number + 1
        self._size = os.path.getsize(self._path) if os.path.exists(self._path) else 0
        self._save()
        return True

    def _copy(self, segment: Segment) -> None:
        chunks = self._chunks(segment.url)
        first = next(chunks, b'')
        if self._size == 0 and not first.startswith(_TS_SYNC):
            raise NotPlain(segment.url)
        with open(self._path, 'ab') as file:
            file.write(first)
            for chunk in chunks:
                file.write(chunk)

    def _chunks(self, url: str) -> Iterator[bytes]:
        try:
            with closing(self._fetch(url)) as response:
                chunk = response.read(_CHUNK)
                while chunk:
                    yield chunk
                    chunk = response.read(_CHUNK)
        except Exception as error:
            raise _Broken(str(error), getattr(error, 'status', None)) from error

    def _cut_off(self) -> None:
        if os.path.exists(self._path):
            os.truncate(self._path, self._size)

    def _lose(self, first: Optional[int], count: int) -> None:
        """`first` None: the rest."""
        if first is not None:
            self._say(f'Lost: {count} segments from {first} on')
        gap = {'at': round(self._seconds, 1), 'first': first, 'count': count}
        self._missing.append(gap)
        self._report({'control': 'live_gap', **gap})

    def _continue_earlier(self) -> None:
        """A recording that a stop of the server has cut off, or of which a second run was needed."""
        try:
            with open(self._state_path, encoding='utf-8') as file:
                state = json.load(file)
            size = os.path.getsize(self._path)
            if not 0 < int(state['size']) <= size:
                raise ValueError
            self._next, self._seconds, self._size = int(state['next']), float(state['seconds']), int(state['size'])
            self._missing = list(state['missing'])
        except (OSError, ValueError, KeyError, TypeError):
            if os.path.exists(self._path):
                os.remove(self._path)
            return
        self._cut_off()
        self._say('Continuing the recording')
        for gap in self._missing:
            self._report({'control': 'live_gap', **gap})

    def _save(self) -> None:
        state = {'next': self._next, 'seconds': self._seconds, 'size': self._size, 'missing': self._missing}
        with open(f'{self._state_path}.tmp', 'w', encoding='utf-8') as file:
            json.dump(state, file)
        os.replace(f'{self._state_path}.tmp', self._state_path)

"""Records live HLS and DASH: segment after segment into one file, over hiccups, until the list says that the stream has ended.

yt-dlp gives live HLS to ffmpeg, which takes one bad answer for the list as the end of the stream and exits with success
(5.1 to 7.1). Its options for reconnecting hold for the first request alone: hls.c does not hand them on to later ones.
Where picture and sound are apart, `live_streams.py` records each of them with this.
"""

import json
import os
import time
from contextlib import closing
from typing import Any, Callable, Dict, List, Optional

import fragment_heads
import live_boxes
from live_bytes import Broken, Decrypt, Fetch, SegmentBytes
from live_list import Init, Listing, NotPlain, Read, Segment, read

# Begins with the newest segments of a list, as ffmpeg does, so that the recording begins now.
_SEGMENTS_AT_START = 3
_GIVES_UP_AFTER_SECONDS = 150.0
_LONGEST_PAUSE = 10.0
_TELLS_EVERY_SECONDS = 30.0
_MOST_TRIES = 10
# A network may show a list before its segment, but not for long.
_MOST_TRIES_WHEN_GONE = 4
_MAX_LIST_BYTES = 4 << 20
_MAX_INIT_BYTES = 4 << 20
# When numbers fall by more than this, the encoder has restarted; when by less, a cache is behind.
_NEW_NUMBERING = 10
_TS_SYNC = b'\x47'
# Seconds; lists and segments round.
_SAME_TIME = 0.5

class _OtherForm(Exception):
    """The next segment cannot be appended to what is in the file."""


class Recording:
    """One stream into one file. What is in the file is whole segments, but for the one that is being written.

    `path_for` names it; whether it will be fragmented MP4 is known when the list is. `decrypt` None: leave it to ffmpeg.
    """

    def __init__(
        self,
        url: str,
        path_for: Callable[[bool], str],
        fetch: Fetch,
        decrypt: Optional[Decrypt],
        say: Callable[[str], None],
        report: Callable[[Dict[str, Any]], None],
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        state_name: str = 'live.json',
        read_list: Read = read,
    ) -> None:
        self._url = url
        self._read_list = read_list
        self._path_for = path_for
        self._is_fragmented = False
        self.path = path_for(False)
        self._state_path = os.path.join(os.path.dirname(os.path.abspath(self.path)), state_name)
        self._fetch = fetch
        self._can_decrypt = decrypt is not None
        self._bytes = SegmentBytes(fetch, decrypt)
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
        self._inits: Dict[Init, bytes] = {}
        # Of fragmented MP4: what its initialisation says, where the next segment has to begin, and by how much it is moved.
        self._form: Optional[live_boxes.Form] = None
        self._due: Optional[float] = None
        self._shift = 0.0
        self._is_break = self._has_lost = False

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
                # The server assumes that a silent job hangs.
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
            with closing(self._fetch(self._url, {})) as response:
                text = response.read(_MAX_LIST_BYTES).decode('utf-8', 'replace')
                listing = self._read_list(text, response, self._next)
            if not self._can_decrypt and any(segment.key for segment in listing.segments):
                raise NotPlain('encrypted')
        except NotPlain:
            if self._size == 0:
                raise
            return self._failed('the list has other segments now')
        except Exception as error:
            return self._failed(f'the list: {error}')
        self._url = listing.update_url or self._url
        return listing

    def _failed(self, what: str) -> None:
        self._failures += 1
        self._say(f'Trying again ({self._failures}) after {what}')

    def _take(self, listing: Listing) -> bool:
        """True when every listed segment is in the file or lost."""
        segments = listing.segments
        if segments and self._next is not None and segments[-1].is_before(self._next, _NEW_NUMBERING):
            self._say('The stream has begun to count anew')
            self._next = segments[0].number
            self._is_break = True
        if segments and self._next is None:
            self._next = segments[-_SEGMENTS_AT_START:][0].number
            self._name(segments[-1].init is not None)
        for segment in segments:
            wanted = self._next or 0
            if segment.is_before(wanted):
                continue
            if segment.is_behind(wanted):
                self._lose_until(segment, wanted)
            self._next = segment.number
            if not self._append(segment):
                return False
            self._failures = 0
        return True

    def _name(self, is_fragmented: bool) -> None:
        self._is_fragmented = is_fragmented
        self.path = self._path_for(is_fragmented)

    def _append(self, segment: Segment) -> bool:
        """False when the segment should be tried again after the list has been read again, as long as it is listed."""
        self._is_break = self._is_break or segment.is_break
        try:
            if segment.is_gap:
                raise _OtherForm('the site has none')
            if (segment.init is not None) != self._is_fragmented:
                raise _OtherForm('it is of another kind than those before it')
            self._copy(segment)
            self._seconds += segment.seconds
            self._is_break = self._has_lost = False
        except _OtherForm as error:
            self._cut_off()
            self._say(f'Leaving out segment {segment.number}: {error}')
            self._lose_until(segment, segment.number)
        except Broken as error:
            self._cut_off()
            self._tries += 1
            is_gone = error.status in (404, 410) and not segment.is_guess
            if self._tries < (_MOST_TRIES_WHEN_GONE if is_gone else _MOST_TRIES):
                self._failed(f'segment {segment.number}: {error}')
                return False
            self._lose_until(segment, segment.number)
        self._tries = 0
        self._next = segment.after
        self._size = os.path.getsize(self.path) if os.path.exists(self.path) else 0
        self._save()
        return True

    def _copy(self, segment: Segment) -> None:
        if segment.init is not None:
            return self._copy_fragmented(segment, segment.init)
        chunks = self._bytes.of(segment.place, segment.key, segment.number)
        first = next(chunks, b'')
        self._judge(segment, first, first.startswith(_TS_SYNC))
        with open(self.path, 'ab') as file:
            file.write(first)
            for chunk in chunks:
                file.write(chunk)

    def _copy_fragmented(self, segment: Segment, described: Init) -> None:
        init = self._init_of(segment, described)
        content = b''.join(self._bytes.of(segment.place, segment.key, segment.number))
        self._judge(segment, content, content[4:8] in (b'styp', b'moof', b'sidx', b'emsg', b'prft', b'ftyp'))
        try:
            form = live_boxes.form_of(init)
        except (ValueError, IndexError):
            if self._size == 0:
                raise NotPlain(described.place.url) from None
            raise Broken('is described by something else') from None
        if self._form is not None and form != self._form:
            raise _OtherForm('it is of another form than those before it')
        begin = live_boxes.begin_of(content, form.ticks)
        if self._form is None:
            self._shift = segment.shift
        if begin is not None and self._due is not None and not self._goes_on(begin, self._due, segment.seconds):
            self._shift = self._due - begin
        if self._shift != 0:
            content = live_boxes.moved(content, self._shift, form.ticks)
        with open(self.path, 'ab') as file:
            if self._form is None:
                file.write(init)
            file.write(content)
        self._form = form
        if begin is not None:
            self._due = begin + self._shift + segment.seconds

    def _goes_on(self, begin: float, due: float, seconds: float) -> bool:
        """Whether the segment begins where it should, or later because segments in between were lost."""
        late = begin + self._shift - due
        most_late = _SAME_TIME if self._is_break and not self._has_lost else _GIVES_UP_AFTER_SECONDS
        most_early = _SAME_TIME if self._is_break else max(seconds, 1.0)
        return -most_early <= late <= most_late

    def _judge(self, segment: Segment, head: bytes, is_media: bool) -> None:
        if is_media:
            return
        if self._size == 0:
            raise NotPlain(segment.place.url)
        problem = fragment_heads.problem_of(head[: fragment_heads.HEAD_BYTES])
        raise Broken(problem or 'is of another kind')

    def _init_of(self, segment: Segment, described: Init) -> bytes:
        known = self._inits.get(described)
        if known is None:
            known = b''.join(self._bytes.of(described.place, described.key, segment.number))
            if len(known) > _MAX_INIT_BYTES:
                raise Broken('is described by something else')
            # Lists name few; one that names another each time must not fill the memory.
            self._inits = {described: known}
        return known

    def _cut_off(self) -> None:
        if os.path.exists(self.path):
            os.truncate(self.path, self._size)

    def _lose_until(self, segment: Segment, first: int) -> None:
        """From the one of this number on; when it is `segment`, that one itself."""
        step = segment.after - segment.number
        count = max(1, round((segment.number - first) / step))
        self._say(f'Lost: {count} segments from {first} on')
        self._lose(*((first, count) if step == 1 else (None, count, count * segment.seconds)))

    def _lose(self, first: Optional[int], count: int, seconds: Optional[float] = None) -> None:
        """`first` None: it has no number; `count` 0: the rest."""
        self._has_lost = True
        gap: Dict[str, Any] = {'at': round(self._seconds, 1), 'first': first, 'count': count}
        if seconds is not None:
            gap['seconds'] = seconds
        self._missing.append(gap)
        self._report({'control': 'live_gap', **gap})

    def _continue_earlier(self) -> None:
        """A recording that a stop of the server has cut off, or of which a second run was needed."""
        try:
            with open(self._state_path, encoding='utf-8') as file:
                state = json.load(file)
            self._name(state['is_fragmented'] is True)
            size = os.path.getsize(self.path)
            if not 0 < int(state['size']) <= size:
                raise ValueError
            self._next, self._seconds, self._size = int(state['next']), float(state['seconds']), int(state['size'])
            self._missing = list(state['missing'])
            self._due, self._shift = state['due'], float(state['shift'])
            if self._due is not None:
                with open(self.path, 'rb') as file:
                    self._form = live_boxes.form_of(file.read(_MAX_INIT_BYTES))
        except (OSError, ValueError, KeyError, TypeError):
            self._next, self._seconds, self._size, self._missing = None, 0.0, 0, []
            self._due, self._shift = None, 0.0
            self.forget()
            return
        self._cut_off()
        self._say('Continuing the recording')

    def forget(self) -> None:
        """Removes the recording."""
        for path in (self.path, self._state_path):
            if os.path.exists(path):
                os.remove(path)

    def _save(self) -> None:
        state = {
            **{'next': self._next, 'seconds': self._seconds, 'size': self._size, 'missing': self._missing},
            **{'is_fragmented': self._is_fragmented, 'due': self._due, 'shift': self._shift},
        }
        with open(f'{self._state_path}.tmp', 'w', encoding='utf-8') as file:
            json.dump(state, file)
        os.replace(f'{self._state_path}.tmp', self._state_path)

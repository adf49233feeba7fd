"""What one YouTube job has made of a player script, kept in the host for the jobs after it (docs/adr/0011).

Kept in memory: a job is forked from the host, so it reads without opening a file, and what it changes is its own copy.
A job tells the host through a pipe that only jobs on a video of YouTube get; the host judges and keeps.
"""

import contextlib
import json
import os
import re
import time
from typing import Any, Callable, Dict, List, Optional, Tuple

from request import Request

_SOLVER, _SIGNATURES, _TIMESTAMP = 'challenge-solver', 'youtube-sigfuncs', 'youtube-sts'
# yt-dlp (2026.10.26) makes the address of a player itself; a page cannot choose the site.
_PLAYER = re.compile(r'player:https://www\.youtube\.com/s/player/[0-9a-fA-F]{8,40}/[\w./-]{1,100}\.js')
_PLAYER_KEY = re.compile(r'[0-9a-fA-F]{8,40}-\w{1,80}')
_SIGNATURE_KEY = re.compile(_PLAYER_KEY.pattern + r'-\d{1,4}')
# Not /redirect and the like, which lead a job elsewhere.
_VIDEO = re.compile(
    r'https://(?:(?:www\.|m\.|music\.)?youtube\.com/(?:watch\?(?:[^#]*&)?v=|shorts/|live/)|youtu\.be/)[\w-]{11}(?![\w-])'
)
_MAX_PLAYERS = 3
_MAX_ENTRIES = 64
_MAX_PLAYER_CHARACTERS = 8 * 1024 * 1024
_MAX_MESSAGE_BYTES = 10 * 1024 * 1024
# No job reports more than this.
_MAX_TOLD_BYTES = 2 * _MAX_MESSAGE_BYTES
_KEPT_SECONDS = 6 * 3600.0

Entry = Tuple[str, str]


class PlayerCache:
    """Keeps the first value for a key until it is too old; removes the oldest value when there are too many."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: Dict[Entry, Tuple[float, Any]] = {}
        # In a job: whether its player came from here.
        self.has_served = False

    def get(self, section: str, key: str) -> Any:
        since, value = self._entries.get((section, key), (0.0, None))
        if value is None or self._clock() - since >= _KEPT_SECONDS:
            return None
        return value

    def take(self, message: bytes) -> bool:
        """Takes a message of a job; false when the message is invalid or not new."""
        try:
            section, key, value = json.loads(message)
        except (ValueError, TypeError, RecursionError):
            return False
        if not is_sound(section, key, value) or self.get(section, key) is not None:
            return False
        entry = (section, key)
        self._entries.pop(entry, None)
        self._entries[entry] = (self._clock(), value)
        players = [each for each in self._entries if each[0] == _SOLVER]
        if len(players) > _MAX_PLAYERS:
            del self._entries[players[0]]
        if len(self._entries) > _MAX_ENTRIES:
            del self._entries[next(each for each in self._entries if each[0] != _SOLVER)]
        return True

    def forget(self, section: str, key: str) -> None:
        self._entries.pop((section, key), None)


class Hearing:
    """The host's end of the pipe of one job."""

    def __init__(self, cache: PlayerCache) -> None:
        self._cache = cache
        self.reader, self.writer = os.pipe()
        os.set_blocking(self.reader, False)
        self._pending = bytearray()
        self._told = 0

    def fileno(self) -> int:
        return self.reader

    def started(self) -> None:
        os.close(self.writer)

    def hear(self) -> bool:
        """False when no more messages are accepted: the job has ended, or has sent more than it may."""
        try:
            received = os.read(self.reader, 1024 * 1024)
        except BlockingIOError:
            return True
        self._told += len(received)
        self._pending += received
        *messages, rest = self._pending.split(b'\n')
        self._pending = bytearray(rest)
        for message in messages:
            self._cache.take(message)
        return bool(received) and self._told <= _MAX_TOLD_BYTES

    def close(self) -> None:
        os.close(self.reader)


# The cache of the host; each job has a copy from the time of its fork.
players = PlayerCache()
_pipe: Optional[int] = None


def may_tell(request: Request) -> bool:
    """Whether this job speaks with nobody but YouTube before it has its player: by its link, which no site chooses."""
    argv = request.argv
    return (
        request.program == 'yt-dlp'
        and argv[-2:-1] == ['--']
        and _VIDEO.match(argv[-1]) is not None
        and '--no-check-certificates' not in argv
    )


def is_sound(section: Any, key: Any, value: Any) -> bool:
    if not isinstance(key, str):
        return False
    if section == _SOLVER:
        return _PLAYER.fullmatch(key) is not None and isinstance(value, str) and 0 < len(value) <= _MAX_PLAYER_CHARACTERS
    if section == _TIMESTAMP:
        return _PLAYER_KEY.fullmatch(key) is not None and type(value) is int and 0 < value < 100_000
    if section != _SIGNATURES or _SIGNATURE_KEY.fullmatch(key) is None or not isinstance(value, list):
        return False
    return 0 < len(value) < 2000 and all(type(index) is int and 0 <= index < 2000 for index in value)


def tell_through(descriptor: Optional[int]) -> None:
    """Called in the job. Programs of the job do not inherit the descriptor."""
    global _pipe
    _pipe = descriptor


def install() -> None:
    """Once in a warm host. Raises anything with a yt-dlp that is built differently, before anything is changed."""
    from yt_dlp.cache import Cache
    from yt_dlp.extractor.youtube import YoutubeIE
    from yt_dlp.extractor.youtube.jsc._builtin.deno import DenoJCP
    from yt_dlp.extractor.youtube.jsc._builtin.ejs import EJSBaseJCP
    from yt_dlp.extractor.youtube.jsc.provider import JsChallengeProviderError

    load, store, solve = Cache.load, Cache.store, EJSBaseJCP._real_bulk_solve
    are_libraries_there = DenoJCP._npm_packages_cached
    load_data, store_data = YoutubeIE._load_player_data_from_cache, YoutubeIE._store_player_data_to_cache
    if EJSBaseJCP._ENABLE_PREPROCESSED_PLAYER_CACHE or EJSBaseJCP._CACHE_SECTION != _SOLVER:
        raise LookupError('yt-dlp keeps players itself')

    def load_ours(self: Any, section: str, key: str, *args: Any, **named: Any) -> Any:
        found = players.get(section, key) if section in (_SOLVER, _SIGNATURES, _TIMESTAMP) else None
        players.has_served |= found is not None and section == _SOLVER
        return load(self, section, key, *args, **named) if found is None else found

    def store_ours(self: Any, section: str, key: str, data: Any, *args: Any, **named: Any) -> None:
        if _pipe is not None and is_sound(section, key, data):
            tell(_pipe, section, key, data)
        store(self, section, key, data, *args, **named)

    def solve_ours(self: Any, requests: List[Any]) -> Any:
        try:
            return list(solve(self, requests))
        except JsChallengeProviderError:
            kept = {f'player:{request.input.player_url}' for request in requests}
            if not any(players.get(_SOLVER, key) for key in kept):
                raise
            # The cache must never be worse than no cache.
            for key in kept:
                players.forget(_SOLVER, key)
            players.has_served = False
            return list(solve(self, requests))

    def are_there_ours(self: Any, script: str) -> bool:
        # What is kept was made with them: a start of Deno less, a third of what a later video takes.
        return are_libraries_there(self, script) if not players.has_served else True

    def load_data_ours(self: Any, name: str, *args: Any, use_disk_cache: bool = False) -> Any:
        return load_data(self, name, *args, use_disk_cache=use_disk_cache or name == 'sts')

    def store_data_ours(self: Any, data: Any, name: str, *args: Any, use_disk_cache: bool = False) -> None:
        store_data(self, data, name, *args, use_disk_cache=use_disk_cache or name == 'sts')

    Cache.load, Cache.store = load_ours, store_ours
    EJSBaseJCP._real_bulk_solve = solve_ours
    DenoJCP._npm_packages_cached = are_there_ours
    EJSBaseJCP._ENABLE_PREPROCESSED_PLAYER_CACHE = True
    YoutubeIE._load_player_data_from_cache = load_data_ours
    YoutubeIE._store_player_data_to_cache = store_data_ours


def tell(pipe: int, section: str, key: str, data: Any) -> None:
    left = memoryview(json.dumps([section, key, data]).encode() + b'\n')
    # The host stops reading from a job that sends too much.
    with contextlib.suppress(OSError):
        while left:
            left = left[os.write(pipe, left) :]

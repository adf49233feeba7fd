"""The state of a stream in fragments while it is fetched."""

import threading
from typing import Any, Callable, Dict, List, Optional, Set

import fragment_list

# Where yt-dlp's own context of a stream carries it, and its record on the disk as well.
KEY = 'artemis'
# A site that has lost more than this has lost the media: the rest is not asked for.
MOST_MISSING = 20
# Told of where they are; the count tells the rest.
_MOST_PLACES = 200


class Failed(Exception):
    """Ends a download at once: not one of the errors that yt-dlp catches and ignores."""

    def __init__(self, index: int, error: Optional[Exception]) -> None:
        super().__init__(index)
        self.index = index
        # None: yt-dlp has told it already.
        self.error = error


class TooMany(Exception):
    pass


class State:
    """The state of one stream, shared by the threads that fetch and the one that appends."""

    def __init__(self, listed: List[fragment_list.Listed], outline: str, total: Optional[int]) -> None:
        self.listed = listed
        self.outline = outline
        self.total = total
        # The last fragment that is in the file, and the length of the file after it.
        self.appended = 0
        self.length = 0
        # The one whose content is made ready to be appended; None where yt-dlp appends without threads.
        self.current: Optional[int] = None
        # How many fragments, and seconds, lie before this list in the whole.
        self.before = (0, 0.0)
        self.total_of_whole: Optional[int] = None
        self.is_strict = False
        # Missing fragments are left out and reported.
        self.is_kept = False
        self.is_media = False
        # Each fragment is a part that a player can be given, not any piece of a file.
        self.are_parts_whole = any(entry.seconds is not None for entry in listed)
        # What the fragments begin like, as soon as one has told (`fragment_shape.py`).
        self.kind: Optional[str] = None
        # Of no known beginning, and fetched before that was told.
        self.unjudged: Set[int] = set()
        # Those that stayed shorter than listed, and the sizes of all that were fetched so.
        self.short: Set[int] = set()
        self.sizes: Dict[int, List[int]] = {}
        self.retries: float = 0
        # Those of a clip; None for all.
        self.wanted: Optional[Set[int]] = None
        self.fragments: Dict[int, Any] = {}
        self.decrypt: Optional[Callable[[Any, bytes], bytes]] = None
        self.lock = threading.Lock()
        self.tries: Dict[int, int] = {}
        self.missing: Set[int] = set()
        self.is_more = False

    def gaps(self) -> Set[int]:
        gaps = {index for index, entry in enumerate(self.listed, 1) if entry.is_gap}
        return gaps if self.wanted is None else gaps & self.wanted

    def first_there(self) -> int:
        """Of those with media; one behind the last when none is there."""
        lost = self.lost()
        for index, entry in enumerate(self.listed, 1):
            if entry.seconds is not None and not entry.is_gap and index not in lost:
                return index
        return len(self.listed) + 1

    def lost(self) -> Set[int]:
        """Those that are missing, and those that nothing can play because what initialises them is missing."""
        if not self.lost_inits():
            return self.missing
        lost = set(self.missing)
        is_lost = False
        for index, entry in enumerate(self.listed, 1):
            if entry.seconds is None:
                is_lost = index in self.missing
            elif is_lost and (self.wanted is None or index in self.wanted):
                lost.add(index)
        return lost

    def lost_inits(self) -> List[int]:
        if not self.are_parts_whole:
            return []
        return [index for index in sorted(self.missing) if self.listed[index - 1].seconds is None]

    def has_hole(self) -> bool:
        return not self.is_kept and bool(self.missing) and (self.current is None or min(self.missing) < self.current)

    def lose(self, index: int) -> None:
        with self.lock:
            if len(self.missing) >= MOST_MISSING and not self.is_kept:
                self.is_more = True
                raise TooMany
            self.missing.add(index)

    def try_again(self, index: int) -> bool:
        with self.lock:
            if self.is_kept and len(self.missing) >= MOST_MISSING:
                return False
            self.tries[index] = self.tries.get(index, 0) + 1
            return self.tries[index] <= self.retries

    def places(self, indexes: Any) -> List[Dict[str, Any]]:
        found = sorted(indexes)[:_MOST_PLACES]
        fragments, seconds = self.before
        starts = [(index, fragment_list.start_of(self.listed, index)) for index in found]
        return [
            {'index': self._number(index) + fragments, 'at': None if start is None else start + seconds}
            for index, start in starts
        ]

    def count(self) -> Optional[int]:
        """How many there are in the whole, without what only initialises them."""
        if self.total_of_whole is not None:
            return self.total_of_whole
        if not self.are_parts_whole:
            return self.total
        wanted = self.wanted
        return sum(
            entry.seconds is not None and (wanted is None or index in wanted)
            for index, entry in enumerate(self.listed, 1)
        )

    def _number(self, index: int) -> int:
        """As a person counts them: what initialises others has the number of the first of them."""
        if not self.are_parts_whole:
            return index
        is_init = self.listed[index - 1].seconds is None
        return is_init + sum(entry.seconds is not None for entry in self.listed[:index])

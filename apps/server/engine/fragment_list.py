"""What a manifest says about its fragments besides their addresses: how long each lasts, and which are declared lost.

yt-dlp keeps only the addresses. Addresses and tokens differ from attempt to attempt; what is read here does not, unless
the list is another one.
"""

import hashlib
from typing import AbstractSet, Any, List, NamedTuple, Optional, Sequence


class NotInSegments(Exception):
    """The segments of a clip are not known, or yt-dlp cannot fetch them: ffmpeg makes the clip."""


class SeveralForms(NotInSegments):
    """The clip is of a stream that changes its form in the middle: it has more than one initialisation."""


class BehindTheEnd(Exception):
    """The clip begins after the end of the media; the argument is the length of the media in seconds."""


class Listed(NamedTuple):
    """One fragment; its place in the list is yt-dlp's `frag_index`, which begins at 1."""

    # None for an initialisation, or when the manifest does not state it.
    seconds: Optional[float]
    is_gap: bool
    byte_range: str


def of_playlist(text: str, format_index: Optional[int]) -> List[Listed]:
    """The fragments of an HLS playlist as yt-dlp (2026.10.26) counts them: without advertisements, with EXT-X-MAP."""
    listed: List[Listed] = []
    seconds: Optional[float] = None
    is_gap = is_ad = False
    byte_range = ''
    discontinuities = 0
    for line in map(str.strip, text.splitlines()):
        is_of_format = format_index is None or discontinuities == format_index
        if line.startswith('#EXTINF:'):
            seconds = number(line[8:].split(',', 1)[0])
        elif line.startswith('#EXT-X-GAP'):
            is_gap = True
        elif line.startswith('#EXT-X-BYTERANGE:'):
            byte_range = line[17:]
        elif line.startswith('#EXT-X-DISCONTINUITY'):
            # As yt-dlp does: EXT-X-DISCONTINUITY-SEQUENCE is one more.
            discontinuities += 1
        elif line.startswith('#EXT-X-MAP:'):
            if is_of_format:
                listed.append(Listed(None, False, ''))
        elif _begins_ad(line):
            is_ad = True
        elif _ends_ad(line):
            is_ad = False
        elif line and not line.startswith('#'):
            if is_of_format and not is_ad:
                listed.append(Listed(seconds, is_gap, byte_range))
            seconds, is_gap, byte_range = None, False, ''
    return listed


def has_breaks(text: str) -> bool:
    """Whether the time stamps of this HLS playlist need not go on from one fragment to the next."""
    lines = [line.strip() for line in text.splitlines()]
    return any(line == '#EXT-X-DISCONTINUITY' or _begins_ad(line) for line in lines)


def seconds_of(listed: Sequence[Listed], wanted: Optional[AbstractSet[int]]) -> Optional[float]:
    """How long the fragments that are not declared lost say that they are together; None when they do not all say."""
    chosen = [entry for index, entry in enumerate(listed, 1) if wanted is None or index in wanted]
    known = [entry.seconds for entry in chosen if entry.seconds is not None and not entry.is_gap]
    return sum(known) if known and sum(entry.seconds is None for entry in chosen) <= 1 else None


def _begins_ad(line: str) -> bool:
    anvato = line.startswith('#ANVATO-SEGMENT-INFO') and 'type=ad' in line
    return anvato or (line.startswith('#UPLYNK-SEGMENT') and line.endswith(',ad'))


def _ends_ad(line: str) -> bool:
    anvato = line.startswith('#ANVATO-SEGMENT-INFO') and 'type=master' in line
    return anvato or (line.startswith('#UPLYNK-SEGMENT') and line.endswith(',segment'))


def of_fragments(fragments: Any) -> List[Listed]:
    """The fragments of a DASH manifest; none when they are not known beforehand."""
    if not isinstance(fragments, (list, tuple)):
        return []
    return [Listed(number(fragment.get('duration')), False, '') for fragment in fragments]


def outline(listed: Sequence[Listed], total: Optional[int], wanted: Optional[List[int]], format_id: Any) -> str:
    """The same for two manifests only when fragments of one may follow those of the other."""
    facts = (format_id, total, wanted, [tuple(entry) for entry in listed])
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]


def start_of(listed: Sequence[Listed], index: int) -> Optional[float]:
    """Seconds from the beginning to the fragment of this `frag_index`, as far as the manifest says."""
    if index > len(listed):
        return None
    before = [entry.seconds for entry in listed[: index - 1]]
    known = [seconds for seconds in before if seconds is not None]
    return sum(known) if len(known) >= len(before) - 1 else None


def number(value: Any) -> Optional[float]:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None

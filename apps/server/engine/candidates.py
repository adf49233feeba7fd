"""Which extractors can match an address at all, found without touching the others.

yt-dlp asks 1,750 extractors one after another. In a forked job each of these questions copies the pages that its
classes and patterns lie on, which costs more than the rest of the extraction. Most patterns cannot match without a
certain piece of text, such as the name of a site: only those whose piece is in the address, and those without such a
piece, are asked.
"""

import re
from typing import Any, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

try:
    from re import _constants as codes, _parser as parser  # type: ignore[attr-defined]
except ImportError:
    import sre_constants as codes  # type: ignore[no-redef]
    import sre_parse as parser  # type: ignore[no-redef]

_GRAM = 4
# Found in nearly every address.
_COMMON = ('http', 'https', 'https://', 'http://', '://www.', '.com/', '.html')


class Candidates(Dict[str, Any]):
    """The extractors by key, in the order in which they are asked. `narrow` is for the next `items` only."""

    def __init__(self, extractors: Dict[str, Any]) -> None:
        super().__init__(extractors)
        self._keys: List[str] = list(extractors)
        self._always: List[int] = []
        self._by_gram: Dict[str, List[Tuple[str, int]]] = {}
        self._url: Optional[str] = None
        for position, extractor in enumerate(extractors.values()):
            pieces = _pieces_of_extractor(extractor)
            if pieces is None:
                self._always.append(position)
                continue
            for piece in pieces:
                self._by_gram.setdefault(piece[:_GRAM], []).append((piece, position))

    def narrow(self, url: Optional[str]) -> None:
        self._url = url

    def items(self) -> Any:
        url, self._url = self._url, None
        # Upper and lower case of other scripts is not as simple as this.
        if url is None or not url.isascii() or len(self) != len(self._keys):
            return super().items()
        return self._narrowed(url.lower())

    def _narrowed(self, url: str) -> Iterator[Tuple[str, Any]]:
        found = set(self._always)
        for start in range(len(url) - _GRAM + 1):
            for piece, position in self._by_gram.get(url[start : start + _GRAM], ()):
                if url.startswith(piece, start):
                    found.add(position)
        for position in sorted(found):
            key = self._keys[position]
            yield key, self[key]


def _pieces_of_extractor(extractor: Any) -> Optional[List[str]]:
    """One of them must be in every address the extractor takes; None when that cannot be said."""
    if not _judges_by_pattern(extractor):
        return None
    patterns = extractor._VALID_URL
    if not patterns:
        return None
    found: List[str] = []
    for pattern in (patterns,) if isinstance(patterns, str) else patterns:
        pieces = _pieces_of(parser.parse(pattern))
        if pieces is None:
            return None
        found += pieces
    return found


def _judges_by_pattern(extractor: Any) -> bool:
    """Whether it has no rule of its own. A lazy class has what its real class overrides."""
    from yt_dlp.extractor import common

    known = [common.InfoExtractor]
    known += [base for base in extractor.__mro__ if base.__name__ == 'LazyLoadExtractor']
    return all(
        getattr(extractor, name).__func__ in [vars(base)[name].__func__ for base in known if name in vars(base)]
        for name in ('suitable', '_match_valid_url')
    )


def _pieces_of(sequence: Iterable[Tuple[Any, Any]]) -> Optional[List[str]]:
    """The alternatives of the part of the pattern that tells most."""
    best: Optional[List[str]] = None
    run = ''

    def offer(pieces: Optional[Sequence[str]]) -> None:
        nonlocal best
        if pieces is None or any(len(piece) < _GRAM or piece in _COMMON for piece in pieces):
            return
        if best is None or min(map(len, pieces)) > min(map(len, best)):
            best = list(pieces)

    for operation, argument in sequence:
        if operation is codes.LITERAL and argument < 128:
            run += chr(argument).lower()
            continue
        offer([run])
        run = ''
        if operation is codes.SUBPATTERN:
            offer(_pieces_of(argument[-1]))
        elif operation in (codes.MAX_REPEAT, codes.MIN_REPEAT) and argument[0] > 0:
            offer(_pieces_of(argument[2]))
        elif operation is codes.BRANCH:
            branches = [_pieces_of(branch) for branch in argument[1]]
            if all(branch is not None for branch in branches):
                offer([piece for branch in branches for piece in branch or []])
    offer([run])
    return best

"""Which extractors can match an address at all, found without touching the others.

yt-dlp asks 1,750 extractors one after another. In a forked job each of these questions copies the pages that its
classes and patterns lie on, which costs more than the rest of the extraction. Most patterns cannot match without a
certain piece of text, such as the name of a site: only those whose piece is in the address, and those without such a
piece, are asked.
"""

import json
import os
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

try:
    from re import _constants as codes, _parser as parser  # type: ignore[attr-defined]
except ImportError:
    import sre_constants as codes  # type: ignore[no-redef]
    import sre_parse as parser  # type: ignore[no-redef]

import processes
from own_rules import judges_by_pattern

_GRAM = 4
# Nearly every address contains these.
_COMMON = ('http', 'https', 'https://', 'http://', '://www.', '.com/', '.html')


class Candidates(Dict[str, Any]):
    """The extractors by key, in the order in which they are asked. `narrow` is for the next `items` only."""

    def __init__(self, extractors: Dict[str, Any]) -> None:
        super().__init__(extractors)
        self._keys: List[str] = list(extractors)
        self._always: List[int] = []
        self._by_gram: Dict[str, List[Tuple[str, int]]] = {}
        self._url: Optional[str] = None
        for position, pieces in enumerate(_elsewhere(lambda: list(map(_pieces_of_extractor, extractors.values())))):
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
        return self.narrowed(url)

    def narrowed(self, url: str) -> Iterator[Tuple[str, Any]]:
        """Those that can match this address of ASCII characters."""
        url = url.lower()
        found = set(self._always)
        for start in range(len(url) - _GRAM + 1):
            for piece, position in self._by_gram.get(url[start : start + _GRAM], ()):
                if url.startswith(piece, start):
                    found.add(position)
        for position in sorted(found):
            key = self._keys[position]
            yield key, self[key]


def _elsewhere(find: Callable[[], List[Optional[List[str]]]]) -> List[Optional[List[str]]]:
    """Runs in a process of its own, because every job would inherit the memory that reading 1,750 patterns leaves behind."""
    reader, writer = os.pipe()
    host_pid = os.getpid()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            processes.die_with_parent(host_pid)
            with open(writer, 'w', encoding='utf-8') as output:
                json.dump(find(), output)
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with open(reader, encoding='utf-8') as answer:
        text = answer.read()
    if os.waitpid(child, 0)[1] != 0:
        raise LookupError
    return json.loads(text)


def _pieces_of_extractor(extractor: Any) -> Optional[List[str]]:
    """Every address that the extractor takes contains one of these; None when the pattern does not tell."""
    if not judges_by_pattern(extractor):
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


def _pieces_of(sequence: Iterable[Tuple[Any, Any]]) -> Optional[List[str]]:
    """The alternatives of the most telling part of the pattern."""
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

"""Lets yt-dlp parse the usual command lines once in the host, because parsing one is a fifth of the work of a job.

The command line of a job differs from a usual one only in its link and in its random word, the nonce of its output. The host
gets usual command lines with zeros in place of that word. yt-dlp parses all other command lines as always.
"""

import re
from typing import Any, List, Optional, Sequence, Tuple

_ZEROS = '0' * 24
_RANDOM_WORD = re.compile('[0-9a-f]{24}')


def prepare(usual: Sequence[Sequence[str]]) -> None:
    """Each usual command line ends with `--`; that of a job continues with its link."""
    import yt_dlp

    original = yt_dlp.parse_options
    prepared = [(argv, *_read(original, argv)) for argv in usual]

    def parse_options(given: Optional[List[str]] = None) -> Any:
        for position, (argv, parsed, marked) in enumerate(prepared):
            word = None if given is None else random_word(argv, given)
            if word is not None and given is not None:
                # Used only once, because whoever reads these options may change them.
                del prepared[position]
                parsed.ydl_opts.update(_with_word(marked, word))
                return parsed._replace(urls=given[-1:])
        return original(given)

    yt_dlp.parse_options = parse_options


def _read(parse_options: Any, argv: Sequence[str]) -> Tuple[Any, Any]:
    try:
        parsed = parse_options([*argv, 'https://example.invalid/'])
    except SystemExit:
        raise LookupError from None
    marked = {key: value for key, value in parsed.ydl_opts.items() if _ZEROS in repr(value)}
    if _ZEROS in repr(_with_word(marked, '')):
        raise LookupError
    return parsed, marked


def random_word(usual: Sequence[str], given: Sequence[str]) -> Optional[str]:
    """The random word of a command line that is the usual one but for this and its link; None for every other."""
    if usual[-1:] != ['--'] or len(given) != len(usual) + 1:
        return None
    found: Optional[str] = None
    for expected, word in zip(usual, given):
        if expected == word:
            continue
        if found is None:
            start = expected.find(_ZEROS)
            found = word[start : start + len(_ZEROS)] if start >= 0 else ''
        if not _RANDOM_WORD.fullmatch(found) or expected.replace(_ZEROS, found) != word:
            return None
    return found


def _with_word(value: Any, word: str) -> Any:
    if isinstance(value, str):
        return value.replace(_ZEROS, word)
    if isinstance(value, list):
        return [_with_word(item, word) for item in value]
    if isinstance(value, dict):
        return {key: _with_word(item, word) for key, item in value.items()}
    return value

"""How a requested language tag is compared with those of a site: without case, and with `_` as `-`."""

from typing import Optional, Sequence


def answer(asked: str, offered: Sequence[str]) -> Optional[str]:
    """The tag as it stands, else in another spelling, else the first that only adds a country or a script."""
    if asked in offered:
        return asked
    same = next((tag for tag in offered if plain(tag) == plain(asked)), None)
    return same or next((tag for tag in offered if plain(tag).startswith(f'{plain(asked)}-')), None)


def plain(tag: str) -> str:
    return tag.lower().replace('_', '-')

"""What is found in a script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from regbot.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_SHOWN: Final = 80
"""Characters of a name in a message."""
MIN_LENGTH: Final = 3
"""Letters of a name that can be told from another one by its likeness."""
MAX_LISTED: Final = 12
"""Names that a message lists."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One fault, or with *certain* false one doubt.  *line* is the script's, from 1."""

    line: int
    message: str
    certain: bool


def shown(name: str) -> str:
    """Return a name for a message: cut, and in quotes."""
    return f'"{name[:MAX_SHOWN]}"'


def remedy(name: str, known: Iterable[str], form: str = "{}") -> str:
    """Return what to write for a name that is not there, to be put behind a message; *form* is how a name is written.

    It is the nearest name, or else all of them, if they are few.
    """
    names = sorted({each for each in known if not each.startswith("_")})
    if len(name) >= MIN_LENGTH and (near := nearest(name, names)):
        return f"; did you mean {shown(form.format(near[0]))}?"
    if 0 < len(names) <= MAX_LISTED:
        return f"; there {'is' if len(names) == 1 else 'are'} {', '.join(map(form.format, names))}"
    return ""

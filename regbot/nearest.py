"""Names that somebody may have meant who wrote one that is not there."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

MAX_NAMED: Final = 10
"""Names that `listed` tells."""
_CHARACTERS: Final = 40
"""Characters of each name that are compared: a script may ask again and again."""
_LIKELIEST: Final = 100
"""Names that are compared."""


def nearest(name: str, known: Iterable[str], count: int = 1, *, likeness: float = 0.6) -> list[str]:
    """Return up to *count* of the *known* names that are spelled like *name*, the likest first.

    Capitals do not matter.  *likeness* is between 0, anything, and 1, the name itself.
    """
    word = name[:_CHARACTERS].lower()
    spelled = {each[:_CHARACTERS].lower(): each for each in sorted(known)}
    likely = sorted(spelled, key=lambda each: (each[:1] != word[:1], abs(len(each) - len(word))))
    return [spelled[each] for each in get_close_matches(word, likely[:_LIKELIEST], n=count, cutoff=likeness)]


def listed(name: str, known: Collection[str], show: Callable[[str], str] = repr) -> str:
    """Return the names that are *known* as the end of a sentence, those that are like *name* first."""
    if not known:
        return "there are none at all"
    near = nearest(name, known, MAX_NAMED, likeness=0.5)
    others = sorted(set(known) - set(near))
    named = ", ".join(map(show, [*near, *others][:MAX_NAMED]))
    return f"there are {named}" + (f" and {len(known) - MAX_NAMED} more" if len(known) > MAX_NAMED else "")

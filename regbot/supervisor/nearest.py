"""The names that there are, for somebody who asked for one that is not."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

MAX_NAMED: Final = 10
"""Names that an error lists."""
_COMPARED: Final = 100
"""Names that are compared, and characters of each: a script may ask again and again, and it is our time."""


def listed(name: str, known: Collection[str], show: Callable[[str], str] = repr) -> str:
    """Return the names that are *known* as the end of a sentence, those that are like *name* first."""
    if not known:
        return "there are none at all"
    likely = sorted(known, key=lambda each: (each[:1] != name[:1], abs(len(each) - len(name))))
    near = get_close_matches(name[:_COMPARED], likely[:_COMPARED], n=MAX_NAMED, cutoff=0.5)
    others = sorted(set(known) - set(near))
    named = ", ".join(map(show, [*near, *others][:MAX_NAMED]))
    return f"there are {named}" + (f" and {len(known) - MAX_NAMED} more" if len(known) > MAX_NAMED else "")

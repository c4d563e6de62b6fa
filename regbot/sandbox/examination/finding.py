"""What is found out about one wall, as the line that tells it to the supervisor."""

from __future__ import annotations

from typing import Final, NamedTuple

YES: Final = "yes"
NO: Final = "no"
UNKNOWN: Final = "unknown"
"""It could not be tried here."""
NEEDLESS: Final = "needless"
"""It does not stand, and what it would do is done otherwise."""


class Finding(NamedTuple):
    """Whether a wall holds (one of the words above), and in *detail* what was tried, or why not.

    As a text it is one line: the name, the word, and the detail if there is any.
    """

    wall: str
    holds: str
    detail: str = ""

    def __str__(self) -> str:
        return " ".join([self.wall, self.holds, *self.detail.split()])

"""A write to a registry: what it was, and where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """A write that was made, or in a dry run was not.

    *what* is a verb and a noun, *target* the reference.  *digest* is what is there afterwards, or what was deleted;
    *before* what the tag pointed at until then ("": nothing, or nobody looked); *size* the bytes of it.
    """

    what: str
    target: str
    digest: str
    size: int = 0
    before: str = ""

    @property
    def deletes(self) -> bool:
        """Whether it is a deletion."""
        return self.what.startswith("delete ")

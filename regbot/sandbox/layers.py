"""One wall of the sandbox that a kernel or a container may refuse, and how the launcher tells the supervisor."""

from __future__ import annotations

from typing import NamedTuple


class Layer(NamedTuple):
    """A wall: whether it *holds* here, and in *detail* which version of it, or why not."""

    name: str
    holds: bool
    detail: str = ""

    def __str__(self) -> str:
        return " ".join([self.name, "yes" if self.holds else "no", *self.detail.split()])

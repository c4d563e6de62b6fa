"""The walls of the sandbox that a kernel or container may refuse: which hold here, and which have to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence


class LauncherFailed(Exception):
    """No locked-down child can be had: the operator's system lacks something, or the sandbox is broken."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A wall of the sandbox that a kernel or container may refuse: whether it *holds*, its version or why not."""

    name: str
    holds: bool
    detail: str

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read a line of the launcher's hello."""
        name, holds, *detail = line.split(" ", 2)
        return cls(name, holds == "yes", "".join(detail))


NAMESPACES: Final = ("net", "ipc", "uts", "pid", "mount", "root")
"""The layers that `namespaces` in `isolation.require` means."""

# What config/isolation.py lets a file require, and what has to hold for it: of each of these tuples one layer.  The
# other walls always hold: a child that one of them is refused to ends before its script comes (sandbox/jail.py).
_STANDS_FOR: Final[dict[str, list[tuple[str, ...]]]] = {
    "landlock": [("landlock",)],
    "namespaces": [(name,) for name in NAMESPACES],
    # In a user namespace of its own the launcher is nobody already, and so are its children.
    "nobody": [("nobody", "user")],
}


def require(names: Collection[str], layers: Sequence[Layer]) -> None:
    """Raise LauncherFailed unless every wall of these *names* holds."""
    known = {layer.name: layer for layer in layers}
    missing = [f"{name}, which does not hold here: {why}" for name in names for why in _lacking(name, known)]
    if missing:
        what_to_do = "`regbot doctor` says what this system lacks; or take it out of isolation.require"
        raise LauncherFailed(f"isolation.require names {'; '.join(missing)} ({what_to_do})")


def _lacking(name: str, known: dict[str, Layer]) -> Iterator[str]:
    """Give why a wall does not hold, at most once."""
    for either in _STANDS_FOR.get(name, ()):
        found = [known[layer] for layer in either if layer in known]
        if not any(layer.holds for layer in found):
            yield ", ".join(f"{layer.name}: {layer.detail}" for layer in found) or f"{either[0]} was not tried"
            return

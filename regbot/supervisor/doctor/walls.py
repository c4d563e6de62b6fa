"""The walls of the sandbox as `regbot doctor` finds them, and which of them a configuration asks for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from regbot.config import isolation
from regbot.supervisor.children.layers import NAMESPACES

if TYPE_CHECKING:
    from collections.abc import Iterable


class Holds(Enum):
    """Whether a wall holds; the values are those of sandbox/examination/finding.py."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    NEEDLESS = "needless"


@dataclass(frozen=True, slots=True)
class Wall:
    """One wall: *detail* is what it consists of here, or why it does not hold."""

    name: str
    holds: Holds
    detail: str = ""

    @classmethod
    def read(cls, line: str) -> Wall:
        """Return what a line of the examination says."""
        name, holds, *detail = line.split(" ", 2)
        return cls(name, Holds(holds), "".join(detail))


OWN: Final = ("capabilities", "hidden", "descriptors", "parent_death", "jit")
"""What every child gives up by itself, whatever the kernel: where one of these fails, regbot is at fault."""
_MEANT: Final = {"namespaces": NAMESPACES}


def missing(walls: Iterable[Wall], required: Iterable[str]) -> list[str]:
    """Return the names of the walls that do not hold and have to; *required* is that of a configuration.

    What was not found out counts as what does not hold.
    """
    holding = {wall.name for wall in walls if wall.holds is Holds.YES}
    wanted = [part for name in (*isolation.ALWAYS, *OWN, *required) for part in _MEANT.get(name, (name,))]
    return [name for name in dict.fromkeys(wanted) if name not in holding]

from __future__ import annotations

import pytest

from regbot.config import isolation
from regbot.supervisor.children.layers import NAMESPACES
from regbot.supervisor.doctor.walls import OWN, Holds, Wall, missing

ALL = [Wall(name, Holds.YES) for name in (*isolation.ALWAYS, *OWN, *NAMESPACES, "landlock", "nobody")]


def test_read() -> None:
    """A line of the examination is name, answer, and the rest."""
    assert Wall.read("net no not permitted") == Wall("net", Holds.NO, "not permitted")


@pytest.mark.parametrize("name", isolation.WALLS)
def test_every_name(name: str) -> None:
    """Each name that a configuration may require stands for walls that are looked at, and is missed without them."""
    assert missing(ALL, [name]) == []
    assert missing([], [name])[-1] in {name, "root", "jit"}


@pytest.mark.parametrize("name", [*isolation.ALWAYS, *OWN])
def test_always(name: str) -> None:
    """What every child has must hold, whatever is required."""
    assert missing([wall for wall in ALL if wall.name != name], []) == [name]


@pytest.mark.parametrize("holds", [Holds.NO, Holds.UNKNOWN, Holds.NEEDLESS])
def test_required(holds: Holds) -> None:
    """What is required and not known to hold is missing; what is not required is not."""
    walls = [wall for wall in ALL if wall.name != "net"] + [Wall("net", holds)]
    assert (missing(walls, []), missing(walls, ["namespaces", "landlock"])) == ([], ["net"])

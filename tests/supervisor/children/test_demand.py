from __future__ import annotations

from typing import Final

import pytest

from regbot.supervisor.children.child import ChildLimits
from regbot.supervisor.children.reserve import Demand, locks

SMALL: Final = ChildLimits(1 << 20)
LARGE: Final = ChildLimits(2 << 20, cpu=1)


@pytest.mark.parametrize(
    ("asked", "likely"),
    [
        ([], []),
        ([SMALL], [SMALL, SMALL]),
        ([SMALL, LARGE], [SMALL, LARGE]),
        ([SMALL, LARGE, SMALL], [LARGE, SMALL]),
        ([SMALL, LARGE, LARGE], [LARGE, LARGE]),
    ],
)
def test_last(asked: list[ChildLimits], likely: list[ChildLimits]) -> None:
    """What was asked for last is likely to be asked for again; the first time stands for all."""
    demand = Demand(2)
    for limits in asked:
        demand.asked(limits)
    assert demand.likely() == likely


def test_announced() -> None:
    """Announced runs are likely one after another, and none when all have come, in whatever order."""
    demand = Demand(2)
    demand.announce([SMALL, LARGE, SMALL])
    found = [demand.likely()]
    for limits in (LARGE, SMALL, SMALL, SMALL):
        demand.asked(limits)
        found.append(demand.likely())
    assert found == [[SMALL, LARGE], [SMALL, SMALL], [SMALL], [], []]


def test_nothing_waits_in_a_reserve_of_none() -> None:
    """Without a reserve nothing is ever likely."""
    demand = Demand(0)
    demand.asked(SMALL)
    assert demand.likely() == []


def test_locks() -> None:
    """Only what the kernel was told tells children apart."""
    assert locks(ChildLimits(1, 2, message=3, in_flight=4, patience=5)) == locks(ChildLimits(1, 2))
    assert locks(ChildLimits(1, 2)) != locks(ChildLimits(1, 3))

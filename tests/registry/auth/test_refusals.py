from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regbot.registry.auth.refusals import MAX_KEPT, REST, Refusals
from regbot.registry.credentials import Login, Secret

if TYPE_CHECKING:
    from trio.testing import MockClock

BOT = Login("bot", Secret("x"))


async def test_refused(mock_clock: MockClock) -> None:
    """A login that was refused rests for everything, for a while."""
    refusals = Refusals()
    refusals.refused(BOT, "app", "no")
    refusal = refusals.find(BOT, "other")
    assert (refusal is not None and refusal.why, refusals.find(Login("else"), "app")) == ("no", None)
    assert refusals.resting
    mock_clock.jump(REST)
    assert (refusals.find(BOT, "app"), refusals.resting) == (None, False)


async def test_right_before() -> None:
    """One that was ever right rests only for what it was refused for, however often that happens elsewhere."""
    refusals = Refusals()
    refusals.accepted(BOT, "app")
    for subject in ("secret/1", "secret/2", "secret/3", "secret/1"):
        refusals.refused(BOT, subject, "no")
    assert [refusals.find(BOT, name) is None for name in ("secret/1", "app", "other")] == [False, True, True]
    assert refusals.is_proven(BOT)


async def test_right_no_more(mock_clock: MockClock) -> None:
    """One that is refused for what it was good for before rests for everything, and has to prove itself again."""
    refusals = Refusals()
    refusals.accepted(BOT, "app")
    refusals.accepted(BOT, "base")
    refusals.refused(BOT, "app", "no")
    assert (refusals.find(BOT, "other") is None, refusals.is_proven(BOT)) == (False, False)
    mock_clock.jump(REST)
    refusals.refused(BOT, "new", "no")
    assert refusals.find(BOT, "other") is not None


async def test_denied() -> None:
    """To be allowed nothing somewhere says nothing about elsewhere."""
    refusals = Refusals()
    refusals.accepted(BOT, "app")
    refusals.denied(BOT, "app", "no")
    assert refusals.is_proven(BOT)
    assert refusals.find(BOT, "other") is None


@pytest.mark.parametrize("count", [MAX_KEPT, MAX_KEPT + 1])
async def test_bounded(count: int) -> None:
    """As many are remembered as there is room for."""
    refusals = Refusals()
    for number in range(count):
        refusals.denied(BOT, str(number), "no")
    assert (refusals.find(BOT, "0") is None) == (count > MAX_KEPT)

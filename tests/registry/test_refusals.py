from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regbot.registry.credentials import Login, Secret
from regbot.registry.refusals import MAX_KEPT, REST, Refusals

if TYPE_CHECKING:
    from trio.testing import MockClock

BOT = Login("bot", Secret("x"))


async def test_refused(mock_clock: MockClock) -> None:
    """A login that was refused rests everywhere, for a while."""
    refusals = Refusals()
    refusals.refused(BOT, "*", "team/app", "no")
    refusal = refusals.find(BOT, "*", "team/other")
    assert (refusal is not None and refusal.why, refusals.find(Login("else"), "*")) == ("no", None)
    mock_clock.jump(REST)
    assert refusals.find(BOT, "*", "team/other") is None


async def test_proven() -> None:
    """One that was right before rests only for what it was refused for, unless it is refused again."""
    refusals = Refusals()
    refusals.accepted(BOT)
    refusals.refused(BOT, "*", "team/app", "no")
    assert (refusals.find(BOT, "*", "team/app") is None, refusals.find(BOT, "*", "team/other")) == (False, None)
    refusals.refused(BOT, "*", "team/third", "no")
    assert refusals.find(BOT, "*", "team/other") is not None


async def test_denied() -> None:
    """To be allowed nothing somewhere says nothing about elsewhere."""
    refusals = Refusals()
    refusals.accepted(BOT)
    refusals.denied(BOT, "team/app", "no")
    assert refusals.is_proven(BOT)
    assert refusals.find(BOT, "*", "team/other") is None


@pytest.mark.parametrize("count", [MAX_KEPT, MAX_KEPT + 1])
async def test_bounded(count: int) -> None:
    """As many are remembered as there is room for."""
    refusals = Refusals()
    for number in range(count):
        refusals.denied(BOT, str(number), "no")
    assert (refusals.find(BOT, "0") is None) == (count > MAX_KEPT)

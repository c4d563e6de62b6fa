from __future__ import annotations

import pytest
import trio
import trio.testing

from tests.model.pipe import ROOM, pipe


async def test_bytes_pass() -> None:
    """What one end sends the other receives, and then the end."""
    one, other = pipe()
    await one.send_all(b"hello")
    await one.aclose()
    assert [await other.receive_some(4), await other.receive_some(), await other.receive_some()] == [b"hell", b"o", b""]


async def test_full(autojump_clock: trio.testing.MockClock) -> None:
    """More than there is room for waits until some was received."""
    one, other = pipe()
    with trio.move_on_after(1) as scope:
        await one.send_all(bytes(ROOM + 1))
    assert scope.cancelled_caught
    async with trio.open_nursery() as nursery:
        nursery.start_soon(one.send_all, b"more")
        await other.receive_some()
    assert await other.receive_some() == b"more"


async def test_reset() -> None:
    """A reset breaks both directions, and what was on its way is lost."""
    one, other = pipe()
    await one.send_all(b"lost")
    one.reset()
    with pytest.raises(trio.BrokenResourceError) as caught:
        await other.receive_some()
    with pytest.raises(trio.BrokenResourceError):
        await other.send_all(b"x")
    assert isinstance(caught.value.__cause__, ConnectionResetError)


@pytest.mark.parametrize("end", ["send_all", "receive_some"])
async def test_closed(end: str) -> None:
    """An end that was closed is of no use; to one whose peer was closed nothing can be sent."""
    one, other = pipe()
    await one.aclose()
    with pytest.raises(trio.ClosedResourceError):
        await (one.send_all(b"x") if end == "send_all" else one.receive_some())
    with pytest.raises(trio.BrokenResourceError):
        await other.send_all(b"x")

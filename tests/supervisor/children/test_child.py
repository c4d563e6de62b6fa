from __future__ import annotations

import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import trio

from regbot.protocol.errors import WireError
from regbot.protocol.frames import MAX_FRAME
from regbot.protocol.messages import Call, Done, Log, Ready, Result, Start
from regbot.supervisor.children.child import ChildEnded, ChildLimits
from regbot.supervisor.children.launcher import open_launcher
from tests.supervisor.processes import LIMITS, STAND_IN, converse, start

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from regbot.supervisor.children.child import Child


@asynccontextmanager
async def stand_in(limits: ChildLimits = LIMITS) -> AsyncIterator[Child]:
    """Take a child that runs the scripts of tests/sandbox/stand_in.py."""
    async with open_launcher(entry=STAND_IN) as launcher, launcher.child(limits) as child:
        yield child


async def test_conversation() -> None:
    """Messages go both ways, in order, until the script's last word."""
    async with stand_in() as child:
        heard = await converse(child, "!three_calls!")
    assert heard == [*(Call(number, "echo", 0, b"\x90") for number in (1, 2, 3)), Done()]


async def test_status() -> None:
    """A child that came to its end has the status 0, and killing what is gone does nothing."""
    async with stand_in() as child:
        await converse(child, "!done!")
        assert await child.wait() == 0
        child.kill()


async def test_kill() -> None:
    """A child in an endless loop ends by kill()."""
    async with stand_in() as child:
        await start(child, "!loop!")
        child.kill()
        assert await child.wait() == -signal.SIGKILL


@pytest.mark.parametrize(
    ("behaviour", "status", "text"),
    [
        ("leave", 0, "without a last word"),
        ("half", 0, "without a last word"),
        ("starve", 3, "out of memory"),
        ("stumble", 6, "an error in the sandbox itself"),
        ("open", -signal.SIGSYS, "was killed by SIGSYS (it made a forbidden system call)"),
    ],
)
async def test_end_without_last_word(behaviour: str, status: int, text: str) -> None:
    """A child that just goes is reported with its status and what that means."""
    async with stand_in() as child:
        await start(child, f"!{behaviour}!")
        with pytest.raises(ChildEnded, match="the child ") as raised:
            await child.receive()
    assert raised.value.status == status
    assert text in str(raised.value)
    assert raised.value.out_of_memory == (behaviour == "starve")


@pytest.mark.parametrize(("status", "text"), [(99, "99 (which has no"), (-40, "by signal 40"), (-15, "SIGTERM")])
def test_unexpected_status(status: int, text: str) -> None:
    """A status that no child of ours should end with is told as it is."""
    assert text in str(ChildEnded(status))


async def test_limit_of_cpu_time() -> None:
    """A script that computes for longer than it may is killed by the kernel, deadline or not."""
    async with stand_in(ChildLimits(memory=64 << 20, cpu=1)) as child:
        await start(child, "!loop!")
        with pytest.raises(ChildEnded, match="its CPU time is used up") as raised:
            await child.receive()
    assert raised.value.status == -signal.SIGXCPU


@pytest.mark.parametrize("behaviour", ["garbage", "flood"])
async def test_broken_frame(behaviour: str) -> None:
    """A frame that is no message, or claims to be endless, is a WireError."""
    async with stand_in() as child:
        await start(child, f"!{behaviour}!")
        with pytest.raises(WireError):
            await child.receive()


async def test_limit_of_a_message() -> None:
    """A frame of the child that is over the limit of this run is a WireError."""
    async with stand_in(ChildLimits(memory=64 << 20, message=8)) as child:
        await start(child, "!three_calls!")
        with pytest.raises(WireError, match="over the limit of 8"):
            await child.receive()


async def test_limit_of_calls_in_flight() -> None:
    """More calls without an answer than this run may have are a WireError."""
    async with stand_in(ChildLimits(memory=64 << 20, in_flight=2)) as child:
        await start(child, "!deaf!")
        assert [await child.receive(), await child.receive()] == [Call(n, "echo", 0, b"\x90") for n in (1, 2)]
        with pytest.raises(WireError, match="more than 2 calls"):
            await child.receive()


async def test_message_out_of_order() -> None:
    """What may not be said now is not sent."""
    async with stand_in() as child:
        with pytest.raises(WireError, match="Start while LOCKING"):
            await child.send(Start("test", b"", b""))
        assert await converse(child, "!done!") == [Done()]


async def test_message_over_the_bound() -> None:
    """A message that a child would refuse is not sent, and another can be sent in its place."""
    async with stand_in() as child:
        await start(child, "!three_calls!")
        call = await child.receive()
        with pytest.raises(WireError, match="over the limit"):
            await child.send(Result(1, bytes(MAX_FRAME)))
        await child.send(Result(1, b""))
        assert (call, await child.receive()) == (Call(1, "echo", 0, b"\x90"), Call(2, "echo", 0, b"\x90"))


async def test_several_tasks_send() -> None:
    """Tasks may answer at once: their frames do not mix."""
    async with stand_in() as child:
        await start(child, "!deaf!")
        for _ in range(60):
            await child.receive()
        async with trio.open_nursery() as nursery:
            for number in range(1, 61):
                nursery.start_soon(child.send, Result(number, b"x" * 1024))
    assert await child.wait() == -signal.SIGKILL


async def test_child_that_does_not_read() -> None:
    """An answer that a child does not read waits, and can be given up; the child is killed all the same."""
    async with stand_in() as child:
        await start(child, "!deaf!")
        await child.receive()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(child.send, Result(1, bytes(8 << 20)))
            await trio.testing.wait_all_tasks_blocked(0.05)
            nursery.cancel_scope.cancel()
    assert await child.wait() == -signal.SIGKILL


async def test_child_that_is_gone() -> None:
    """To send to a child that has gone is no error: how it ended is for receive() to say."""
    async with stand_in() as child:
        await start(child, "!three_calls!")
        await child.receive()
        child.kill()
        await child.wait()
        await child.send(Result(1, b""))
        with pytest.raises(ChildEnded, match="SIGKILL"):
            await child.receive()


async def test_first_message_stays() -> None:
    """To look at the next message does not take it."""
    async with stand_in() as child:
        assert await child.first() == Ready()
        assert await child.receive() == Ready()


async def test_lua_memory() -> None:
    """A Lua script that fills its memory ends with a last word about memory, whatever it catches."""
    async with open_launcher() as launcher, launcher.child(LIMITS) as child:
        heard = await converse(child, "local s = 'x' while true do pcall(function() s = s .. s end) end")
    assert "reason=<Reason.MEMORY" in repr(heard[-1])


async def test_lua_logs() -> None:
    """A Lua script logs, and is done."""
    async with open_launcher() as launcher, launcher.child(LIMITS) as child:
        assert await converse(child, "log('hello')") == [Log("info", b"hello", b"\x80"), Done()]

"""What a child owes once it has begun with a frame or closed a half of its socket; and whose turn it is in a flood."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import pytest
import trio

from regbot.protocol.errors import WireError
from regbot.protocol.frames import encode
from regbot.protocol.messages import Call, Done, Log, Ready, Result, Start
from regbot.supervisor.children.child import MESSAGES_IN_A_ROW, PATIENCE, Child, ChildEnded, ChildLimits
from regbot.supervisor.children.ending import Fate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from trio.testing import MockClock

TINY: Final = encode(Log("info", b"x", b"\x80"))
LONG: Final = encode(Log("info", bytes(100), b"\x80"))


class Other:
    """The other end of the socket, the process that holds it for all we know, and the launcher's word."""

    def __init__(self, end: socket.socket) -> None:
        self.end, self.fate = end, Fate()
        self.process = subprocess.Popen(["sleep", "600"])

    def say(self, data: bytes) -> None:
        """Write bytes."""
        self.end.sendall(data)

    def die(self) -> None:
        """End, as the kernel ends a process: its socket first, and a word of the launcher."""
        self.process.kill()
        self.end.close()
        self.fate.decide(-signal.SIGKILL)


@asynccontextmanager
async def running() -> AsyncIterator[tuple[Child, Other]]:
    """Give both ends of a child that got its script and made one call."""
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.settimeout(0)
        other = Other(theirs)
        stream = trio.SocketStream(trio.socket.from_stdlib_socket(ours))
        child = Child(stream, os.pidfd_open(other.process.pid), other.fate, ChildLimits(memory=0))
        other.say(encode(Ready()) + encode(Call(1, "tag.ls", 0, b"\x90")))
        await child.receive()
        await child.send(Start("x", b"", b""))
        await child.receive()
        try:
            yield child, other
        finally:
            await child.aclose()
            other.process.wait()


async def test_the_rest_of_a_frame_has_to_come(autojump_clock: MockClock) -> None:
    """A child that is silent in the middle of a frame breaks the protocol when our patience ends."""
    async with running() as (child, other):
        other.say(LONG[:7])
        began = trio.current_time()
        with pytest.raises(WireError, match="the rest of a frame did not come within 10s"):
            await child.receive()
        assert trio.current_time() - began == pytest.approx(PATIENCE)


async def test_to_trickle_wins_no_time(autojump_clock: MockClock) -> None:
    """Bytes that come one by one have no patience of their own: it is the frame's."""
    async with running() as (child, other), trio.open_nursery() as nursery:

        async def trickle() -> None:
            for byte in LONG:
                other.say(bytes([byte]))
                await trio.sleep(1)

        nursery.start_soon(trickle)
        began = trio.current_time()
        with pytest.raises(WireError, match="the rest of a frame"):
            await child.receive()
        assert trio.current_time() - began <= PATIENCE + 1
        nursery.cancel_scope.cancel()


async def test_silence_between_frames_is_no_fault(autojump_clock: MockClock) -> None:
    """However long a child is silent after a whole message, the next is heard, also if it comes in two pieces."""
    async with running() as (child, other):
        for _ in range(3):
            with trio.move_on_after(PATIENCE * 100) as waiting:
                await child.receive()
            assert waiting.cancelled_caught
            other.say(TINY[:9])
            with trio.move_on_after(PATIENCE / 2):
                await child.receive()
            other.say(TINY[9:])
            assert isinstance(await child.receive(), Log)


async def test_what_is_not_read_does_not_wait(autojump_clock: MockClock) -> None:
    """The time for which nobody reads, since we are busy, is no fault of the child."""
    async with running() as (child, other):
        other.say(TINY + TINY[:9])
        await child.receive()
        await trio.sleep(PATIENCE * 100)
        other.say(TINY[9:])
        assert isinstance(await child.receive(), Log)


async def test_who_says_nothing_any_more_has_to_end(autojump_clock: MockClock) -> None:
    """A child that closes its writing half and lives on breaks the protocol; what it said before is heard."""
    async with running() as (child, other):
        other.say(TINY)
        other.end.shutdown(socket.SHUT_WR)
        assert isinstance(await child.receive(), Log)
        with pytest.raises(WireError, match="says nothing any more, and lives on"):
            await child.receive()


async def test_who_hears_nothing_any_more_has_to_end(autojump_clock: MockClock) -> None:
    """A child that closes its reading half and lives on breaks the protocol when it is answered."""
    async with running() as (child, other):
        other.end.shutdown(socket.SHUT_RD)
        with pytest.raises(WireError, match="takes no more answers, and lives on"):
            await child.send(Result(1, b""))


@pytest.mark.parametrize("half", [socket.SHUT_RD, socket.SHUT_WR, socket.SHUT_RDWR])
async def test_who_dies_is_told_by_its_death(autojump_clock: MockClock, half: int) -> None:
    """A child that ends soon after it closed a half has ended, and broke nothing."""
    async with running() as (child, other), trio.open_nursery() as nursery:
        other.end.shutdown(half)

        async def die() -> None:
            await trio.sleep(PATIENCE / 2)
            other.die()

        nursery.start_soon(die)
        await child.send(Result(1, b""))
        with pytest.raises(ChildEnded, match="SIGKILL"):
            await child.receive()


async def test_a_slow_launcher_is_no_fault_of_the_child(autojump_clock: MockClock) -> None:
    """A child that has ended broke nothing, though the launcher tells so only later than our patience lasts."""
    async with running() as (child, other), trio.open_nursery() as nursery:
        other.process.kill()
        other.process.wait()
        other.end.close()

        async def tell() -> None:
            await trio.sleep(PATIENCE * 2)
            other.fate.decide(3)

        nursery.start_soon(tell)
        with pytest.raises(ChildEnded, match="out of memory"):
            await child.receive()


@pytest.mark.parametrize("more", [encode(Done()), TINY, b"\0"])
async def test_a_last_word_is_the_last(more: bytes) -> None:
    """A child whose last word has something behind it breaks the protocol."""
    async with running() as (child, other):
        await child.send(Result(1, b""))
        other.say(encode(Done()) + more)
        with pytest.raises(WireError, match="more follows its last word"):
            await child.receive()


async def test_a_flood_leaves_everybody_their_turn() -> None:
    """While children send thousands of messages, another task goes on after a few of each."""
    heard, steps = 0, []
    async with running() as (one, flood), running() as (two, more), trio.open_nursery() as nursery:

        async def take(child: Child) -> None:
            nonlocal heard
            while True:
                await child.receive()
                heard += 1

        for child, other in ((one, flood), (two, more)):
            other.say(TINY * 3000)
            nursery.start_soon(take, child)
        for _ in range(1000):
            before = heard
            await trio.lowlevel.checkpoint()
            steps.append(heard - before)
        nursery.cancel_scope.cancel()
    assert heard == 6000
    assert max(steps) <= 2 * 2 * MESSAGES_IN_A_ROW

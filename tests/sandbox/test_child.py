from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from regbot.sandbox import jail
from regbot.sandbox.child import Exit
from regbot.supervisor.children import ending
from tests.sandbox.raw import RawLauncher

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def raw() -> Iterator[RawLauncher]:
    """Start a launcher whose children run the scripts of stand_in.py."""
    with RawLauncher() as started:
        yield started


@pytest.mark.parametrize(
    ("behaviour", "status"),
    [
        ("done", Exit.DONE),
        ("leave", Exit.DONE),
        ("starve", Exit.MEMORY),
        ("stumble", Exit.BROKEN),
        ("open", -signal.SIGSYS),
    ],
)
def test_status(raw: RawLauncher, behaviour: str, status: int) -> None:
    """Each way to end has a status of its own."""
    raw.ready(1).start(behaviour)
    assert raw.said() == f"exited 1 {status:d}"


def test_frames_take_turns(raw: RawLauncher) -> None:
    """What the script has to send goes out, and it gets the next frame when it asks for one."""
    child, heard = raw.ready(1), []
    child.start("three_calls")
    for _ in range(3):
        heard.append(child.receive()[:7])
        child.send(b"answer")
    assert heard == [b"\x95\xa4call\x01", b"\x95\xa4call\x02", b"\x95\xa4call\x03"]
    assert child.receive() == b"\x91\xa4done"
    assert raw.said() == "exited 1 0"


def test_supervisor_hangs_up_before_start(raw: RawLauncher) -> None:
    """A child that nobody will send a script to leaves."""
    raw.ready(1).hang_up()
    assert raw.said() == f"exited 1 {Exit.HUNG_UP:d}"


def test_supervisor_hangs_up_in_a_frame(raw: RawLauncher) -> None:
    """So does one that was sent half a frame."""
    child = raw.ready(1)
    child.socket.sendall(b"\x00\x00\x10\x00start")
    child.hang_up()
    assert raw.said() == f"exited 1 {Exit.HUNG_UP:d}"


def test_nobody_reads(raw: RawLauncher) -> None:
    """So does one that has something to say to nobody."""
    child = raw.ready(1)
    child.start("three_calls")
    child.receive()
    child.hang_up()
    assert raw.said() == f"exited 1 {Exit.HUNG_UP:d}"


def test_frame_over_the_bound(raw: RawLauncher) -> None:
    """A frame from the supervisor that is over the bound is refused by its length."""
    raw.ready(1).socket.sendall(b"\x40\x00\x00\x01")
    assert raw.said() == f"exited 1 {Exit.OVERSIZE:d}"


def test_frame_in_pieces(raw: RawLauncher) -> None:
    """A frame may arrive byte by byte."""
    child = raw.ready(1)
    for byte in b"\x00\x00\x00\x0bstart!done!":
        child.socket.sendall(bytes([byte]))
    assert child.receive() == b"\x91\xa4done"
    assert raw.said() == "exited 1 0"


def test_step_that_fails(raw: RawLauncher) -> None:
    """A child that cannot enter its jail says which step failed, by message and by status, and gets no script."""
    child = raw.fork(1, memory=1 << 63)
    assert b"set_limits: " in child.receive()
    assert raw.said() == f"exited 1 {Exit.JAIL + jail.STEPS.index(jail.set_limits)}"


def test_supervisor_knows_every_status() -> None:
    """The supervisor has words for each status, and knows which of them mean that memory ran out."""
    assert ending.MEANINGS.keys() == set(Exit) - {Exit.JAIL}
    assert {Exit.PANIC, Exit.MEMORY} == ending.OUT_OF_MEMORY

"""Runs of children that somebody took over, in the real jail: what each costs, and what it does to its neighbours."""

from __future__ import annotations

import os
import re
import runpy
import signal
import tracemalloc
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import pytest
import trio

from regbot.registry.manifest import Manifest
from regbot.registry.mediatype import OCI_MANIFEST
from regbot.registry.registries import Registries
from regbot.supervisor.children.launcher import open_launcher
from regbot.supervisor.gate import Gate
from regbot.supervisor.logs import Writer, open_log
from regbot.supervisor.runs.calls import MAX_KEEPING
from regbot.supervisor.runs.outcome import Verdict
from regbot.supervisor.runs.run import Run
from regbot.supervisor.slots import Slots
from tests.supervisor.processes import STAND_IN, descriptors, launchers, offspring
from tests.supervisor.runs.hostile import FAULTS, LEGAL, LIMIT, UNFINISHED
from tests.supervisor.runs.jailed import taken_over, written
from tests.supervisor.scripts import plain, script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from regbot.registry.reference import Reference
    from regbot.supervisor.runs.outcome import Outcome
    from tests.supervisor.runs.jailed import Start

pytestmark = pytest.mark.long

COLLECTION: Final = Path(__file__).parents[4] / "shared/escapes/hostile_frames.py"


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """Hold a test to leaving no process and no descriptor behind."""
    before = descriptors()
    yield
    assert launchers() == []
    assert len(descriptors()) <= len(before)


@pytest.mark.parametrize("behaviour", ["write", "write_and_wait"])
async def test_every_fault_ends_its_run(nothing_left: None, behaviour: str) -> None:
    """Each breach of the protocol ends its run as one, whether the child then leaves or not, and no other run."""
    async with taken_over() as run:
        ends = await written(run, FAULTS, behaviour, limit=20)
    assert {name for name, verdict in ends.items() if verdict is not Verdict.PROTOCOL} == set()


async def test_what_was_begun_has_to_be_ended(nothing_left: None) -> None:
    """A child that stops in the middle of a frame breaks the protocol; one that died there is told by its end."""
    async with taken_over() as run:
        waiting = await written(run, UNFINISHED, "write_and_wait", limit=20)
        gone = await written(run, UNFINISHED, "write", limit=20)
    assert set(waiting.values()) == {Verdict.PROTOCOL}
    assert set(gone.values()) == {Verdict.CRASHED}


async def test_odd_is_not_wrong(nothing_left: None) -> None:
    """A child that said what it may and then is silent is busy, for all we know: it has until its timeout."""
    async with taken_over() as run:
        waiting = await written(run, LEGAL, "write_and_wait")
        gone = await written(run, LEGAL, "write", limit=20)
    assert set(waiting.values()) == {Verdict.TIMEOUT}
    assert set(gone.values()) == {Verdict.CRASHED}


@pytest.mark.parametrize(
    ("behaviour", "verdict", "error"),
    [
        ("trickle", Verdict.PROTOCOL, "the rest of a frame did not come within 0.5s"),
        ("call_flood", Verdict.PROTOCOL, "calls wait for their answers"),
        ("tag_flood", Verdict.PROTOCOL, "more than 64 calls wait for their answers"),
        ("cancel_often", Verdict.PROTOCOL, "call 1 is cancelled once more"),
        ("log_flood", Verdict.PROTOCOL, "a message for the log comes after the 1048576 bytes"),
        ("metric_flood", Verdict.PROTOCOL, "more is counted"),
        ("slow_reader", Verdict.SUCCESS, ""),
    ],
)
async def test_floods_and_trickles(nothing_left: None, behaviour: str, verdict: Verdict, error: str) -> None:
    """What no honest child does so often, or so slowly, ends its run; to read slowly is no fault."""
    async with taken_over() as run:
        outcome = await run(behaviour, limit=20)
        honest = await run("done")
    assert (outcome.verdict, honest.verdict) == (verdict, Verdict.SUCCESS)
    assert error in outcome.error


@pytest.mark.parametrize("behaviour", ["ping", "unknown_modules"])
async def test_who_asks_without_end_delays_nobody(nothing_left: None, behaviour: str) -> None:
    """Children that ask all the time, and read what they get, leave their turns to the others until their timeout."""
    ends: list[str] = []

    async def one(run: Start, what: str, limit: float) -> None:
        outcome = await run(what, limit=limit)
        ends.append(f"{what} {outcome.verdict.value}")

    async with taken_over() as run, trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(one, run, behaviour, 2)
        for _ in range(5):
            await one(run, "slow_reader", 20)
    assert ends == ["slow_reader success"] * 5 + [f"{behaviour} limit: timeout"] * 3


async def test_a_stopped_child_delays_nobody(nothing_left: None) -> None:
    """A child that is stopped from outside ends at its timeout like a busy one, and is gone."""
    log = StringIO()
    async with taken_over(log) as run, trio.open_nursery() as nursery:
        ends: list[Outcome] = []

        async def stopped() -> None:
            ends.append(await run("confess", limit=1))

        nursery.start_soon(stopped)
        while not (said := re.search(r"message=([0-9]+)\n", log.getvalue())):
            await trio.lowlevel.checkpoint()
        child = int(said[1])
        os.kill(child, signal.SIGSTOP)
        honest = await run("slow_reader", limit=20)
        assert ends == []
    assert (honest.verdict, ends[0].verdict) == (Verdict.SUCCESS, Verdict.TIMEOUT)
    assert child not in offspring(1)


@pytest.mark.skipif(not COLLECTION.exists(), reason="optional: ../shared/escapes is not there")
async def test_collection_of_hostile_frames(nothing_left: None) -> None:
    """Each of a collection of hostile byte strings ends one run, as no success and no defect of ours."""

    def ours(kind: str, number: object, extra: object) -> object:
        if kind == "call":
            return ["call", number, extra if extra is not None else "tag.ls", 1, b"\x91\xc4\x03a/b"]
        if kind == "log":
            return ["log", "info", str(extra or "x").encode("utf-8", "surrogatepass"), b"\x80"]
        return ["done"] if kind == "final" else ["ready"]

    made = cast("Callable[..., Iterator[tuple[str, bytes]]]", runpy.run_path(str(COLLECTION))["hostile_frames"])
    frames = {name: data for name, data in made("both", LIMIT, ours) if len(data) < 2 << 20}
    async with taken_over() as run:
        gone = await written(run, frames, "write", limit=20)
        waiting = await written(run, frames, "write_and_wait", limit=1.5)
    assert len(frames) > 200
    assert {name for name, verdict in gone.items() if verdict is Verdict.SUCCESS} <= {"prefix/final-first"}
    del gone["prefix/final-first"], waiting["prefix/final-first"]
    assert set(gone.values()) <= {Verdict.PROTOCOL, Verdict.CRASHED}
    assert set(waiting.values()) <= {Verdict.PROTOCOL, Verdict.TIMEOUT}


def test_the_collection_is_large() -> None:
    """There are so many byte strings, each different from the others."""
    every = [*FAULTS.values(), *UNFINISHED.values(), *LEGAL.values()]
    assert len(set(every)) == len(every) >= 120


class Large(Registries):
    """A registry whose manifests have 2 MiB, each another."""

    asked = 0

    async def manifest(self, reference: Reference, *, origin: bool = False) -> Manifest:  # noqa: ARG002 -- the interface's
        """Make one."""
        self.asked += 1
        return Manifest.read(b'{"mediaType":"%s","layers":[],"x":"%*d"}' % (OCI_MANIFEST.encode(), 2 << 20, self.asked))


async def test_who_never_reads_fills_no_memory(nothing_left: None) -> None:
    """Of answers that a child asks for and does not read, a few are kept; the other operations are not even begun."""
    async with open_launcher(entry=STAND_IN) as launcher, Large(plain(), user_agent="test") as registry:
        gate = Gate(registry=registry, slots=Slots(1).share())
        tracemalloc.start()
        try:
            outcome = await Run(script("!big_answers!", timeout=2), gate, open_log(Writer(8))).execute(launcher)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert (outcome.verdict, registry.asked) == (Verdict.TIMEOUT, MAX_KEEPING)
    assert peak < (MAX_KEEPING + 12) * (2 << 20)

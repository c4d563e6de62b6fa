"""What a run did, as its trail has it, and what it is at."""

from __future__ import annotations

from contextlib import asynccontextmanager
from io import StringIO
from typing import TYPE_CHECKING

import pytest
import trio

from regbot.config.model import Limits
from regbot.registry.registries import Registries
from regbot.supervisor.audit.trail import CURRENT, MAX_STEPS, Trail
from regbot.supervisor.audit.words import MAX_TEXT, shortened
from regbot.supervisor.children.launcher import open_launcher
from regbot.supervisor.gate import Gate
from regbot.supervisor.logs import Writer, open_log
from regbot.supervisor.runs.outcome import Verdict
from regbot.supervisor.runs.run import Run
from regbot.supervisor.slots import Slots
from tests.supervisor.scripts import plain, script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from regbot.registry.reference import Repository
    from regbot.supervisor.children.launcher import Launcher


class Waiting(Registries):
    """A registry that has one tag in `a`, says nothing of `slow`, and is broken at `b`."""

    def __init__(self) -> None:
        super().__init__(plain(), user_agent="test")
        self.asked = trio.Event()
        self.trails: list[Trail | None] = []

    async def tags(self, repository: Repository, *, limit: int = 0, last: str = "") -> list[str]:  # noqa: ARG002 -- the interface's
        """Answer, or do not."""
        self.trails.append(CURRENT.get())
        self.asked.set()
        match repository.path:
            case "a":
                return ["v1"]
            case "b":
                raise ZeroDivisionError
        await trio.sleep_forever()
        raise AssertionError


@asynccontextmanager
async def started(registry: Waiting) -> AsyncIterator[tuple[Launcher, Callable[..., Run]]]:
    """Give a launcher, and what makes a run of a text."""
    async with open_launcher() as launcher, registry:

        def make(text: str, *, limits: Limits = Limits(), timeout: float = 20) -> Run:  # noqa: B008 -- it is frozen
            log = open_log(Writer(12, stream=StringIO()))
            gate = Gate(registry=registry, slots=Slots(1).share())
            return Run(script(text, limits=limits, timeout=timeout), gate, log, Trail())

        yield launcher, make


async def test_operations_are_listed() -> None:
    """Each with its line, what it was called with, and why it failed."""
    async with started(Waiting()) as (launcher, make):
        run = make('tag.ls("r.io/a")\npcall(tag.ls, "A")\nreference.new("r.io/x")')
        assert (await run.execute(launcher)).verdict is Verdict.SUCCESS
    one, two, three = run.trail.steps
    assert (one.operation, one.line, one.error) == ('tag.ls "r.io/a"', 1, "")
    assert (two.operation, two.line) == ('tag.ls "A"', 2)
    assert two.error.startswith('tag.ls "A": "A" is no reference')
    assert (three.operation, three.error) == ('reference.new "r.io/x"', "")
    assert one.started <= two.started <= three.started
    assert all(step.took >= 0 for step in run.trail.steps)


async def test_many_operations_are_counted() -> None:
    """The first are listed, all are counted."""
    async with started(Waiting()) as (launcher, make):
        run = make(f'for i = 1, {MAX_STEPS + 5} do reference.new("r.io/x") end')
        await run.execute(launcher)
    assert (len(run.trail.steps), run.trail.operations) == (MAX_STEPS, MAX_STEPS + 5)


async def test_what_a_run_is_at() -> None:
    """What is in flight is named; a run that is stopped then says so, with the first verdict that it was given."""
    registry = Waiting()
    async with started(registry) as (launcher, make), trio.open_nursery() as nursery:
        run = make('tag.ls("r.io/slow")')
        assert run.doing == ""

        async def stop() -> None:
            await registry.asked.wait()
            assert run.doing == 'tag.ls "r.io/slow"'
            run.stop("somebody's request", Verdict.CANCELLED)
            run.stop("SIGTERM")

        nursery.start_soon(stop)
        outcome = await run.execute(launcher)
    assert outcome.verdict is Verdict.CANCELLED
    assert outcome.error == 'main:1: cut off by somebody\'s request in tag.ls "r.io/slow"'
    assert [(step.operation, step.error) for step in run.trail.steps] == [('tag.ls "r.io/slow"', "cut off")]


async def test_a_defect_is_in_the_list() -> None:
    """An operation that met a defect of ours is listed with it."""
    async with started(Waiting()) as (launcher, make):
        run = make('tag.ls("r.io/b")')
        assert (await run.execute(launcher)).verdict is Verdict.DEFECT
    assert [step.error for step in run.trail.steps] == ["ended its run: ZeroDivisionError"]


async def test_work_is_done_for_the_run() -> None:
    """While a run's operations are done its trail is the current one, and afterwards none is."""
    registry = Waiting()
    async with started(registry) as (launcher, make):
        run = make('tag.ls("r.io/a")')
        await run.execute(launcher)
    assert registry.trails == [run.trail]
    assert CURRENT.get() is None


@pytest.mark.parametrize(("text", "kept"), [("x\udc80", r"x\x80"), ("é", "é"), ("\ud912", r"\ud912")])
def test_errors_are_kept_as_text(text: str, kept: str) -> None:
    """Every text can be stored and sent, and a long one is cut."""
    assert shortened(text) == kept
    assert len(shortened("é" * 9999)) == MAX_TEXT

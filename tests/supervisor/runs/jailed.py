"""Runs of children that do what tests/sandbox/stand_in.py can do, many beside each other."""

from __future__ import annotations

from contextlib import asynccontextmanager
from io import StringIO
from typing import TYPE_CHECKING, Final

import trio

from regbot.config.model import Limits
from regbot.registry.registries import Registries
from regbot.supervisor.children.launcher import open_launcher
from regbot.supervisor.gate import Gate
from regbot.supervisor.logs import Writer, open_log
from regbot.supervisor.runs.outcome import Verdict
from regbot.supervisor.runs.run import Run
from regbot.supervisor.slots import Slots
from tests.supervisor.processes import STAND_IN
from tests.supervisor.runs.hostile import LIMIT
from tests.supervisor.scripts import plain, script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from regbot.registry.reference import Repository
    from regbot.supervisor.runs.outcome import Outcome

    Start = Callable[..., Awaitable[Outcome]]

LIMITS: Final = Limits(message_bytes=LIMIT)
SOON: Final = 0.5
"""Seconds that a child has for the rest of a frame, and a run for all."""
AT_ONCE: Final = 12


class Few(Registries):
    """A registry that has two tags everywhere."""

    async def tags(self, repository: Repository, *, limit: int = 0, last: str = "") -> list[str]:  # noqa: ARG002 -- the interface's
        """Return them."""
        return ["a", "b"]


@asynccontextmanager
async def taken_over(log: StringIO | None = None) -> AsyncIterator[Start]:
    """Give a function that runs a behaviour of tests/sandbox/stand_in.py."""
    writer = open_log(Writer(stream=log or StringIO()))
    async with open_launcher(entry=STAND_IN) as launcher, Few(plain(), user_agent="test") as registry:

        async def run(behaviour: str, *, limits: Limits = LIMITS, limit: float = SOON) -> Outcome:
            started = script(f"!{behaviour}!", timeout=limit, limits=limits)
            gate = Gate(registry=registry, slots=Slots(1).share())
            return await Run(started, gate, writer, patience=SOON).execute(launcher)

        yield run


async def written(run: Start, what: Mapping[str, bytes], behaviour: str, *, limit: float = SOON) -> dict[str, Verdict]:
    """Have each of the byte strings written by a child of its own, many at a time, with honest runs among them."""
    ends: dict[str, Verdict] = {}
    some = trio.CapacityLimiter(AT_ONCE)

    async def one(name: str, source: str) -> None:
        async with some:
            ends[name] = (await run(source, limit=limit)).verdict

    async with trio.open_nursery() as nursery:
        for number, (name, data) in enumerate(what.items()):
            nursery.start_soon(one, name, f"{behaviour}!{data.hex()}")
            if number % 10 == 0:
                nursery.start_soon(one, f"honest {number}", "done")
    honest = {name: ends.pop(name) for name in list(ends) if name.startswith("honest")}
    assert set(honest.values()) == {Verdict.SUCCESS}
    return ends

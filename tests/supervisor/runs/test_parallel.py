"""parallel.map in real children: what is in flight together, what a cancellation ends, and that nothing gets stuck."""

from __future__ import annotations

from contextlib import asynccontextmanager
from io import StringIO
from typing import TYPE_CHECKING, Final

import pytest
import trio

from regbot.protocol.conversation import MAX_IN_FLIGHT
from regbot.registry.errors import NotFound
from regbot.registry.files.files import Files
from regbot.registry.registries import Registries
from regbot.supervisor.audit.trail import Trail
from regbot.supervisor.children.launcher import open_launcher
from regbot.supervisor.gates import Gates, Means
from regbot.supervisor.logs import Writer, open_log
from regbot.supervisor.runs.calls import MAX_KEEPING
from regbot.supervisor.runs.outcome import Verdict
from regbot.supervisor.runs.run import Run
from tests.images import image, push
from tests.supervisor.processes import STAND_IN
from tests.supervisor.scripts import plain, runner, script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from regbot.registry.content import Content
    from regbot.registry.descriptor import Descriptor
    from regbot.registry.reference import Repository
    from regbot.supervisor.runs.outcome import Outcome
    from tests.docker_registry import DockerRegistry


class Meeting(Registries):
    """A registry that answers with tags when so many calls wait for them, and never for `slow`."""

    def __init__(self, together: int = 1) -> None:
        super().__init__(plain(), user_agent="test")
        self.together, self.waiting, self.most, self.cancelled = together, 0, 0, 0
        self.widths: list[int] = []
        self._met = trio.Event()

    def at_once(self, calls: int) -> None:
        """Keep what it is told."""
        self.widths.append(calls)

    async def tags(self, repository: Repository, *, limit: int = 0, last: str = "") -> list[str]:  # noqa: ARG002 -- the interface's
        """Wait for the others."""
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        if self.waiting >= self.together:
            self._met.set()
        try:
            await self._met.wait()
            if repository.path.endswith("missing"):
                raise NotFound("no such thing", status=404, code="NAME_UNKNOWN", registry="r.io", repository="missing")
            if repository.path.endswith("slow"):
                await trio.sleep_forever()
        except trio.Cancelled:
            self.cancelled += 1
            raise
        finally:
            self.waiting -= 1
        return [repository.path]

    async def put_blob(self, repository: Repository, descriptor: Descriptor, content: Content) -> bool:  # noqa: ARG002 -- the interface's
        """Take a blob, or never come to an end with it."""
        return bool(await self.tags(repository))


@asynccontextmanager
async def at(registry: Registries, *, stand_in: bool = False) -> AsyncIterator[Callable[[str], Awaitable[Outcome]]]:
    """Give a function that runs a text at a registry."""
    log = open_log(Writer(8, stream=StringIO()))
    async with open_launcher(entry=STAND_IN) if stand_in else open_launcher() as launcher, registry:
        gates = Gates(Means(launcher, registry, registry, Files("."), log, 0, dry_run=False))

        async def run(text: str) -> Outcome:
            return await Run(script(text), gates.of(script(text), Trail()), log).execute(launcher)

        yield run


async def test_operations_are_in_flight_together() -> None:
    """As many as the limit says are in flight at once, else none would be answered; and registries are told."""
    registry = Meeting(together=10)
    async with at(registry) as run:
        outcome = await run("local l = {} for i = 1, 10 do l[i] = 'r.io/a' .. i end"
                            " parallel.each(l, function(x) tag.ls(x) end, {limit = 10})")  # fmt: skip
    assert (outcome.error, registry.most) == ("", 10)
    assert (max(registry.widths), registry.widths[-1]) == (10, 3)


async def test_no_more_are_in_flight_than_a_child_may_have() -> None:
    """A script that asks for more at once than the pipe allows comes to its end, within the bound."""
    registry = Meeting(together=MAX_IN_FLIGHT)
    async with at(registry) as run:
        outcome = await run("""
            local l = {} for i = 1, 40 do l[i] = "r.io/a" end
            local function inner() parallel.each(l, function(x) blob.put(x, "") end, {limit = 40}) end
            parallel.each({1, 2, 3}, inner)""")
    assert (outcome.error, registry.most) == ("", MAX_IN_FLIGHT)


async def test_few_operations_with_large_answers_are_done_at_once() -> None:
    """What could fill our memory with answers is done a few at a time, and all of it is done."""
    registry = Meeting(together=MAX_KEEPING)
    async with at(registry) as run:
        outcome = await run("""
            local l = {} for i = 1, 40 do l[i] = "r.io/a" end
            local function inner() parallel.each(l, function(x) tag.ls(x) end, {limit = 40}) end
            parallel.each({1, 2, 3}, inner)""")
    assert (outcome.error, registry.most) == ("", MAX_KEEPING)


async def test_the_results_are_those_of_a_loop(registry: DockerRegistry) -> None:
    """Configs read in parallel are what a loop reads, in the same order, though they share one slot."""
    tags = [f"v{number}" for number in range(12)]
    for tag in tags:
        push(registry, "a", tag, image(labels={"tag": tag}))
    async with runner(registry.host) as run:
        outcome = await run(f"""
            local function read(tag) return image.config("{registry.host}/a:" .. tag).Config.Labels.tag end
            local found = parallel.map(tag.ls("{registry.host}/a"), read)
            for i, tag in ipairs(tag.ls("{registry.host}/a")) do assert(found[i] == read(tag) and read(tag) == tag) end
            error(#found, 0)""")
    assert outcome.error == f"main: {len(tags)}"


async def test_the_first_error_ends_what_is_in_flight() -> None:
    """An error ends the other operations, also those with large arguments: the run does not wait for its timeout."""
    registry = Meeting(together=4)
    async with at(registry) as run:
        outcome = await run("""
            local large = ("x"):rep(3e6)
            parallel.each({"missing", "slow", "slow", "large"}, function(x)
              if x ~= "large" then tag.ls("r.io/" .. x) end
              blob.put("r.io/slow", large)
            end)""")
    assert outcome.error == 'main:4: tag.ls "r.io/missing": no such thing'
    assert registry.cancelled == 3


async def test_the_outcome_says_what_is_known_of_the_failure() -> None:
    """A run that ends with an operation's failure says what the supervisor knows of it, whoever raised it at last."""
    async with at(Meeting()) as run:
        outcome = await run("local ok, text = pcall(tag.ls, 'r.io/missing') pcall(tag.ls, 'A') error(text, 0)")
        other = await run("pcall(tag.ls, 'r.io/missing') error('x')")
    assert dict(outcome.facts) == {
        "operation": "tag.ls",
        "line": 1,
        "code": "NAME_UNKNOWN",
        "status": 404,
        "registry": "r.io",
        "repository": "missing",
    }
    assert dict(other.facts) == {}


LARGE_BOTH_WAYS: Final = """
    local large = ("x"):rep(7e5)
    local function store(i)
      for _ = 1, 3 do
        reference.new("r.io/a:" .. i)
        blob.put("r.io/a", large)
        assert(#tag.ls("r.io/many") > 1000)
      end
    end
    parallel.each({1, 2, 3, 4, 5, 6, 7, 8}, store)"""


class Many(Meeting):
    """A registry whose answers are large."""

    async def tags(self, repository: Repository, *, limit: int = 0, last: str = "") -> list[str]:
        """Return a megabyte of them."""
        await super().tags(repository, limit=limit, last=last)
        return [f"{number:0100}" for number in range(10_000)]


async def test_large_calls_and_answers_do_not_wait_for_each_other() -> None:
    """While a child sends, its answers wait for it, and are read before it waits for more: no run gets stuck."""
    async with at(Many()) as run:
        outcome = await run(LARGE_BOTH_WAYS)
    assert outcome.error == ""


@pytest.mark.parametrize(
    ("behaviour", "verdict", "error"),
    [
        ("cancel_early", Verdict.PROTOCOL, "the child broke the protocol: call 1 is cancelled before it was made"),
        ("cancel_often", Verdict.PROTOCOL, "the child broke the protocol: call 1 is cancelled once more"),
    ],
)
async def test_cancellations_of_a_child_that_was_taken_over(behaviour: str, verdict: Verdict, error: str) -> None:
    """A call that was never made cannot be cancelled, and no call twice."""
    async with at(Meeting(together=2), stand_in=True) as run:
        outcome = await run(f"!{behaviour}!")
    assert (outcome.verdict, outcome.error) == (verdict, error)

"""The calls of one run: cancelled, counted, and remembered where they failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from regbot.protocol.messages import Call, Failure, Result
from regbot.protocol.values import pack, unpack
from regbot.registry.errors import NotFound
from regbot.registry.registries import Registries
from regbot.supervisor.gate import Gate
from regbot.supervisor.runs.calls import MAX_KEPT, Calls
from regbot.supervisor.slots import Slots
from tests.supervisor.scripts import plain

if TYPE_CHECKING:
    from regbot.protocol.values import Value
    from regbot.registry.reference import Repository


class Named(Registries):
    """A registry whose repositories are called for what they do."""

    def __init__(self) -> None:
        super().__init__(plain(), user_agent="test")
        self.asked: list[str] = []
        self.cancelled: list[str] = []

    async def tags(self, repository: Repository, *, limit: int = 0, last: str = "") -> list[str]:  # noqa: ARG002 -- the interface's
        """Give no tags, or fail, or never end."""
        name = repository.path.rpartition("/")[2]
        self.asked.append(name)
        if name == "missing":
            raise NotFound("no such thing", status=404, code="NAME_UNKNOWN", registry="r", repository="a/missing")
        if name == "slow":
            try:
                await trio.sleep_forever()
            finally:
                self.cancelled.append(name)
        return []


def opened(counts: list[int] | None = None) -> tuple[Named, Calls]:
    """Return a registry and calls to it; *counts* is told how many are in flight."""
    registry = Named()
    told = [] if counts is None else counts
    return registry, Calls(Gate(registry=registry, slots=Slots(1).share(), crowd=told.append))


def call(name: str, number: int = 1) -> Call:
    """Return the call for the tags of a repository."""
    return Call(number, "tag.ls", 7, pack([f"r/a/{name}".encode()]))


async def done(calls: Calls, call: Call) -> Value | Failure:
    """Do a call."""
    calls.begin(call)
    return await calls.perform(call)


async def test_a_cancelled_call_is_a_failure() -> None:
    """An operation in flight ends when its call is cancelled, and the answer says so."""
    registry, calls = opened()
    answers: list[Value | Failure] = []

    async def perform() -> None:
        answers.append(await done(calls, call("slow")))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(perform)
        await wait_all_tasks_blocked()
        calls.cancel(1)
    assert isinstance(answers[0], Failure)
    assert unpack(answers[0].payload) == {"message": 'tag.ls "r/a/slow": cancelled', "code": "CANCELLED"}
    assert registry.cancelled == ["slow"]


async def test_a_call_that_is_cancelled_before_its_turn_is_not_done() -> None:
    """What is cancelled before it begins asks the registry nothing."""
    registry, calls = opened()
    calls.begin(call("fine"))
    calls.cancel(1)
    assert isinstance(await calls.perform(call("fine")), Failure)
    assert registry.asked == []


async def test_to_cancel_what_is_not_open_does_nothing() -> None:
    """A call that was answered, or never made, can be cancelled, and stays what it is."""
    _, calls = opened()
    assert await done(calls, call("fine")) == []
    calls.cancel(1)
    calls.cancel(99)
    assert await done(calls, call("fine", 2)) == []


async def test_a_cut_off_run_tells_what_it_was_at() -> None:
    """Calls of a run that is cut off are still the ones in flight: the first three, and the line of the last."""
    _, calls = opened()
    async with trio.open_nursery() as nursery:
        for number in range(1, 6):
            nursery.start_soon(done, calls, call("slow", number))
            await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert calls.doing == ", ".join(['tag.ls "r/a/slow"'] * 3) + " and 2 more"
    assert calls.line == 7


async def test_failures_are_remembered() -> None:
    """What the registry said of a failed call is known, of others nothing."""
    _, calls = opened()
    failure = await done(calls, call("missing"))
    assert isinstance(failure, Failure)
    assert calls.facts(1) == {
        "operation": "tag.ls",
        "line": 7,
        "code": "NAME_UNKNOWN",
        "status": 404,
        "registry": "r",
        "repository": "a/missing",
    }
    assert calls.facts(0) == calls.facts(2) == {}


async def test_only_the_latest_failures_are_remembered() -> None:
    """A script that lives on failures costs no more memory with each."""
    _, calls = opened()
    for number in range(1, MAX_KEPT + 3):
        await done(calls, call("missing", number))
    assert [bool(calls.facts(number)) for number in (1, 2, 3, MAX_KEPT + 2)] == [False, False, True, True]


async def test_calls_in_flight_are_counted() -> None:
    """How many calls are in flight is told as it changes, and that it is none at the end."""
    counts: list[int] = []
    _, calls = opened(counts)
    calls.begin(call("fine", 1))
    await done(calls, call("fine", 2))
    calls.end()
    assert counts == [1, 2, 1, 0]


@pytest.mark.parametrize(("answer", "kind"), [("x" * 100, Result), ("x" * (16 << 20), Failure)])
def test_an_answer_that_is_too_long_is_a_failure(answer: str, kind: type) -> None:
    """What does not fit into a frame is not sent, and counts as a failure."""
    _, calls = opened()
    assert type(calls.answer(call("fine"), answer)) is kind
    assert calls.facts(1).get("code", "") == ("TOO_LARGE" if kind is Failure else "")

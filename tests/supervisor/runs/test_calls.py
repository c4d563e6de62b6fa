"""The calls of one run: cancelled, counted, and remembered where they failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from regbot.protocol.errors import WireError
from regbot.protocol.messages import Call, Failure, Result
from regbot.protocol.values import pack, unpack
from regbot.registry.errors import NotFound
from regbot.registry.registries import Registries
from regbot.supervisor.gate import Gate
from regbot.supervisor.runs.calls import LARGE, MAX_KEEPING, MAX_KEPT, Calls
from regbot.supervisor.slots import Slots
from tests.supervisor.scripts import plain

if TYPE_CHECKING:
    from regbot.registry.reference import Repository


class Named(Registries):
    """A registry whose repositories are called for what they do."""

    def __init__(self) -> None:
        super().__init__(plain(), user_agent="test")
        self.asked: list[str] = []
        self.cancelled: list[str] = []
        self.go_on = trio.Event()

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
        if name == "waiting":
            await self.go_on.wait()
        return ["x" * 1000] if name == "long" else []


def opened(counts: list[int] | None = None) -> tuple[Named, Calls]:
    """Return a registry and calls to it; *counts* is told how many are in flight."""
    registry = Named()
    told = [] if counts is None else counts
    return registry, Calls(Gate(registry=registry, slots=Slots(1).share(), crowd=told.append), 1000)


def call(name: str, number: int = 1) -> Call:
    """Return the call for the tags of a repository."""
    return Call(number, "tag.ls", 7, pack([f"r/a/{name}".encode()]))


async def performed(calls: Calls, call: Call) -> Result | Failure:
    """Do a call, the answer to which is not sent."""
    calls.begin(call)
    return await calls.perform(call.number)


async def done(calls: Calls, call: Call) -> Result | Failure:
    """Do a call from its beginning to its end."""
    answer = await performed(calls, call)
    calls.sent(call.number)
    return answer


async def test_a_cancelled_call_is_a_failure() -> None:
    """An operation in flight ends when its call is cancelled, and the answer says so."""
    registry, calls = opened()
    answers: list[Result | Failure] = []

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
    assert isinstance(await calls.perform(1), Failure)
    assert registry.asked == []


async def test_to_cancel_what_is_not_open_does_nothing() -> None:
    """A call that was answered, or never made, can be cancelled, and stays what it is."""
    _, calls = opened()
    assert await done(calls, call("fine")) == Result(1, b"\x90")
    calls.cancel(1)
    calls.cancel(99)
    assert await done(calls, call("fine", 2)) == Result(2, b"\x90")


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


async def test_an_answer_that_is_too_long_is_a_failure() -> None:
    """What does not fit into a message is not sent, counts as a failure, and the text names both sizes."""
    _, calls = opened()
    failure = await done(calls, call("long"))
    assert isinstance(failure, Failure)
    text = "tag.ls: the answer has 1004 bytes, of at most 1000 (limit: messageBytes)"
    assert unpack(failure.payload) == {"message": text, "code": "TOO_LARGE"}
    assert calls.facts(1)["code"] == "TOO_LARGE"


async def test_few_operations_hold_megabytes_at_once() -> None:
    """Operations with large results begin only while few others are being done, or have answers that were not sent."""
    registry, calls = opened()
    async with trio.open_nursery() as nursery:
        for number in range(1, MAX_KEEPING + 4):
            nursery.start_soon(performed, calls, call("waiting", number))
            await wait_all_tasks_blocked()
        assert len(registry.asked) == MAX_KEEPING
        registry.go_on.set()
        await wait_all_tasks_blocked()
        assert len(registry.asked) == MAX_KEEPING
        for number in (1, 2, 3):
            calls.sent(number)
    assert len(registry.asked) == MAX_KEEPING + 3


async def test_what_waits_for_its_turn_can_be_cancelled() -> None:
    """A cancelled call does not wait until the others are done, and takes nobody's turn."""
    registry, calls = opened()
    async with trio.open_nursery() as nursery:
        for number in range(1, MAX_KEEPING + 3):
            nursery.start_soon(performed, calls, call("waiting", number))
            await wait_all_tasks_blocked()
        calls.cancel(MAX_KEEPING + 1)
        await wait_all_tasks_blocked()
        calls.sent(MAX_KEEPING + 1)
        registry.go_on.set()
        await wait_all_tasks_blocked()
        calls.sent(1)
    assert calls.facts(MAX_KEEPING + 1)["code"] == "CANCELLED"
    assert len(registry.asked) == MAX_KEEPING + 1


async def test_of_large_calls_one_may_be_in_flight() -> None:
    """A second call with large arguments breaks the protocol as long as the first was not answered."""
    _, calls = opened()
    large = Call(1, "blob.put", 7, pack([b"Bad", bytes(LARGE)]))
    await done(calls, large)
    calls.begin(Call(2, "blob.put", 7, large.payload))
    calls.begin(call("fine", 3))
    with pytest.raises(WireError, match=f"call 4 is a second one with more than {LARGE} bytes"):
        calls.begin(Call(4, "blob.put", 7, large.payload))

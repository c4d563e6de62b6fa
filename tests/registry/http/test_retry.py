from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio

from regbot.registry.errors import NotFound, RegistryError, Unreachable
from regbot.registry.http.pace import MIN_RATE
from regbot.registry.http.retry import LONGEST_WAIT, MAX_KEPT, MAX_TRIES, PATIENCE, Attempts, Backoff, Retries, persist
from tests.fake_registry import CANARY, Listener

if TYPE_CHECKING:
    from collections.abc import Callable

    from trio.testing import MockClock

    from regbot.registry.http.retry import Key

KEY = ("a.example", "team/app", "GET manifests")
EVEN = Retries(random=lambda: 1.0)
"""Without jitter: 0.1, 0.2, 0.4, 0.8 and 1.6 seconds."""


class Work:
    """Fails in turn with each of *failures*, then returns; *times* says when it was done."""

    def __init__(self, *failures: RegistryError, takes: float = 0.0) -> None:
        self.times: list[float] = []
        self.bytes = 0
        self._failures, self._takes = iter(failures), takes

    async def __call__(self) -> str:
        """Be done once."""
        self.times.append(round(trio.current_time(), 6))
        await trio.sleep(self._takes)
        failure = next(self._failures, None)
        if failure is not None:
            raise failure
        return "done"


def busy(status: int = 503, *, after: float | None = None) -> RegistryError:
    """Return an error that may pass."""
    return RegistryError(f"GET /x: {status}: no", status=status, temporary=True, retry_after=after)


async def do(
    work: Work, *, backoff: Backoff | None = None, key: Key = KEY, progress: Callable[[], int] = lambda: 0
) -> str:
    """Do *work* until it is done."""
    return await persist(Attempts(backoff or Backoff(EVEN, Listener()), key), work, progress=progress)


async def test_waits(autojump_clock: MockClock) -> None:
    """What fails for a while is tried six times in all, and the waits between double."""
    work = Work(*[busy()] * 5)
    assert await do(work) == "done"
    assert work.times == [0.0, 0.1, 0.3, 0.7, 1.5, 3.1]


async def test_given_up(autojump_clock: MockClock) -> None:
    """What fails six times fails: the last error tells of the tries, and keeps all that it carried."""
    work = Work(*[busy()] * 5, Unreachable("GET /x: no answer", code="UNREACHABLE", temporary=True, registry="a"))
    with pytest.raises(Unreachable, match=r"^GET /x: no answer \(tried 6 times\)$") as caught:
        await do(work)
    found = caught.value
    assert (found.code, found.registry, found.tries, found.temporary, found.lost) == ("UNREACHABLE", "a", 6, True, True)


@pytest.mark.parametrize("failure", [RegistryError("no", status=403), NotFound("none", status=404)], ids=repr)
async def test_final(failure: RegistryError) -> None:
    """What would be the same again is tried once."""
    work = Work(failure)
    with pytest.raises(RegistryError) as caught:
        await do(work)
    assert (caught.value, len(work.times)) == (failure, 1)


async def test_not_within_one_another(autojump_clock: MockClock) -> None:
    """Work that gave up its own tries is not done again: six tries are six, and not thirty-six."""
    inner = Work(*[busy()] * 50)

    async def outer() -> str:
        return await do(inner)

    with pytest.raises(RegistryError, match=r"\(tried 6 times\)$"):
        await persist(Attempts(Backoff(EVEN, Listener()), KEY), outer)
    assert len(inner.times) == 6


@pytest.mark.parametrize(("jitter", "wait"), [(0.0, 0.05), (0.5, 0.075), (1.0, 0.1)])
def test_jitter(jitter: float, wait: float) -> None:
    """A wait is between a half and the whole of what it could be."""
    assert Retries(random=lambda: jitter).wait(1) == pytest.approx(wait)


@pytest.mark.parametrize(("failures", "wait"), [(1, 0.1), (2, 0.2), (9, 25.6), (10, 30.0), (5000, 30.0)])
def test_longest(failures: int, wait: float) -> None:
    """No wait is longer than half a minute, however often something failed."""
    assert EVEN.wait(failures) == pytest.approx(wait)


async def test_asked_for(autojump_clock: MockClock) -> None:
    """A registry that says when it wants to be asked again is asked then."""
    work = Work(busy(429, after=60))
    await do(work)
    assert work.times == [0.0, 60.1]


@pytest.mark.parametrize(
    ("after", "words"), [(None, "the next try would be in 0.2 s"), (60, "the registry wants to be asked again in 60 s")]
)
async def test_deadline(autojump_clock: MockClock, after: float | None, words: str) -> None:
    """A wait that would end after the deadline is not begun: there is an error, and time to handle it."""
    work = Work(busy(), busy(429, after=after))
    with trio.fail_after(0.25), pytest.raises(RegistryError, match=f"{words}, and there is less time left") as caught:
        await do(work)
    assert caught.value.tries == 2
    assert trio.current_time() == pytest.approx(0.1)


async def test_longer_than_anybody_waits(autojump_clock: MockClock) -> None:
    """A registry that wants to be left alone for hours is: there is an error at once that says so."""
    work = Work(busy(429, after=LONGEST_WAIT))
    with pytest.raises(RegistryError, match=r"\(the registry wants to be asked again in 3600 s\)") as caught:
        await do(work)
    assert (caught.value.retry_after, trio.current_time()) == (LONGEST_WAIT, 0)


async def test_long_tries(autojump_clock: MockClock) -> None:
    """Tries that take long are fewer: a registry that never answers does not hold a run for an hour."""
    work = Work(*[busy()] * 5, takes=PATIENCE / 2)
    with pytest.raises(RegistryError, match="tried 2 times"):
        await do(work)
    assert len(work.times) == 2


class Moving(Work):
    """Gets *step* bytes further each time."""

    def __init__(self, step: float, *failures: RegistryError, takes: float = 1.0) -> None:
        super().__init__(*failures, takes=takes)
        self._step = step

    async def __call__(self) -> str:
        """Move on."""
        self.bytes += int(self._step)
        return await super().__call__()


async def test_progress(autojump_clock: MockClock) -> None:
    """Tries that get further each time are not in vain, however long they take, and the waits begin anew."""
    work = Moving(MIN_RATE * PATIENCE + 1, *[busy()] * 20, takes=PATIENCE)
    assert await do(work, progress=lambda: work.bytes) == "done"
    assert trio.current_time() == pytest.approx(21 * PATIENCE + 20 * 0.1)


@pytest.mark.parametrize(("step", "tries"), [(MIN_RATE + 1, MAX_TRIES), (MIN_RATE, 6), (1, 6), (-5, 6)])
async def test_progress_ends(autojump_clock: MockClock, step: int, tries: int) -> None:
    """But not even they go on for ever, and those that move on by drops are in vain."""
    work = Moving(step, *[busy()] * (MAX_TRIES + 1))
    with pytest.raises(RegistryError, match=f"tried {tries} times"):
        await do(work, progress=lambda: work.bytes)


async def test_one_slows_no_other(autojump_clock: MockClock) -> None:
    """A repository whose manifests are to be left alone slows neither another one nor its own blobs."""
    backoff, times = Backoff(EVEN, Listener()), {}

    async def ask(key: Key, work: Work) -> None:
        await do(work, backoff=backoff, key=key)
        times[key] = work.times

    other, blobs = ("a.example", "team/other", KEY[2]), (*KEY[:2], "GET blobs")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask, KEY, Work(busy(429, after=60)))
        await trio.sleep(1)
        for key in (other, blobs):
            nursery.start_soon(ask, key, Work(busy()))
    assert times == {KEY: [0.0, 60.1], other: [1.0, 1.1], blobs: [1.0, 1.1]}


async def test_all_of_a_kind_wait(autojump_clock: MockClock) -> None:
    """What a registry asks for holds for all of that kind: nobody asks meanwhile."""
    listener, late = Listener(), Work()
    backoff = Backoff(EVEN, listener)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(lambda: do(Work(busy(429, after=60)), backoff=backoff))
        await trio.sleep(1)
        await do(late, backoff=backoff)
    assert late.times == [60.1]
    assert listener.debugged[1:] == [
        "GET manifests of a.example/team/app waits 59.1 s, as the registry asked others to"
    ]


async def test_no_time_to_wait_for_others(autojump_clock: MockClock) -> None:
    """Who has no time for what was asked of others asks at once, and hears it himself."""
    backoff, late = Backoff(EVEN, Listener()), Work()
    backoff.hold(KEY, 60)
    with trio.fail_after(10):
        await do(late, backoff=backoff)
    assert late.times == [0.0]


@pytest.mark.parametrize("passed", [True, False])
async def test_bounded(autojump_clock: MockClock, *, passed: bool) -> None:
    """Scripts that make up repositories fill no memory; what is still to be waited for is kept longest."""
    backoff = Backoff(EVEN, Listener())
    for number in range(MAX_KEPT):
        backoff.hold(("a", str(number), ""), 10)
    await trio.sleep(20 if passed else 0)
    backoff.hold(KEY, 30)
    kept = [backoff.until(("a", str(number), "")) for number in range(MAX_KEPT)]
    assert (backoff.until(KEY), kept.count(10)) == (30, 0 if passed else MAX_KEPT - 1)


async def test_longest_hold_wins() -> None:
    """A shorter wait does not end a longer one."""
    backoff = Backoff(EVEN, Listener())
    backoff.hold(KEY, 60)
    backoff.hold(KEY, 10)
    assert backoff.until(KEY) == 60


async def test_observed(autojump_clock: MockClock) -> None:
    """An operator can see each try that follows, why, and when."""
    listener = Listener()
    await do(Work(busy(), busy(429, after=5)), backoff=Backoff(EVEN, listener))
    assert listener.debugged == ["trying again in 0.1 s: GET /x: 503: no", "trying again in 5.2 s: GET /x: 429: no"]


@pytest.mark.parametrize(("status", "lost"), [(0, True), (500, True), (504, True), (429, False), (408, False)])
async def test_lost(autojump_clock: MockClock, status: int, *, lost: bool) -> None:
    """Who hears that something is not there learns whether he may have deleted it himself a moment ago."""
    with pytest.raises(NotFound) as caught:
        await do(Work(busy(status), NotFound("none", status=404)))
    assert caught.value.lost is lost


async def test_cancelled(autojump_clock: MockClock) -> None:
    """Waiting can be cancelled."""
    work = Work(*[busy()] * 9)
    with trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(do, work)
            await trio.sleep(0.2)
            scope.cancel()
    assert (scope.cancelled_caught, work.times) == (True, [0.0, 0.1])


async def test_no_secrets(autojump_clock: MockClock) -> None:
    """What is told of tries is what the error says, and no more of what it carries."""
    listener = Listener()
    failure = RegistryError("GET /x: no", temporary=True, request=CANARY)
    with pytest.raises(RegistryError) as caught:
        await do(Work(*[failure] * 6), backoff=Backoff(EVEN, listener))
    assert CANARY not in str(caught.value) + "".join(listener.debugged)

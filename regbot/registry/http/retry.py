"""What is tried again after an error that may pass, when, and how often.

How long is waited is kept for each kind of request to each repository: one that is in trouble slows no other down.
Where a registry says itself when it wants to be asked again, all of that kind wait until then.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

import trio

from regbot.registry.errors import RegistryError
from regbot.registry.http.pace import MIN_RATE
from regbot.registry.observer import Unmetered

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from regbot.registry.observer import Meter, Observer

T = TypeVar("T")

LONGEST_WAIT: Final = 3600.0
"""Seconds that are waited at once: a registry that asks for more is not waited for at all."""
PATIENCE: Final = 600.0
"""Seconds of trying in vain, the waits between left out, after which nothing is tried again."""
MAX_TRIES: Final = 100
"""Tries of one piece of work, though each may get further than the last."""
MAX_KEPT: Final = 1000
"""Kinds of requests whose waits are remembered."""

Key: TypeAlias = tuple[str, str, str]
"""Registry, repository ("" for the registry itself), and kind of request."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How often something is tried, and how many seconds lie between: *first*, and twice as many each time.

    *random* gives a number from 0 up to 1: who failed at the same time should not come back at the same time.
    """

    tries: int = 6
    first: float = 0.1
    longest: float = 30.0
    random: Callable[[], float] = random.random

    def wait(self, failures: int) -> float:
        """Return the seconds to wait after so many *failures* (1: the first)."""
        whole = min(self.first * 2.0 ** min(failures - 1, 60), self.longest)
        return whole * (0.5 + self.random() / 2)


class Backoff:
    """When which kind of request may be made again, for one client."""

    def __init__(self, retries: Retries, observer: Observer, meter: Meter | None = None) -> None:
        self.retries, self.observer = retries, observer
        self._meter = meter or Unmetered()
        self._until: dict[Key, float] = {}

    def until(self, key: Key) -> float:
        """Return the time (trio's) from which on *key* may be asked."""
        return self._until.get(key, 0.0)

    def hold(self, key: Key, until: float) -> None:
        """Let nobody ask for *key* before the time *until*."""
        if len(self._until) >= MAX_KEPT:
            now = trio.current_time()
            passed = [key for key, end in self._until.items() if end <= now] or [next(iter(self._until))]
            for old in passed:
                del self._until[old]
        self._until[key] = max(until, self.until(key))

    async def rest(self, key: Key, until: float) -> None:
        """Wait for the time *until*."""
        begun = trio.current_time()
        try:
            await trio.sleep_until(until)
        finally:
            self._meter.waited(key[0], trio.current_time() - begun, "retry")


class Attempts:
    """The tries of one piece of work: `begin` before the first, `failed` after each that failed.

    For work that is one call there is `persist`.  Both wait: no slot of a throttle should be held meanwhile.
    """

    def __init__(self, backoff: Backoff, key: Key) -> None:
        self._backoff, self._key = backoff, key
        self._tries = self._vain = 0
        self._lost = False
        self._spent = 0.0
        self._begun = trio.current_time()

    async def begin(self) -> None:
        """Wait until the registry wants to be asked again, where it said so and there is time for it."""
        until, now = self._backoff.until(self._key), trio.current_time()
        if now < until < trio.current_effective_deadline():
            registry, repository, kind = self._key
            place = f"{registry}/{repository}" if repository else registry
            self._backoff.observer.debug(
                f"{kind} of {place} waits {until - now:.1f} s, as the registry asked others to"
            )
            await self._backoff.rest(self._key, until)
        self._begun = trio.current_time()

    async def failed(self, failure: RegistryError, *, forward: int = 0) -> None:
        """Wait until the next try; raise *failure*, with what is known of the tries, if there should be none.

        *forward* is how many bytes the try got further than those before.  It was not in vain if these came as fast as
        must be (pace.py).
        """
        took = trio.current_time() - self._begun
        vain = forward <= MIN_RATE * took
        self._tries += 1
        self._vain = self._vain + 1 if vain else 0
        self._spent = self._spent + took if vain else 0.0
        failure.lost = failure.lost or self._lost
        self._lost = failure.lost or failure.unsettled
        if not failure.temporary or failure.tries:
            raise failure
        wait = (failure.retry_after or 0.0) + self._backoff.retries.wait(max(self._vain, 1))
        why = self._hindrance(failure, wait)
        if why is not None:
            raise failure.given_up(self._tries, why) from failure
        until = trio.current_time() + wait
        if failure.retry_after:
            self._backoff.hold(self._key, until)
        self._backoff.observer.debug(f"trying again in {wait:.1f} s: {failure}")
        await self._backoff.rest(self._key, until)
        self._begun = trio.current_time()

    def _hindrance(self, failure: RegistryError, wait: float) -> str | None:
        """Return why there is no further try after *wait* seconds, "" if there were enough; None if there is one."""
        if self._vain >= self._backoff.retries.tries or self._tries >= MAX_TRIES or self._spent >= PATIENCE:
            return ""
        asked = f"the registry wants to be asked again in {wait:.0f} s" if failure.retry_after else ""
        if wait > LONGEST_WAIT:
            return asked
        if trio.current_time() + wait >= trio.current_effective_deadline():
            return f"{asked or f'the next try would be in {wait:.1f} s'}, and there is less time left"
        return None


async def persist(
    attempts: Attempts, work: Callable[[], Awaitable[T]], *, progress: Callable[[], int] = lambda: 0
) -> T:
    """Do *work* until it returns; after a RegistryError that is `temporary` wait, and do it again.

    *progress* returns how many bytes have arrived where they should: a try after which these are more was not in vain.
    """
    await attempts.begin()
    best = progress()
    while True:
        try:
            return await work()
        except RegistryError as exc:
            failure = exc
        reached = progress()
        await attempts.failed(failure, forward=max(reached - best, 0))
        best = max(best, reached)

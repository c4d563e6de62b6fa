"""Who is asked for what is only read: the mirrors of a registry, and the registry itself.

The highest priority comes first, at the same priority the registry itself last.  What a mirror does not have, or not
right, or not at all, the next place is asked for; a mirror is asked once for each thing, and with its own login.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import trio

from regbot.registry.errors import NotFound, RegistryError
from regbot.registry.reference import Repository

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from regbot.registry.http.client import Client
    from regbot.registry.observer import Observer

T = TypeVar("T")

REST: Final = 60.0
"""Seconds for which a mirror in trouble is not asked."""


class Mirrors:
    """The mirrors of all registries that one client reaches."""

    def __init__(self, client: Client, observer: Observer) -> None:
        self._client, self._observer = client, observer
        self._resting: dict[str, float] = {}

    def places(self, repository: Repository, *, origin: bool = False) -> Places:
        """Return where to ask for something of a repository, now; with *origin* only the registry itself."""
        here = repository.registry
        named = () if origin else self._client.host(here).mirrors
        mirrors = [name for name in dict.fromkeys(named) if name != here]
        if not mirrors:
            return Places(repository, [repository], self._passed_over)
        # What is equal stays in order.
        order = sorted([*mirrors, here], key=lambda name: -self._client.host(name).priority)
        awake = [name for name in order if name == here or self._is_awake(name)]
        return Places(repository, [Repository(name, repository.path) for name in awake], self._passed_over)

    async def ask(self, repository: Repository, work: Callable[[Places], Awaitable[T]], *, origin: bool = False) -> T:
        """Do *work*, which reads, at the first place where it succeeds; with *origin* at the registry itself only.

        What the registry itself said is raised where no other place helped.
        """
        places = self.places(repository, origin=origin)
        while True:
            try:
                return await work(places)
            except RegistryError as exc:
                failure = exc
            if not places.go_on(failure):
                raise places.refusal or failure

    def _is_awake(self, name: str) -> bool:
        return trio.current_time() >= self._resting.get(name, 0.0)

    def _passed_over(self, place: Repository, failure: RegistryError) -> None:
        self._observer.debug(f"{place.registry} does not help as a mirror: {failure}")
        if failure.temporary or failure.unsettled:
            self._resting[place.registry] = trio.current_time() + REST


class Places:
    """The places that may have what *origin* has; `current` is asked first, and `go_on` tells that it failed.

    *told* hears of each mirror that failed.
    """

    def __init__(
        self, origin: Repository, order: Sequence[Repository], told: Callable[[Repository, RegistryError], None]
    ) -> None:
        self.origin = origin
        self.refusal: RegistryError | None = None
        """What the registry itself said."""
        self._left = iter(order)
        self.current = next(self._left)
        self._told = told

    @property
    def at_mirror(self) -> bool:
        """Whether `current` is a mirror: it gets one try."""
        return self.current != self.origin

    def go_on(self, failure: RegistryError) -> bool:
        """Make the next place the current one; False if there is none, and from then on it is the registry itself.

        That the registry itself knows of no such thing is final.
        """
        if self.at_mirror:
            self._told(self.current, failure)
        else:
            self.refusal = failure
        following = None if isinstance(self.refusal, NotFound) else next(self._left, None)
        self.current = following or self.origin
        return following is not None

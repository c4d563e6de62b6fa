"""Blobs on their way from one registry to another, or between repositories of one."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import trio

from regbot.registry.api import nobody
from regbot.registry.content import Meter, Metered
from regbot.registry.errors import RegistryError, Unverified
from regbot.registry.remote import blobs
from regbot.registry.remote.blobs import Stored
from regbot.registry.remote.delivery import Delivery

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from regbot.registry.descriptor import Descriptor
    from regbot.registry.digest import Digest
    from regbot.registry.http.client import Client
    from regbot.registry.reference import Repository
    from regbot.registry.remote.mirrors import Places
    from regbot.registry.remote.uploads import Upload


class Underway:
    """What is sent to where just now: nothing is sent to one repository twice at a time."""

    def __init__(self) -> None:
        self._turns: dict[tuple[Repository, Digest], trio.Lock] = {}

    @property
    def count(self) -> int:
        """How many digests there are that somebody sends, or waits to."""
        return len(self._turns)

    @asynccontextmanager
    async def alone(self, target: Repository, digest: Digest) -> AsyncIterator[None]:
        """Be the only one that sends what has *digest* there; whoever came before may have done it by then."""
        key = target, digest
        turn = self._turns.setdefault(key, trio.Lock())
        try:
            async with turn:
                yield
        finally:
            if not turn.locked():
                self._turns.pop(key, None)


class Leased:
    """A blob of one registry as Content for another: while it is open it holds a slot of both."""

    def __init__(self, client: Client, places: Places, target: Repository, descriptor: Descriptor) -> None:
        self._client, self._places, self._target = client, places, target
        self.stored = Stored(client, places, descriptor, leased=True)

    @asynccontextmanager
    async def open(self, offset: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        """Stream the blob from *offset* on; see Content."""
        async with (
            self._client.lease(self._places.current.registry, self._target.registry),
            self.stored.open(offset) as data,
        ):
            yield data


async def stream(  # noqa: PLR0913 -- what, from where, to where, and who is told
    client: Client,
    descriptor: Descriptor,
    places: Places,
    target: Repository,
    *,
    upload: Upload | None = None,
    moved: Callable[[int], None] = nobody,
) -> None:
    """Send a blob from the first of *places* that gives it.

    *upload* is one that was begun already.  *moved* is told of the bytes that pass.
    """
    if descriptor.size < 0:
        descriptor = replace(descriptor, size=await _size(client, places.origin, descriptor.digest))
    meter = Meter(moved)
    attempts = client.attempts(places.origin, blobs.PULL)
    await attempts.begin()
    while True:
        content = Leased(client, places, target, descriptor)
        delivery = Delivery(client, target, descriptor, Metered(content, meter), upload=upload, leased=True)
        try:
            await delivery.run()
        except RegistryError:
            if content.stored.failure is None:
                raise
        else:
            return
        # What came of one place is not mended by bytes of another: the next one is asked for all of it.
        upload = None
        if not places.go_on(content.stored.failure):
            await attempts.failed(places.refusal or content.stored.failure)


async def _size(client: Client, source: Repository, digest: Digest) -> int:
    size = (await blobs.head(client, source, digest)).size
    if size < 0:
        message = f"{source.registry} does not say how large the blob {digest} of {source} is"
        raise Unverified(message, code="SIZE_INVALID", registry=source.registry, repository=source.path)
    return size

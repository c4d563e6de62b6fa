"""Having blobs where they should be, with as little as is enough: nothing, a mount, or a stream."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from regbot.registry.content import Bytes, Meter, Metered
from regbot.registry.errors import NotFound, RegistryError
from regbot.registry.remote import blobs, uploads
from regbot.registry.remote.delivery import Delivery
from regbot.registry.remote.transfer import Underway, stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from regbot.registry.content import Content
    from regbot.registry.descriptor import Descriptor
    from regbot.registry.digest import Digest
    from regbot.registry.http.client import Client
    from regbot.registry.reference import Repository
    from regbot.registry.remote.cache import Cache
    from regbot.registry.remote.mirrors import Mirrors
    from regbot.registry.remote.uploads import Upload


class Transfers:
    """What is sent to the registries of one client, and what is known to be there."""

    def __init__(self, client: Client, mirrors: Mirrors, cache: Cache) -> None:
        self._client, self._mirrors, self._cache = client, mirrors, cache
        self._underway = Underway()

    async def has(self, repository: Repository, digest: Digest) -> bool:
        """Ask the registry itself whether the repository has the blob."""
        epoch = self._cache.epoch(repository)
        found = await blobs.has(self._client, repository, digest)
        if found:
            self._learn(epoch, repository, digest)
        else:
            self._cache.missed_blob(repository, digest)
        return found

    async def put(self, repository: Repository, descriptor: Descriptor, content: Content) -> bool:
        """Store a blob unless it is known to be there: False."""
        async with self._sending(repository, descriptor) as needed:
            if needed:
                await Delivery(self._client, repository, descriptor, content).run()
        return needed

    async def copy(
        self, descriptor: Descriptor, source: Repository, target: Repository, moved: Callable[[int], None]
    ) -> bool:
        """Have *target* hold the blob of *source*, False if it does; *moved* is told of bytes that pass."""
        if source == target:
            return False
        async with self._sending(target, descriptor) as needed:
            if not needed:
                return False
            if source.registry == target.registry:
                return await self._mount(descriptor, source, target, moved)
            if await self._may_skip(target, descriptor.digest):
                return False
            await self._stream(descriptor, source, target, None, moved)
            return True

    @asynccontextmanager
    async def _sending(self, target: Repository, descriptor: Descriptor) -> AsyncIterator[bool]:
        """Be the only one that sends a blob there; False if it is there.  After the block it is."""
        async with self._underway.alone(target, descriptor.digest):
            needed = not self._cache.has_blob(target, descriptor.digest)
            epoch = self._cache.epoch(target)
            yield needed
            if needed:
                self._learn(epoch, target, descriptor.digest)

    async def _mount(
        self, descriptor: Descriptor, source: Repository, target: Repository, moved: Callable[[int], None]
    ) -> bool:
        upload = await uploads.mount(self._client, descriptor.digest, source, target)
        if upload is None:
            return True
        # The registry mounts nothing and has begun an upload instead.
        async with uploads.cancelled_on_failure(self._client, upload):
            there = await self._may_skip(target, descriptor.digest)
        if there:
            await uploads.cancel(self._client, upload)
        else:
            await self._stream(descriptor, source, target, upload, moved)
        return not there

    async def _may_skip(self, target: Repository, digest: Digest) -> bool:
        """Say whether the target is known to have a blob; where we may only push that is nothing."""
        try:
            return await self.has(target, digest)
        except RegistryError as exc:
            if exc.turns_away:
                return False
            raise

    async def _stream(
        self,
        descriptor: Descriptor,
        source: Repository,
        target: Repository,
        upload: Upload | None,
        moved: Callable[[int], None],
    ) -> None:
        kept = self._cache.content(source, descriptor.digest)
        if kept is not None:
            descriptor = replace(descriptor, size=len(kept))
            content = Metered(Bytes(kept), Meter(moved))
            await Delivery(self._client, target, descriptor, content, upload=upload).run()
            return
        places = self._mirrors.places(source)
        try:
            await stream(self._client, descriptor, places, target, upload=upload, moved=moved)
        except NotFound:
            self._cache.missed_blob(source, descriptor.digest)
            raise

    def _learn(self, epoch: int, repository: Repository, digest: Digest) -> None:
        """Remember a blob that was asked for in *epoch*, if nothing was deleted since."""
        if epoch == self._cache.epoch(repository):
            self._cache.note_blob(repository, digest)

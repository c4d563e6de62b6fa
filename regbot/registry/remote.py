"""Registries over HTTP: api.Registry for every reference that is not a layout's.

Each method is one operation of the modules it names; what is added here is that immutable content is asked for once.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from regbot.registry import blobs, deletion, manifests, mediatype, repositories, tags
from regbot.registry.api import nobody
from regbot.registry.cache import Cache
from regbot.registry.errors import NotFound, RegistryError
from regbot.registry.held import Held
from regbot.registry.observer import Silent
from regbot.registry.reference import parse_registry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from regbot.registry.content import Content
    from regbot.registry.descriptor import Descriptor
    from regbot.registry.digest import Digest
    from regbot.registry.http import Client
    from regbot.registry.manifest import Head, Manifest
    from regbot.registry.observer import Observer
    from regbot.registry.reference import Reference, Repository

SMALL: Final = 256 << 10
"""Bytes of a config that is kept."""


class Remote:
    """All registries that one `Client` reaches."""

    def __init__(self, client: Client, observer: Observer | None = None) -> None:
        self._client, self._observer = client, observer or Silent()
        self._cache = Cache()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def repositories(self, registry: str, *, limit: int = 0, last: str = "") -> list[str]:
        """List the repositories of a registry; see api.Reader."""
        return await repositories.ls(self._client, parse_registry(registry), limit=limit, last=last)

    async def tags(self, repository: Repository, *, limit: int = 0, last: str = "") -> list[str]:
        """List the tags of a repository; see api.Reader."""
        return await tags.ls(self._client, repository, limit=limit, last=last)

    async def head(self, reference: Reference, *, origin: bool = False) -> Head:  # noqa: ARG002
        """Look at a manifest; see api.Reader."""
        epoch = self._cache.epoch
        with self._noticing(reference):
            head, manifest = await manifests.head(self._client, reference)
        self._learn(epoch, reference, head.descriptor.digest, manifest)
        return head

    async def manifest(self, reference: Reference, *, origin: bool = False) -> Manifest:
        """Return a manifest; see api.Reader.

        Where one is kept for a tag, a HEAD comes first, which costs no pull; where none is, a GET at once.
        """
        repository = reference.repository
        if reference.digest is not None:
            return self._cache.manifest(repository, reference.digest) or await self._get(reference)
        known = self._cache.tag(repository, reference.tag)
        if known is None or self._cache.manifest(repository, known) is None:
            return await self._get(reference)
        head = await self.head(reference, origin=origin)
        found = self._cache.manifest(repository, head.descriptor.digest)
        if found is None:
            return await self._get(reference.at(head.descriptor.digest))
        return replace(found, rate_limit=head.rate_limit)

    @asynccontextmanager
    async def blob(self, repository: Repository, descriptor: Descriptor) -> AsyncIterator[AsyncIterator[bytes]]:
        """Stream a blob; see api.Reader.  Small configs are kept."""
        if descriptor.media_type in mediatype.CONFIGS and 0 <= descriptor.size <= SMALL:
            yield Held(await self._config(repository, descriptor))
            return
        async with self._reading(repository, descriptor) as data:
            yield data

    async def referrers(self, reference: Reference, *, artifact_type: str = "") -> list[Descriptor]:
        """List what refers to a manifest; see api.Reader."""
        raise NotImplementedError

    async def blob_head(self, repository: Repository, digest: Digest) -> Descriptor:
        """Look at a blob; see api.Reader."""
        raise NotImplementedError

    async def has_blob(self, repository: Repository, digest: Digest) -> bool:
        """Say whether the repository has a blob; see api.Reader."""
        epoch = self._cache.epoch
        found = await blobs.has(self._client, repository, digest)
        if found:
            self._learn_blob(epoch, repository, digest)
        else:
            self._cache.missed_blob(repository, digest)
        return found

    async def put_manifest(self, reference: Reference, manifest: Manifest) -> None:
        """Store a manifest; see api.Registry."""
        epoch = self._cache.epoch
        try:
            await manifests.put(self._client, reference, manifest)
        except RegistryError:
            # It may name a blob that was here and has been collected.
            self._cache.forget(reference.repository)
            raise
        self._learn(epoch, reference, manifest.descriptor.digest, manifest)

    async def delete_manifest(self, reference: Reference) -> None:
        """Delete a manifest; see api.Registry."""
        with self._forgetting(reference.repository):
            await manifests.delete(self._client, reference)

    async def delete_tag(self, reference: Reference) -> None:
        """Delete a tag; see api.Registry."""
        with self._forgetting(reference.repository):
            await deletion.delete_tag(self._client, reference, warn=self._observer.error)

    async def put_blob(self, repository: Repository, descriptor: Descriptor, content: Content) -> None:
        """Store a blob; see api.Registry."""
        epoch = self._cache.epoch
        async with content.open() as data:
            await blobs.put(self._client, repository, descriptor, data)
        self._learn_blob(epoch, repository, descriptor.digest)

    async def copy_blob(
        self, descriptor: Descriptor, source: Repository, target: Repository, *, moved: Callable[[int], None] = nobody
    ) -> None:
        """Copy a blob between repositories of registries; see api.Registry."""
        if source == target or self._cache.has_blob(target, descriptor.digest):
            return
        epoch = self._cache.epoch
        if source.registry == target.registry:
            await self._mount(descriptor, source, target)
        elif not await self.has_blob(target, descriptor.digest):
            async with self._streaming(descriptor, source, target) as data:
                await blobs.put(self._client, target, descriptor, data, leased=True)
        self._learn_blob(epoch, target, descriptor.digest)

    async def _mount(self, descriptor: Descriptor, source: Repository, target: Repository) -> None:
        upload = await blobs.mount(self._client, descriptor.digest, source, target)
        if upload is None:
            return
        # The registry mounts nothing and has begun an upload instead.
        async with blobs.cancelled_on_failure(self._client, upload):
            if await self.has_blob(target, descriptor.digest):
                await blobs.cancel(self._client, upload)
                return
            async with self._streaming(descriptor, source, target) as data:
                await blobs.finish(self._client, replace(upload, leased=True), descriptor, data)

    @asynccontextmanager
    async def _streaming(
        self, descriptor: Descriptor, source: Repository, target: Repository
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Stream a blob of the source while holding the slot for sending it to the target, too."""
        async with self._client.lease(source.registry, target.registry):
            content = self._cache.content(source, descriptor.digest)
            if content is not None:
                yield Held(content)
                return
            async with self._reading(source, descriptor, leased=True) as data:
                yield data

    @asynccontextmanager
    async def _reading(
        self, repository: Repository, descriptor: Descriptor, *, leased: bool = False
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        try:
            async with blobs.get(self._client, repository, descriptor, leased=leased) as data:
                yield data
        except NotFound:
            self._cache.missed_blob(repository, descriptor.digest)
            raise

    async def _config(self, repository: Repository, descriptor: Descriptor) -> bytes:
        content = self._cache.content(repository, descriptor.digest)
        if content is None:
            epoch = self._cache.epoch
            async with self._reading(repository, descriptor) as data:
                content = b"".join([chunk async for chunk in data])
            if epoch == self._cache.epoch:
                self._cache.keep(repository, descriptor.digest, content)
        return content

    async def _get(self, reference: Reference) -> Manifest:
        epoch = self._cache.epoch
        with self._noticing(reference):
            manifest = await manifests.get(self._client, reference)
        self._learn(epoch, reference, manifest.descriptor.digest, manifest)
        return manifest

    def _learn(self, epoch: int, reference: Reference, digest: Digest, manifest: Manifest | None) -> None:
        """Keep what came of a request that began in *epoch*, if nothing was deleted since."""
        if epoch != self._cache.epoch:
            return
        if manifest is not None:
            self._cache.keep(reference.repository, digest, manifest)
        if reference.digest is None:
            self._cache.note_tag(reference.repository, reference.tag, digest)

    def _learn_blob(self, epoch: int, repository: Repository, digest: Digest) -> None:
        """Remember a blob, likewise."""
        if epoch == self._cache.epoch:
            self._cache.note_blob(repository, digest)

    @contextmanager
    def _forgetting(self, repository: Repository) -> Iterator[None]:
        """Know nothing of a repository that something is deleted in; nor of what was asked for meanwhile."""
        self._cache.forget(repository)
        try:
            yield
        finally:
            self._cache.forget(repository)

    @contextmanager
    def _noticing(self, reference: Reference) -> Iterator[None]:
        """Let the cache know of a manifest that is not there."""
        try:
            yield
        except NotFound:
            self._cache.missed(reference)
            raise

"""Registries over HTTP: api.Registry for every reference that is not a layout's.

Each method is one operation of the modules it names; what is added here is that immutable content is asked for once.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Final

from regbot.registry import mediatype
from regbot.registry.api import nobody
from regbot.registry.errors import NotFound, RegistryError
from regbot.registry.held import Held
from regbot.registry.observer import Silent
from regbot.registry.reference import parse_registry
from regbot.registry.remote import blobs, deletion, repositories, tags
from regbot.registry.remote.cache import Cache
from regbot.registry.remote.lookup import Lookup
from regbot.registry.remote.mirrors import Mirrors
from regbot.registry.remote.referrers import Referrers
from regbot.registry.remote.transfer import Underway
from regbot.registry.remote.transfers import Transfers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from regbot.registry.content import Content
    from regbot.registry.descriptor import Descriptor
    from regbot.registry.digest import Digest
    from regbot.registry.http.client import Client
    from regbot.registry.manifest import Head, Manifest
    from regbot.registry.observer import Observer
    from regbot.registry.reference import Reference, Repository
    from regbot.registry.remote.mirrors import Places

SMALL: Final = 256 << 10
"""Bytes of a config that is kept."""


class Remote:
    """All registries that one `Client` reaches."""

    def __init__(self, client: Client, observer: Observer | None = None) -> None:
        self._client, self._observer = client, observer or Silent()
        self._cache = Cache()
        self._mirrors = Mirrors(client, self._observer)
        self._lookup = Lookup(client, self._mirrors, self._cache)
        self._transfers = Transfers(client, self._mirrors, self._cache)
        self._referrers = Referrers(client)
        self._putting = Underway()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    def at_once(self, calls: int) -> None:
        """Be told how many calls a script has in flight; see Throttle.at_once."""
        self._client.at_once(calls)

    async def repositories(self, registry: str, *, limit: int = 0, last: str = "") -> list[str]:
        """List the repositories of a registry; see api.Reader."""
        return await repositories.ls(self._client, parse_registry(registry), limit=limit, last=last)

    async def tags(self, repository: Repository, *, limit: int = 0, last: str = "") -> list[str]:
        """List the tags of a repository; see api.Reader."""
        return await tags.ls(self._client, repository, limit=limit, last=last)

    async def head(self, reference: Reference, *, origin: bool = False) -> Head:
        """Look at a manifest; see api.Reader."""
        return await self._lookup.head(reference, origin=origin)

    async def manifest(self, reference: Reference, *, origin: bool = False) -> Manifest:
        """Return a manifest; see api.Reader."""
        return await self._lookup.manifest(reference, origin=origin)

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
        return await self._referrers.ls(reference, artifact_type=artifact_type)

    async def blob_head(self, repository: Repository, digest: Digest) -> Descriptor:
        """Look at a blob; see api.Reader."""

        async def ask(places: Places) -> Descriptor:
            return await blobs.head(self._client, places.current, digest, once=places.at_mirror)

        return await self._mirrors.ask(repository, ask)

    async def has_blob(self, repository: Repository, digest: Digest) -> bool:
        """Say whether the repository has a blob; see api.Reader."""
        return await self._transfers.has(repository, digest)

    async def put_manifest(self, reference: Reference, manifest: Manifest, *, child: bool = False) -> None:  # noqa: ARG002 -- of layouts
        """Store a manifest; see api.Registry."""
        repository, digest = reference.repository, manifest.descriptor.digest
        epoch = self._cache.epoch(repository)
        try:
            # Registries mix up two that put the same manifest at the same time.
            async with self._putting.alone(repository, digest):
                await self._referrers.put(reference, manifest)
        except RegistryError:
            # It may name a blob that was here and has been collected.
            self._cache.forget(repository)
            raise
        self._lookup.learn(epoch, reference, digest, manifest)

    async def delete_manifest(self, reference: Reference) -> None:
        """Delete a manifest; see api.Registry."""
        known = self._cache.manifest(reference.repository, reference.digest) if reference.digest else None
        with self._forgetting(reference.repository):
            await self._referrers.delete(reference, known)

    async def delete_tag(self, reference: Reference) -> Digest | None:
        """Delete a tag; see api.Registry."""
        with self._forgetting(reference.repository):
            return await deletion.delete_tag(self._client, reference, warn=self._observer.error)

    async def put_blob(self, repository: Repository, descriptor: Descriptor, content: Content) -> bool:
        """Store a blob; see api.Registry."""
        return await self._transfers.put(repository, descriptor, content)

    async def copy_blob(
        self, descriptor: Descriptor, source: Repository, target: Repository, *, moved: Callable[[int], None] = nobody
    ) -> bool:
        """Copy a blob between repositories of registries; see api.Registry."""
        return await self._transfers.copy(descriptor, source, target, moved)

    @asynccontextmanager
    async def _reading(self, repository: Repository, descriptor: Descriptor) -> AsyncIterator[AsyncIterator[bytes]]:
        try:
            async with blobs.Stored(self._client, self._mirrors.places(repository), descriptor).open() as data:
                yield data
        except NotFound:
            self._cache.missed_blob(repository, descriptor.digest)
            raise

    async def _config(self, repository: Repository, descriptor: Descriptor) -> bytes:
        content = self._cache.content(repository, descriptor.digest)
        if content is None:
            epoch = self._cache.epoch(repository)
            async with self._reading(repository, descriptor) as data:
                content = b"".join([chunk async for chunk in data])
            if epoch == self._cache.epoch(repository):
                self._cache.keep(repository, descriptor.digest, content)
        return content

    @contextmanager
    def _forgetting(self, repository: Repository) -> Iterator[None]:
        """Know nothing of a repository that something is deleted in; nor of what was asked for meanwhile."""
        self._cache.forget(repository)
        try:
            yield
        finally:
            self._cache.forget(repository)

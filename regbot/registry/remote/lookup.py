"""Manifests that are asked for: of what is kept, of a mirror, or of the registry itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from regbot.registry.errors import NotFound
from regbot.registry.remote import manifests

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from regbot.registry.digest import Digest
    from regbot.registry.http.client import Client
    from regbot.registry.manifest import Head, Manifest
    from regbot.registry.reference import Reference
    from regbot.registry.remote.cache import Cache
    from regbot.registry.remote.mirrors import Mirrors, Places

T = TypeVar("T")


class Lookup:
    """The manifests of all registries that one client reaches."""

    def __init__(self, client: Client, mirrors: Mirrors, cache: Cache) -> None:
        self._client, self._mirrors, self._cache = client, mirrors, cache

    async def head(self, reference: Reference, *, origin: bool) -> Head:
        """Look at a manifest; see api.Reader."""

        async def ask(places: Places) -> tuple[Head, Manifest | None]:
            return await manifests.head(self._client, _there(reference, places), once=places.at_mirror)

        epoch = self._cache.epoch(reference.repository)
        head, manifest = await self._ask(reference, ask, origin=origin)
        self.learn(epoch, reference, head.descriptor.digest, manifest)
        return head

    async def manifest(self, reference: Reference, *, origin: bool) -> Manifest:
        """Return a manifest; see api.Reader.

        Where one is kept for a tag, a HEAD comes first, which costs no pull; where none is, a GET at once.
        """
        repository = reference.repository
        if reference.digest is not None:
            return self._cache.manifest(repository, reference.digest) or await self._get(reference, origin=origin)
        known = self._cache.tag(repository, reference.tag)
        if known is None or self._cache.manifest(repository, known) is None:
            return await self._get(reference, origin=origin)
        head = await self.head(reference, origin=origin)
        found = self._cache.manifest(repository, head.descriptor.digest)
        if found is None:
            return await self._get(reference.at(head.descriptor.digest), origin=origin)
        return replace(found, rate_limit=head.rate_limit)

    def learn(self, epoch: int, reference: Reference, digest: Digest, manifest: Manifest | None) -> None:
        """Keep what came of a request that began in *epoch*, if nothing was deleted since."""
        if epoch != self._cache.epoch(reference.repository):
            return
        if manifest is not None:
            self._cache.keep(reference.repository, digest, manifest)
        if reference.digest is None:
            self._cache.note_tag(reference.repository, reference.tag, digest)

    async def _get(self, reference: Reference, *, origin: bool) -> Manifest:
        async def ask(places: Places) -> Manifest:
            return await manifests.get(self._client, _there(reference, places), once=places.at_mirror)

        epoch = self._cache.epoch(reference.repository)
        manifest = await self._ask(reference, ask, origin=origin)
        self.learn(epoch, reference, manifest.descriptor.digest, manifest)
        return manifest

    async def _ask(self, reference: Reference, ask: Callable[[Places], Awaitable[T]], *, origin: bool) -> T:
        """Ask for a manifest; let the cache know of one that is not there."""
        try:
            return await self._mirrors.ask(reference.repository, ask, origin=origin)
        except NotFound:
            self._cache.missed(reference)
            raise


def _there(reference: Reference, places: Places) -> Reference:
    """Return *reference* at the place that is asked now."""
    return replace(reference, repository=places.current) if places.at_mirror else reference

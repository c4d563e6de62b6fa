"""Registries as they would be: reads of a dry run, which see what was not written."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Final, Protocol

from regbot.registry import mediatype
from regbot.registry.api import Reader
from regbot.registry.descriptor import Descriptor
from regbot.registry.errors import NotFound, RegistryError
from regbot.registry.held import Held
from regbot.registry.manifest import Head, Manifest, RateLimit
from regbot.registry.recent import Recent
from regbot.registry.reference import Reference, Repository, parse_registry
from regbot.supervisor.dry.plan import MAX_BLOB, MAX_BLOBS, Unkept

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from regbot.registry.digest import Digest
    from regbot.supervisor.dry.plan import Pending, Plan, Planned, Source

MAX_SEEN: Final = 20_000
"""Manifests and blobs of which a run remembers that they are there."""


class Below(Reader, Protocol):
    """The real registries, for reading."""

    def identity(self, repository: Repository) -> str:
        """Return what is the same for all spellings of one repository."""
        ...


class Outlook:
    """The real registries, *below*, with what is in the *plan*; satisfies `api.Reader`."""

    def __init__(self, below: Below, plan: Plan) -> None:
        self._below, self._plan = below, plan
        self._seen: Recent[tuple[str, Digest], Digest] = Recent(MAX_SEEN)

    def identity(self, repository: Repository) -> str:
        """Return what is the same for all spellings of one repository."""
        return self._below.identity(repository)

    async def repositories(self, registry: str, *, limit: int = 0, last: str = "") -> list[str]:
        """List what is there and what would be; see api.Reader."""
        name = parse_registry(registry)
        planned = [each for each in self._plan.all() if any(each.manifests.values())]
        added = {each.repository.path for each in planned if each.repository.registry == name}
        if not added:
            return await self._below.repositories(registry, limit=limit, last=last)
        found = {*await self._below.repositories(registry), *added}
        return _cut(sorted(found), limit, last)

    async def tags(self, repository: Repository, *, limit: int = 0, last: str = "") -> list[str]:
        """List the tags as they would be; see api.Reader."""
        pending = self._written(repository)
        if pending is None or not (pending.tags or pending.manifests):
            return await self._below.tags(repository, limit=limit, last=last)
        try:
            found = await self._below.tags(repository)
        except NotFound:
            # It would be there now, though perhaps without a tag.
            found = []
        kept = [tag for tag in found if await self._stays(pending, tag)]
        listed = set(kept)
        would_be = kept + [tag for tag, digest in pending.tags.items() if digest is not None and tag not in listed]
        in_order = sorted(would_be) if limit or last or kept == sorted(kept) else would_be
        return _cut(in_order, limit, last)

    async def head(self, reference: Reference, *, origin: bool = False) -> Head:
        """Look at a manifest as it would be; see api.Reader."""
        if planned := self._would_be(reference):
            return Head(planned.descriptor, RateLimit())
        head = await self._below.head(reference, origin=origin)
        self._refuse_buried(reference, head.descriptor.digest)
        self._see(reference.repository, head.descriptor.digest)
        return head

    async def manifest(self, reference: Reference, *, origin: bool = False) -> Manifest:
        """Return a manifest as it would be; see api.Reader."""
        if planned := self._would_be(reference):
            return planned.manifest()
        manifest = await self._below.manifest(reference, origin=origin)
        self._refuse_buried(reference, manifest.descriptor.digest)
        self._see(reference.repository, manifest.descriptor.digest)
        return manifest

    async def referrers(self, reference: Reference, *, artifact_type: str = "") -> list[Descriptor]:
        """List what would refer to a manifest; see api.Reader."""
        there = await self._below.referrers(reference, artifact_type=artifact_type)
        pending = self._written(reference.repository)
        if pending is None:
            return there
        planned = [each for each in pending.manifests.values() if each and each.subject == reference.digest]
        added = [each.manifest().referrer() for each in planned]
        return [each for each in there if each.digest not in pending.manifests] + [
            each for each in added if artifact_type in {"", each.artifact_type}
        ]

    def blob(self, repository: Repository, descriptor: Descriptor) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Stream a blob from where it would have come from; see api.Reader."""
        origin = self._origin(repository, descriptor.digest)
        if isinstance(origin, Unkept):
            raise _unkept(repository, descriptor.digest)
        if isinstance(origin, bytes):
            return _held(origin)
        return self._below.blob(origin, descriptor)

    async def blob_head(self, repository: Repository, digest: Digest) -> Descriptor:
        """Look at a blob as it would be; see api.Reader."""
        origin = self._origin(repository, digest)
        if isinstance(origin, Unkept):
            return Descriptor(mediatype.OCTETS, digest, origin.size)
        if isinstance(origin, bytes):
            return Descriptor(mediatype.OCTETS, digest, len(origin))
        return await self._below.blob_head(origin, digest)

    async def has_blob(self, repository: Repository, digest: Digest) -> bool:
        """Say whether the repository would have the blob."""
        if (pending := self._written(repository)) and digest in pending.blobs:
            return True
        found = await self._below.has_blob(repository, digest)
        if found:
            self._see(repository, digest)
        return found

    def _see(self, repository: Repository, digest: Digest) -> None:
        self._seen.put((self._below.identity(repository), digest), digest)

    def _saw(self, repository: Repository, digest: Digest) -> bool:
        """Say whether a manifest or blob is known to be there, or to have been when the run began."""
        return self._seen.get((self._below.identity(repository), digest)) is not None

    def _written(self, repository: Repository) -> Pending | None:
        return self._plan.get(self._below.identity(repository))

    def _would_be(self, reference: Reference) -> Planned | None:
        """Return the manifest that a reference would have by what was written; None if nothing was written of it."""
        pending = self._written(reference.repository)
        if pending is None:
            return None
        digest = reference.digest
        if digest is None:
            if reference.meant_tag not in pending.tags:
                return None
            digest = pending.tags[reference.meant_tag]
        if digest is None or (digest in pending.manifests and pending.manifests[digest] is None):
            raise _gone(reference)
        return pending.manifests.get(digest)

    def _refuse_buried(self, reference: Reference, digest: Digest) -> None:
        pending = self._written(reference.repository)
        if pending is not None and digest in pending.buried:
            raise _gone(reference)

    async def _stays(self, pending: Pending, tag: str) -> bool:
        """Say whether a real tag would still be there."""
        if tag in pending.tags:
            return pending.tags[tag] is not None
        if not pending.buried:
            return True
        if tag not in pending.below:
            self._plan.note_below(pending, tag, await self._digest_below(Reference(pending.repository, tag)))
        return pending.below[tag] not in pending.buried

    async def _digest_below(self, reference: Reference) -> Digest | None:
        try:
            return (await self._below.head(reference, origin=True)).descriptor.digest
        except NotFound:
            return None

    def _origin(self, repository: Repository, digest: Digest) -> Source:
        pending = self._written(repository)
        return repository if pending is None else pending.blobs.get(digest, repository)


def _gone(reference: Reference) -> NotFound:
    return NotFound(
        f"{reference} was deleted earlier in this dry run",
        status=404,
        code="MANIFEST_UNKNOWN",
        registry=reference.repository.registry,
        repository=reference.repository.path,
    )


def _unkept(repository: Repository, digest: Digest) -> RegistryError:
    return RegistryError(
        f"{repository} would have the blob {digest}, but it cannot be read in this dry run, which keeps only blobs "
        f"of up to {MAX_BLOB >> 20} MiB, and {MAX_BLOBS >> 20} MiB in all, of those that are put",
        code="TOO_LARGE",
        registry=repository.registry,
        repository=repository.path,
    )


def _cut(names: list[str], limit: int, last: str) -> list[str]:
    after = [name for name in names if name > last]
    return after[:limit] if limit else after


@asynccontextmanager
async def _held(data: bytes) -> AsyncIterator[AsyncIterator[bytes]]:
    yield Held(data)

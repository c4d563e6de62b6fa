"""A dry run's registry: reads come from the real one, writes stay in memory, and reads see them.

Nothing here can change a registry: the overlay holds a `Reader`, and the client below it (registry/http.py) was made to
send GET and HEAD only.  What would fail, fails: a copy of what does not exist, the deletion of a tag that is not there.
Whether a registry refuses to delete at all, GET and HEAD do not tell.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

from regbot.registry.api import Reader, nobody
from regbot.registry.errors import NotFound, Unverified
from regbot.registry.held import Held
from regbot.registry.manifest import Head, Manifest
from regbot.registry.reference import DEFAULT_TAG, Reference, Repository, parse_registry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from regbot.registry.content import Content
    from regbot.registry.descriptor import Descriptor
    from regbot.registry.digest import Digest


@dataclass(frozen=True, slots=True)
class Change:
    """A write that was not made: *what* is a verb and a noun, *target* the reference, *digest* what it is or was."""

    what: str
    target: str
    digest: str
    size: int = 0


@dataclass(slots=True)
class Pending:
    """What one repository would hold besides, or no longer."""

    repository: Repository
    tags: dict[str, Digest | None] = field(default_factory=dict)
    """None is a deleted tag."""
    manifests: dict[Digest, Manifest | None] = field(default_factory=dict)
    """None is a deleted manifest."""
    buried: set[Digest] = field(default_factory=set)
    """Manifests that were deleted: the real tags that point at them are gone, even if such a manifest comes back."""
    below: dict[str, Digest | None] = field(default_factory=dict)
    """Where real tags point, as far as it was asked; None: nowhere."""
    blobs: dict[Digest, Repository | bytes] = field(default_factory=dict)
    """Where a blob would have come from, or what it holds."""


Plan: TypeAlias = dict[str, Pending]
"""The writes of a whole dry run, by the identity of their repository.

The runs of one `once` share it, as they would share a registry.
"""


class Below(Reader, Protocol):
    """The real registries, for reading."""

    def identity(self, repository: Repository) -> str:
        """Return what is the same for all spellings of one repository."""
        ...


class Overlay:
    """The `Registry` of one run in a dry run."""

    def __init__(self, below: Below, plan: Plan, note: Callable[[Change], None]) -> None:
        self._below, self._plan, self._note = below, plan, note

    async def repositories(self, registry: str, *, limit: int = 0, last: str = "") -> list[str]:
        """List what is there and what would be; see api.Reader."""
        name = parse_registry(registry)
        planned = [each for each in self._plan.values() if any(each.manifests.values())]
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
        would_be = kept + [tag for tag, digest in pending.tags.items() if digest is not None and tag not in kept]
        in_order = sorted(would_be) if limit or last or kept == sorted(kept) else would_be
        return _cut(in_order, limit, last)

    async def head(self, reference: Reference, *, origin: bool = False) -> Head:
        """Look at a manifest as it would be; see api.Reader."""
        digest = self._would_be(reference)
        if digest is None:
            head = await self._below.head(reference, origin=origin)
            self._refuse_buried(reference, head.descriptor.digest)
            return head
        manifest = await self.manifest(reference.at(digest))
        return Head(manifest.descriptor, manifest.rate_limit)

    async def manifest(self, reference: Reference, *, origin: bool = False) -> Manifest:
        """Return a manifest as it would be; see api.Reader."""
        digest = self._would_be(reference)
        if digest is None:
            manifest = await self._below.manifest(reference, origin=origin)
            self._refuse_buried(reference, manifest.descriptor.digest)
            return manifest
        planned = self._writing(reference.repository).manifests.get(digest)
        return planned or await self._below.manifest(reference.at(digest))

    def blob(self, repository: Repository, descriptor: Descriptor) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Stream a blob from where it would have come from; see api.Reader."""
        origin = self._origin(repository, descriptor.digest)
        if isinstance(origin, bytes):
            return _held(origin)
        return self._below.blob(origin, descriptor)

    async def referrers(self, reference: Reference, *, artifact_type: str = "") -> list[Descriptor]:
        """List what would refer to a manifest; see api.Reader."""
        raise NotImplementedError

    async def blob_head(self, repository: Repository, digest: Digest) -> Descriptor:
        """Look at a blob as it would be; see api.Reader."""
        raise NotImplementedError

    async def has_blob(self, repository: Repository, digest: Digest) -> bool:
        """Say whether the repository would have the blob."""
        if (pending := self._written(repository)) and digest in pending.blobs:
            return True
        return await self._below.has_blob(repository, digest)

    async def put_manifest(self, reference: Reference, manifest: Manifest) -> None:
        """Keep a manifest in memory; see api.Registry."""
        digest = manifest.descriptor.digest
        if reference.digest is not None and reference.digest != digest:
            raise Unverified(f"the manifest is {digest}, not {reference.digest}", code="DIGEST_INVALID")
        pending = self._writing(reference.repository)
        pending.manifests[digest] = manifest
        if tag := _tag(reference):
            pending.tags[tag] = digest
        self._note(Change("put manifest", str(reference), str(digest), len(manifest.body)))

    async def delete_manifest(self, reference: Reference) -> None:
        """Forget a manifest and the tags that point at it; see api.Registry."""
        digest = (await self.head(reference)).descriptor.digest
        pending = self._writing(reference.repository)
        pending.manifests[digest] = None
        pending.buried.add(digest)
        pending.tags |= {tag: None for tag, where in pending.tags.items() if where == digest}
        self._note(Change("delete manifest", str(reference), str(digest)))

    async def delete_tag(self, reference: Reference) -> None:
        """Forget a tag; see api.Registry."""
        tagged = reference.tagged(reference.tag)
        digest = (await self.head(tagged)).descriptor.digest
        self._writing(tagged.repository).tags[tagged.tag] = None
        self._note(Change("delete tag", str(tagged), str(digest)))

    async def put_blob(self, repository: Repository, descriptor: Descriptor, content: Content) -> None:
        """Keep a blob in memory; see api.Registry."""
        async with content.open() as data:
            held = b"".join([piece async for piece in data])
        descriptor.digest.verify(held, f"the blob for {repository}")
        self._writing(repository).blobs[descriptor.digest] = held
        self._note(Change("put blob", str(repository), str(descriptor.digest), len(held)))

    async def copy_blob(
        self,
        descriptor: Descriptor,
        source: Repository,
        target: Repository,
        *,
        moved: Callable[[int], None] = nobody,  # noqa: ARG002 -- nothing moves
    ) -> None:
        """Note that the target would have the blob; the source must have it now."""
        if await self.has_blob(target, descriptor.digest):
            return
        if not await self.has_blob(source, descriptor.digest):
            raise NotFound(
                f"{source} has no blob {descriptor.digest}",
                status=404,
                code="BLOB_UNKNOWN",
                registry=source.registry,
                repository=source.path,
            )
        self._writing(target).blobs[descriptor.digest] = self._origin(source, descriptor.digest)
        self._note(Change("put blob", str(target), str(descriptor.digest), descriptor.size))

    def _written(self, repository: Repository) -> Pending | None:
        return self._plan.get(self._below.identity(repository))

    def _writing(self, repository: Repository) -> Pending:
        return self._plan.setdefault(self._below.identity(repository), Pending(repository))

    def _would_be(self, reference: Reference) -> Digest | None:
        """Return the digest that a reference would have by what was written; None if nothing was written of it."""
        pending = self._written(reference.repository)
        if pending is None:
            return None
        digest = reference.digest
        if digest is None:
            if _tag(reference) not in pending.tags:
                return None
            digest = pending.tags[_tag(reference)]
        if digest is None or pending.manifests.get(digest, ...) is None:
            raise _gone(reference)
        return digest if digest in pending.manifests else None

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
            try:
                head = await self._below.head(Reference(pending.repository, tag))
            except NotFound:
                pending.below[tag] = None
            else:
                pending.below[tag] = head.descriptor.digest
        return pending.below[tag] not in pending.buried

    def _origin(self, repository: Repository, digest: Digest) -> Repository | bytes:
        pending = self._written(repository)
        return repository if pending is None else pending.blobs.get(digest, repository)


def _tag(reference: Reference) -> str:
    return reference.tag or ("" if reference.digest else DEFAULT_TAG)


def _gone(reference: Reference) -> NotFound:
    return NotFound(
        f"{reference} was deleted earlier in this dry run",
        status=404,
        code="MANIFEST_UNKNOWN",
        registry=reference.repository.registry,
        repository=reference.repository.path,
    )


def _cut(names: list[str], limit: int, last: str) -> list[str]:
    after = [name for name in names if name > last]
    return after[:limit] if limit else after


@asynccontextmanager
async def _held(data: bytes) -> AsyncIterator[AsyncIterator[bytes]]:
    yield Held(data)

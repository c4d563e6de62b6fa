"""A registry whose writes are noted, the real one or that of a dry run; satisfies `api.Registry`.

It asks for nothing by itself, unless it is told to look where a tag points before that is changed.  A blob that a
registry was asked to mount is noted, though the repository may have had it: the answer does not tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from regbot.registry.api import Registry, nobody
from regbot.registry.errors import NotFound, RegistryError
from regbot.supervisor.audit.change import Change
from regbot.supervisor.audit.known_tags import NOTHING, KnownTags

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from regbot.registry.content import Content
    from regbot.registry.descriptor import Descriptor
    from regbot.registry.digest import Digest
    from regbot.registry.manifest import Head, Manifest
    from regbot.registry.reference import Reference, Repository


class Below(Registry, Protocol):
    """What writes are made through."""

    def identity(self, repository: Repository) -> str:
        """Return what is the same for all spellings of one repository."""
        ...


class Recorded:
    """*note* is told of each write that was made; with *look* a tag of which nothing is known is asked for before."""

    def __init__(self, below: Below, note: Callable[[Change], None], *, look: bool = False) -> None:
        self._below, self._note, self._look = below, note, look
        self._known = KnownTags(below.identity)

    async def repositories(self, registry: str, *, limit: int = 0, last: str = "") -> list[str]:
        """List repositories; see api.Reader."""
        return await self._below.repositories(registry, limit=limit, last=last)

    async def tags(self, repository: Repository, *, limit: int = 0, last: str = "") -> list[str]:
        """List tags; see api.Reader."""
        return await self._below.tags(repository, limit=limit, last=last)

    async def head(self, reference: Reference, *, origin: bool = False) -> Head:
        """Look at a manifest, and remember what its tag points at; see api.Reader."""
        try:
            found = await self._below.head(reference, origin=origin)
        except NotFound:
            self._known.learn(reference, None)
            raise
        self._known.learn(reference, found.descriptor.digest)
        return found

    async def manifest(self, reference: Reference, *, origin: bool = False) -> Manifest:
        """Return a manifest, and remember likewise; see api.Reader."""
        try:
            found = await self._below.manifest(reference, origin=origin)
        except NotFound:
            self._known.learn(reference, None)
            raise
        self._known.learn(reference, found.descriptor.digest)
        return found

    async def referrers(self, reference: Reference, *, artifact_type: str = "") -> list[Descriptor]:
        """List what refers to a manifest; see api.Reader."""
        return await self._below.referrers(reference, artifact_type=artifact_type)

    def blob(self, repository: Repository, descriptor: Descriptor) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Stream a blob; see api.Reader."""
        return self._below.blob(repository, descriptor)

    async def blob_head(self, repository: Repository, digest: Digest) -> Descriptor:
        """Look at a blob; see api.Reader."""
        return await self._below.blob_head(repository, digest)

    async def has_blob(self, repository: Repository, digest: Digest) -> bool:
        """Say whether the repository has the blob; see api.Reader."""
        return await self._below.has_blob(repository, digest)

    async def put_manifest(self, reference: Reference, manifest: Manifest, *, child: bool = False) -> None:
        """Store a manifest; see api.Registry."""
        before = await self._before(reference)
        self._known.forget(reference)
        await self._below.put_manifest(reference, manifest, child=child)
        digest = manifest.descriptor.digest
        self._known.learn(reference, digest, written=True)
        self._note(Change("put manifest", str(reference), str(digest), len(manifest.body), before))

    async def delete_manifest(self, reference: Reference) -> None:
        """Delete a manifest; see api.Registry."""
        await self._below.delete_manifest(reference)
        if reference.digest is not None:
            self._known.bury(reference.repository, reference.digest)
        self._note(Change("delete manifest", str(reference), str(reference.digest or "")))

    async def delete_tag(self, reference: Reference) -> Digest | None:
        """Delete a tag; see api.Registry."""
        tagged = reference.tagged(reference.tag)
        before = await self._before(tagged)
        self._known.forget(tagged)
        digest = await self._below.delete_tag(reference)
        self._known.learn(tagged, None)
        before = str(digest or before)
        self._note(Change("delete tag", str(tagged), before, before=before))
        return digest

    async def put_blob(self, repository: Repository, descriptor: Descriptor, content: Content) -> bool:
        """Store a blob; see api.Registry."""
        put = await self._below.put_blob(repository, descriptor, content)
        if put:
            self._note(Change("put blob", str(repository), str(descriptor.digest), descriptor.size))
        return put

    async def copy_blob(
        self, descriptor: Descriptor, source: Repository, target: Repository, *, moved: Callable[[int], None] = nobody
    ) -> bool:
        """Copy a blob; see api.Registry."""
        put = await self._below.copy_blob(descriptor, source, target, moved=moved)
        if put:
            self._note(Change("put blob", str(target), str(descriptor.digest), descriptor.size))
        return put

    async def _before(self, reference: Reference) -> str:
        """Return the digest that a reference's tag has; "" for none, and where nobody may say."""
        known = self._known.of(reference)
        if known is None and self._look and reference.meant_tag:
            try:
                known = (await self.head(reference.tagged(reference.meant_tag), origin=True)).descriptor.digest
            except RegistryError:
                # It is not there, or we may only push; the write itself will tell.
                known = NOTHING
        return str(known or "")

"""OCI layouts, `ocidir://folder:tag` (OCI image specification, "Image Layout").

Nothing is changed in place: a blob and index.json each appear whole, by a rename.  So readers need no lock, and a
writer that is killed leaves the old layout or the new one.  Writers of index.json take the lock of the layout's folder,
which leaves no file behind.  Blobs that no manifest names any more are collected in the end (sessions.py).

What refers to a manifest is kept as in a registry without the referrers API, in an index under a tag of its own
(referrers_index.py).

The file system is worked on in threads, a megabyte at a time.
"""

from __future__ import annotations

import os
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import trio
from trio.to_thread import run_sync

from regbot.registry import mediatype
from regbot.registry.api import nobody
from regbot.registry.content import Blob
from regbot.registry.descriptor import Descriptor
from regbot.registry.errors import InvalidText, NotFound, RegistryError, Unverified
from regbot.registry.layouts.blobs import fill, stream
from regbot.registry.layouts.sessions import LOCK_POLL, Sessions
from regbot.registry.layouts.storage import LayoutFiles, rewrite, unknown_manifest
from regbot.registry.manifest import Head, Manifest
from regbot.registry.observer import Silent
from regbot.registry.reference import Reference
from regbot.registry.referrers_index import EMPTY, tag_of, with_entry, without_entry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from regbot.registry.content import Content
    from regbot.registry.digest import Digest
    from regbot.registry.files.files import Files
    from regbot.registry.layouts.index import LayoutIndex
    from regbot.registry.observer import Observer
    from regbot.registry.reference import Repository


class Layout:
    """The layouts beneath the files folder; a repository's path is the folder of one.  Satisfies `api.Registry`."""

    def __init__(self, files: Files, observer: Observer | None = None) -> None:
        self._files, self._disk = files, LayoutFiles(files)
        self._sessions = Sessions(files, observer or Silent())

    async def aclose(self) -> None:
        """Collect what nothing names any more of what was written, and let go of every layout."""
        await self._sessions.aclose()

    async def repositories(self, registry: str, *, limit: int = 0, last: str = "") -> list[str]:  # noqa: ARG002 -- api.Reader's
        """Refuse: nobody keeps a list of layouts."""
        raise RegistryError("layouts (ocidir://) have no catalog to list repositories from", code="UNSUPPORTED")

    async def tags(self, repository: Repository, *, limit: int = 0, last: str = "") -> list[str]:
        """Return the layout's tags, sorted."""
        index = await run_sync(self._disk.index, repository)
        found = [tag for tag in index.tags() if tag > last]
        return found[:limit] if limit else found

    async def head(self, reference: Reference, *, origin: bool = False) -> Head:  # noqa: ARG002 -- api.Reader's
        """Return digest, type and size of a manifest; it is read, so a broken one is found out here."""
        manifest = await self.manifest(reference)
        return Head(manifest.descriptor, manifest.rate_limit)

    async def manifest(self, reference: Reference, *, origin: bool = False) -> Manifest:  # noqa: ARG002 -- likewise
        """Return a manifest by digest; where there is none by tag; where neither is, by the tag "latest".

        From then on no other process collects it before we are done: a copy may rely on it.
        """
        await self._sessions.begin(reference.repository.path)
        return await run_sync(self._disk.manifest, reference)

    @asynccontextmanager
    async def blob(self, repository: Repository, descriptor: Descriptor) -> AsyncIterator[AsyncIterator[bytes]]:
        """Stream a blob in pieces of a megabyte, of which the last is given out when all are known to be right."""
        file = await run_sync(self._disk.open_blob, repository, descriptor.digest)
        with file:
            async with aclosing(stream(file, descriptor)) as pieces:
                yield pieces

    async def referrers(self, reference: Reference, *, artifact_type: str = "") -> list[Descriptor]:
        """Return what refers to the reference's digest; see api.Reader."""
        if reference.digest is None:
            raise InvalidText("subject", str(reference), "it needs a digest")
        try:
            index = await self.manifest(reference.tagged(tag_of(reference.digest)))
        except NotFound:
            return []
        return [each for each in index.children if artifact_type in {"", each.artifact_type}]

    async def blob_head(self, repository: Repository, digest: Digest) -> Descriptor:
        """Return what is known of a blob without reading it."""
        with await run_sync(self._disk.open_blob, repository, digest) as file:
            return Descriptor(mediatype.OCTETS, digest, await run_sync(file.seek, 0, os.SEEK_END))

    async def has_blob(self, repository: Repository, digest: Digest) -> bool:
        """Say whether the layout has the blob; from then on no other process collects it before we are done."""
        await self._sessions.begin(repository.path)
        return await run_sync(self._disk.has, repository, digest)

    async def put_blob(self, repository: Repository, descriptor: Descriptor, content: Content) -> bool:
        """Store a blob; one that has not its digest or its size leaves nothing behind."""
        await self._begin(repository, descriptor.digest)
        with await run_sync(self._disk.blobs, repository, descriptor.digest) as folder:
            draft = await run_sync(folder.draft, descriptor.digest.encoded)
            try:
                async with content.open() as data:
                    await fill(draft, descriptor, data)
                await run_sync(draft.commit)
            finally:
                # A cancelled copy must not leave its draft behind.
                with trio.CancelScope(shield=True):
                    await run_sync(draft.discard)
        return True

    async def copy_blob(
        self, descriptor: Descriptor, source: Repository, target: Repository, *, moved: Callable[[int], None] = nobody
    ) -> bool:
        """Copy a blob from layout to layout unless it is there."""
        if await self.has_blob(target, descriptor.digest):
            return False
        return await self.put_blob(target, descriptor, Blob(self, source, descriptor, moved))

    async def put_manifest(self, reference: Reference, manifest: Manifest, *, child: bool = False) -> None:
        """Store a manifest, then let the tag point at it; one without a tag is listed without a name.

        A *child* that has no tag is stored and not listed.  A reference with neither tag nor digest means "latest".
        """
        repository, digest = reference.repository, reference.digest or manifest.descriptor.digest
        digest.verify(manifest.body, "the manifest")
        await self._begin(repository, digest)
        await run_sync(self._disk.store, repository, digest, manifest.body)
        if manifest.subject is not None:
            referrer = replace(manifest.referrer(), digest=digest)
            await self._refer(repository, manifest.subject.digest, digest, referrer)
        entry = Descriptor(manifest.descriptor.media_type, digest, len(manifest.body))
        if tag := reference.meant_tag:
            await self._lose(reference.tagged(tag))
            await self._change(repository, lambda index: index.set(tag, entry), create=True)
        elif not child:
            await self._change(repository, lambda index: index.add(entry), create=True)

    async def delete_manifest(self, reference: Reference) -> None:
        """Delete a manifest by digest: the entries that point at it, its blob, and that it refers to something."""
        repository, digest = reference.repository, reference.digest
        if digest is None:
            raise RegistryError(f"{reference}: a manifest is deleted by its digest", code="DIGEST_INVALID")
        manifest = await self._lose(reference)
        if not await self._change(repository, lambda index: index.without_digest(digest)):
            # Nobody may delete a layer by calling it a manifest.
            await self.manifest(reference)
        await run_sync(self._disk.remove, repository, digest)
        if manifest is not None and manifest.subject is not None:
            await self._refer(repository, manifest.subject.digest, digest)

    async def delete_tag(self, reference: Reference) -> Digest | None:
        """Delete a tag: what it pointed at stays as long as something else names it."""
        if not reference.tag:
            raise RegistryError(f"{reference}: which tag is to be deleted?", code="TAG_INVALID")
        lost = await self._lose(reference.tagged(reference.tag))
        if not await self._change(reference.repository, lambda index: index.without_tag(reference.tag)):
            raise unknown_manifest(reference)
        return lost.descriptor.digest if lost else None

    async def _begin(self, repository: Repository, digest: Digest) -> None:
        """Be about to write a blob."""
        await self._sessions.begin(repository.path, create=True)
        self._sessions.suspect(repository.path, [digest])

    async def _lose(self, reference: Reference) -> Manifest | None:
        """Be about to take a name from a manifest, which is returned if it can be read."""
        await self._sessions.begin(reference.repository.path)
        try:
            manifest = await self.manifest(reference)
        except (NotFound, Unverified):
            return None
        await self._sessions.suspect_all(reference.repository.path, manifest.descriptor.digest)
        return manifest

    async def _refer(
        self, repository: Repository, subject: Digest, digest: Digest, referrer: Descriptor | None = None
    ) -> None:
        """List *digest* as *referrer* among what refers to *subject*, or no longer, under the lock of the layout."""
        tag = tag_of(subject)

        def change(index: LayoutIndex) -> LayoutIndex:
            found = index.find(tag)
            body = self._disk.manifest(Reference(repository, digest=found.digest)).body if found else EMPTY
            old = Manifest.read(body, media_type=mediatype.OCI_INDEX)
            if (digest in {each.digest for each in old.children}) == (referrer is not None):
                return index
            edited = with_entry(body, referrer) if referrer else without_entry(body, digest)
            new = Manifest.read(edited, media_type=mediatype.OCI_INDEX)
            self._sessions.suspect(repository.path, [old.descriptor.digest, new.descriptor.digest])
            if not new.children:
                return index.without_tag(tag)
            self._disk.store(repository, new.descriptor.digest, new.body)
            return index.set(tag, new.descriptor)

        await self._change(repository, change, create=True)

    async def _change(
        self, repository: Repository, change: Callable[[LayoutIndex], LayoutIndex], *, create: bool = False
    ) -> bool:
        """Rewrite index.json under the lock of the layout; say whether that changed anything."""
        with await run_sync(partial(self._files.folder, repository.path, create=create)) as folder:
            while not await run_sync(folder.try_lock):  # noqa: ASYNC110 -- other processes tell nobody
                await trio.sleep(LOCK_POLL)
            return await run_sync(partial(rewrite, folder, change, create=create))

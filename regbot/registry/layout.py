"""OCI layouts, `ocidir://folder:tag` (OCI image specification, "Image Layout").

Nothing is changed in place: a blob and index.json each appear whole, by a rename.  So readers need no lock, and a
writer that is killed leaves the old layout or the new one.  Writers of index.json take the lock of the layout's folder,
which leaves no file behind.  A blob that no manifest names any more stays where it is: whether another program is about
to name it in index.json cannot be known.

The file system is worked on in threads, a megabyte at a time.
"""

from __future__ import annotations

import json
from contextlib import aclosing, asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Final

import trio
from trio.to_thread import run_sync

from regbot.registry.api import nobody
from regbot.registry.content import Blob
from regbot.registry.descriptor import Descriptor
from regbot.registry.errors import NotFound, RegistryError, Unverified
from regbot.registry.files import quoted
from regbot.registry.jsontext import parse_object
from regbot.registry.layout_blobs import fill, read_bounded, stream
from regbot.registry.layout_index import LayoutIndex
from regbot.registry.manifest import MAX_READ, Head, Manifest
from regbot.registry.reference import DEFAULT_TAG

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from io import FileIO

    from regbot.registry.content import Content
    from regbot.registry.digest import Digest
    from regbot.registry.files import Files, Folder
    from regbot.registry.reference import Reference, Repository

MAX_INDEX: Final = 8 << 20
"""Bytes of index.json."""
VERSION: Final = "1.0.0"
_MARKER: Final = "oci-layout"
_INDEX: Final = "index.json"
_MAX_MARKER: Final = 4096
_LOCK_POLL: Final = 0.02
"""Seconds between looks at a lock that is taken: waiting in flock(2) could not be cancelled."""


class Layout:
    """The layouts beneath the files folder; a repository's path is the folder of one.  Satisfies `api.Registry`."""

    def __init__(self, files: Files) -> None:
        self._files = files

    async def repositories(self, registry: str, *, limit: int = 0, last: str = "") -> list[str]:  # noqa: ARG002 -- api.Reader's
        """Refuse: nobody keeps a list of layouts."""
        raise RegistryError("layouts (ocidir://) have no catalog to list repositories from", code="UNSUPPORTED")

    async def tags(self, repository: Repository, *, limit: int = 0, last: str = "") -> list[str]:
        """Return the layout's tags, sorted."""
        index = await run_sync(self._index, repository)
        found = [tag for tag in index.tags() if tag > last]
        return found[:limit] if limit else found

    async def head(self, reference: Reference, *, origin: bool = False) -> Head:  # noqa: ARG002 -- api.Reader's
        """Return digest, type and size of a manifest; it is read, so a broken one is found out here."""
        manifest = await self.manifest(reference)
        return Head(manifest.descriptor, manifest.rate_limit)

    async def manifest(self, reference: Reference, *, origin: bool = False) -> Manifest:  # noqa: ARG002 -- likewise
        """Return a manifest by digest; where there is none by tag; where neither is, by the tag "latest"."""
        return await run_sync(self._manifest, reference)

    @asynccontextmanager
    async def blob(self, repository: Repository, descriptor: Descriptor) -> AsyncIterator[AsyncIterator[bytes]]:
        """Stream a blob in pieces of a megabyte, of which the last is given out when all are known to be right."""
        file = await run_sync(self._open_blob, repository, descriptor)
        with file:
            async with aclosing(stream(file, descriptor)) as pieces:
                yield pieces

    async def referrers(self, reference: Reference, *, artifact_type: str = "") -> list[Descriptor]:
        """List what refers to a manifest; see api.Reader."""
        raise NotImplementedError

    async def blob_head(self, repository: Repository, digest: Digest) -> Descriptor:
        """Look at a blob; see api.Reader."""
        raise NotImplementedError

    async def has_blob(self, repository: Repository, digest: Digest) -> bool:
        """Say whether the layout has the blob."""
        return await run_sync(self._has, repository, digest)

    async def put_blob(self, repository: Repository, descriptor: Descriptor, content: Content) -> None:
        """Store a blob; one that has not its digest or its size leaves nothing behind."""
        with await run_sync(self._blobs, repository, descriptor.digest) as folder:
            draft = await run_sync(folder.draft, descriptor.digest.encoded)
            try:
                async with content.open() as data:
                    await fill(draft, descriptor, data)
                await run_sync(draft.commit)
            finally:
                # A cancelled copy must not leave its draft behind.
                with trio.CancelScope(shield=True):
                    await run_sync(draft.discard)

    async def copy_blob(
        self, descriptor: Descriptor, source: Repository, target: Repository, *, moved: Callable[[int], None] = nobody
    ) -> None:
        """Copy a blob from layout to layout unless it is there."""
        if not await self.has_blob(target, descriptor.digest):
            await self.put_blob(target, descriptor, Blob(self, source, descriptor, moved))

    async def put_manifest(self, reference: Reference, manifest: Manifest) -> None:
        """Store a manifest, then let the tag point at it.

        A reference with only a digest stores no more than the blob: it is a child of an index that comes later, and
        index.json lists what stands on its own.  One with neither means the tag "latest".
        """
        digest = reference.digest or manifest.descriptor.digest
        digest.verify(manifest.body, "the manifest")
        await run_sync(self._store, reference.repository, digest, manifest.body)
        if reference.digest is None or reference.tag:
            entry = Descriptor(manifest.descriptor.media_type, digest, len(manifest.body))
            tag = reference.tag or DEFAULT_TAG
            await self._change(reference.repository, lambda index: index.set(tag, entry), create=True)

    async def delete_manifest(self, reference: Reference) -> None:
        """Delete a manifest by digest: the entries that point at it, and its blob."""
        if (digest := reference.digest) is None:
            raise RegistryError(f"{reference}: a manifest is deleted by its digest", code="DIGEST_INVALID")
        if not await self._change(reference.repository, lambda index: index.without_digest(digest)):
            # Nobody may delete a layer by calling it a manifest.
            await self.manifest(reference)
        await run_sync(self._remove, reference.repository, digest)

    async def delete_tag(self, reference: Reference) -> None:
        """Delete a tag: the manifest stays, as in a registry."""
        if not reference.tag:
            raise RegistryError(f"{reference}: which tag is to be deleted?", code="TAG_INVALID")
        if not await self._change(reference.repository, lambda index: index.without_tag(reference.tag)):
            raise _unknown_manifest(reference)

    async def _change(
        self, repository: Repository, change: Callable[[LayoutIndex], LayoutIndex], *, create: bool = False
    ) -> bool:
        """Rewrite index.json under the lock of the layout; say whether that changed anything."""
        with await run_sync(partial(self._files.folder, repository.path, create=create)) as folder:
            while not await run_sync(folder.try_lock):  # noqa: ASYNC110 -- other processes tell nobody
                await trio.sleep(_LOCK_POLL)
            return await run_sync(partial(_rewrite, folder, change, create=create))

    def _index(self, repository: Repository) -> LayoutIndex:
        with self._files.folder(repository.path) as folder:
            return _read_index(folder)

    def _manifest(self, reference: Reference) -> Manifest:
        repository, digest, kind = reference.repository, reference.digest, ""
        if digest is None:
            descriptor = self._index(repository).find(reference.tag or DEFAULT_TAG)
            if descriptor is None:
                raise _unknown_manifest(reference)
            digest, kind = descriptor.digest, descriptor.media_type
        try:
            file = self._files.open(f"{repository.path}/{_place(digest)}")
        except NotFound as exc:
            raise _unknown_manifest(reference) from exc
        with file:
            return Manifest.read(read_bounded(file, MAX_READ, "a manifest"), media_type=kind, digest=digest)

    def _open_blob(self, repository: Repository, descriptor: Descriptor) -> FileIO:
        try:
            return self._files.open(f"{repository.path}/{_place(descriptor.digest)}")
        except NotFound as exc:
            what = f"{repository} has no blob {descriptor.digest}"
            raise NotFound(what, code="BLOB_UNKNOWN", repository=repository.path) from exc

    def _has(self, repository: Repository, digest: Digest) -> bool:
        try:
            self._files.open(f"{repository.path}/{_place(digest)}").close()
        except NotFound:
            return False
        return True

    def _blobs(self, repository: Repository, digest: Digest) -> Folder:
        return self._files.folder(f"{repository.path}/blobs/{digest.algorithm}", create=True)

    def _store(self, repository: Repository, digest: Digest, body: bytes) -> None:
        with self._blobs(repository, digest) as folder:
            folder.sweep()
            folder.write(digest.encoded, body)

    def _remove(self, repository: Repository, digest: Digest) -> None:
        with suppress(NotFound), self._files.folder(f"{repository.path}/blobs/{digest.algorithm}") as folder:
            folder.unlink(digest.encoded)


def _place(digest: Digest) -> str:
    return f"blobs/{digest.algorithm}/{digest.encoded}"


def _read_index(folder: Folder) -> LayoutIndex:
    """Return the index of a layout; NotFound where the folder is none."""
    try:
        _check_version(folder)
        with folder.open(_INDEX) as index:
            return LayoutIndex.parse(read_bounded(index, MAX_INDEX, "the index.json"))
    except NotFound as exc:
        raise NotFound(f"{quoted(folder.path)} is no OCI layout: {exc}", code="NAME_UNKNOWN") from exc


def _check_version(folder: Folder) -> None:
    with folder.open(_MARKER) as marker:
        document = parse_object(read_bounded(marker, _MAX_MARKER, f"the {_MARKER}"), f"the {_MARKER} of the layout")
    if (version := document.get("imageLayoutVersion")) != VERSION:
        raise Unverified(f"a layout of version {str(version)[:40]}, not {VERSION}", code="UNSUPPORTED")


def _rewrite(folder: Folder, change: Callable[[LayoutIndex], LayoutIndex], *, create: bool) -> bool:
    if create and not folder.exists(_MARKER):
        folder.write(_MARKER, json.dumps({"imageLayoutVersion": VERSION}).encode())
    if create and not folder.exists(_INDEX):
        _check_version(folder)
        old = LayoutIndex()
    else:
        old = _read_index(folder)
    new = change(old)
    if new == old:
        return False
    if len(body := new.encode()) > MAX_INDEX:
        raise RegistryError(f"index.json would have {len(body)} bytes; at most {MAX_INDEX} are read", code="TOO_LARGE")
    folder.sweep()
    folder.write(_INDEX, body)
    return True


def _unknown_manifest(reference: Reference) -> NotFound:
    return NotFound(f"there is no {reference}", code="MANIFEST_UNKNOWN", repository=reference.repository.path)

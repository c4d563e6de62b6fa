"""Images into tar files: an OCI layout, with the manifest.json that Docker needs, in one file.

`docker load`, `ctr images import` and `skopeo copy oci-archive:` or `docker-archive:` read it.  Two exports of one
image are the same bytes: no time, owner or order of arrival is in them.
"""

from __future__ import annotations

import json
import posixpath
import tarfile
from typing import TYPE_CHECKING, Final

import trio
from trio.to_thread import run_sync

from regbot.registry import mediatype
from regbot.registry.copying.tree import MAX_DEPTH, MAX_PARTS
from regbot.registry.errors import NotFound, RegistryError, Unverified
from regbot.registry.layouts.blobs import PIECE
from regbot.registry.layouts.index import INDEX, REF_NAME
from regbot.registry.layouts.storage import VERSION
from regbot.registry.tars import naming as tar_layout

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Sequence

    from regbot.registry.api import Reader
    from regbot.registry.descriptor import Descriptor
    from regbot.registry.digest import Digest
    from regbot.registry.files.draft import Draft
    from regbot.registry.files.files import Files
    from regbot.registry.jsontext import Json
    from regbot.registry.manifest import Manifest
    from regbot.registry.reference import Reference

_END: Final = bytes(2 * tarfile.BLOCKSIZE)
_CONFIGS: Final = frozenset({mediatype.OCI_CONFIG, mediatype.DOCKER_CONFIG})


async def export(reader: Reader, reference: Reference, files: Files, path: str) -> None:
    """Write an image, or an index with all that it holds, to the tar file *path*, in a folder that exists.

    Layers that name other places to get them from (`urls`) are left out.  The file appears when it is whole, and
    takes the place of an older one; nothing is written before the image was found, nothing is left of a failure.
    """
    with await run_sync(files.folder, posixpath.dirname(path) or ".") as folder:
        manifest = await reader.manifest(reference)
        await run_sync(folder.sweep)
        draft = await run_sync(folder.draft, posixpath.basename(path))
        try:
            await _Export(reader, reference, _Tar(draft)).write(manifest)
            await run_sync(draft.commit)
        finally:
            # An export that is cancelled must not leave its draft behind.
            with trio.CancelScope(shield=True):
                await run_sync(draft.discard)


class _Export:
    """Writes what manifests name; each content once, however often it is named."""

    def __init__(self, reader: Reader, reference: Reference, tar: _Tar) -> None:
        self._reader, self._reference, self._tar = reader, reference, tar
        self._known: set[Digest] = set()
        self._written: set[Digest] = set()
        self._opened: set[Digest] = set()

    async def write(self, manifest: Manifest) -> None:
        # The lists come first: who reads a tar from a pipe knows from the start what it will hold.
        await self._tar.add(tar_layout.MARKER, _json({"imageLayoutVersion": VERSION}))
        await self._tar.add(INDEX, _json(_index(self._reference, manifest)))
        if (entry := _docker_entry(self._reference, manifest)) is not None:
            await self._tar.add(tar_layout.DOCKER, _json([entry]))
        await self._below(await self._take(manifest), 1)
        await self._tar.end()

    async def _take(self, manifest: Manifest) -> tuple[Sequence[Descriptor], Sequence[Descriptor]]:
        """Write a manifest, return what it lists as an index and what as an image."""
        digest = manifest.descriptor.digest
        if manifest.descriptor.media_type in mediatype.OLD:
            what = f"{self._reference.at(digest)} is of schema 1, which no archive holds"
            raise RegistryError(what, code="UNSUPPORTED")
        self._known.update(each.digest for each in (*manifest.children, *manifest.blobs))
        if len(self._known) > MAX_PARTS:
            raise Unverified(f"{self._reference} has more than {MAX_PARTS} parts", code="TOO_LARGE")
        if self._is_new(digest):
            await self._tar.add(tar_layout.place(digest), manifest.body)
        return manifest.children, manifest.blobs

    async def _below(self, parts: tuple[Sequence[Descriptor], Sequence[Descriptor]], depth: int) -> None:
        """Write what a manifest names.  The manifest itself is no longer in memory, however deep this goes."""
        children, blobs = parts
        for child in children:
            if mediatype.is_blob(child.media_type):
                await self._blob(child)
            elif child.digest not in self._opened:
                self._opened.add(child.digest)
                await self._child(child, depth + 1)
        for blob in blobs:
            await self._blob(blob)

    async def _child(self, child: Descriptor, depth: int) -> None:
        """Write what an index lists, with all below it."""
        if depth > MAX_DEPTH:
            raise Unverified(f"{self._reference}: indexes within indexes, deeper than {MAX_DEPTH}", code="TOO_LARGE")
        try:
            parts = await self._take(await self._reader.manifest(self._reference.at(child.digest)))
        except (NotFound, Unverified):
            if tar_layout.is_manifest(child):
                raise
            # An index may list anything; what it lists is a manifest if it can be had as one.
            await self._blob(child)
            return
        await self._below(parts, depth)

    async def _blob(self, blob: Descriptor) -> None:
        if blob.urls or not self._is_new(blob.digest):
            return
        async with self._reader.blob(self._reference.repository, blob) as data:
            await self._tar.stream(tar_layout.place(blob.digest), blob.size, data)

    def _is_new(self, digest: Digest) -> bool:
        if digest in self._written:
            return False
        self._written.add(digest)
        return True


class _Tar:
    """A tar file (POSIX.1-2001, pax) that is written member by member, a megabyte at a time."""

    def __init__(self, draft: Draft) -> None:
        self._draft, self._gathered = draft, bytearray()

    async def add(self, name: str, data: bytes) -> None:
        """Append a file."""
        await self._write(_header(name, len(data)) + data + _padding(len(data)))

    async def stream(self, name: str, size: int, data: AsyncIterable[bytes]) -> None:
        """Append a file of *size* bytes; Unverified if they are more or fewer."""
        await self._write(_header(name, size))
        left = size
        async for piece in data:
            left -= len(piece)
            if left < 0:
                break
            await self._write(piece)
        if left:
            raise Unverified(f"{name} does not have {size} bytes, as was said", code="SIZE_INVALID")
        await self._write(_padding(size))

    async def end(self) -> None:
        """Finish the file."""
        await run_sync(self._draft.write, self._gathered + _END)

    async def _write(self, data: bytes) -> None:
        self._gathered += data
        if len(self._gathered) >= PIECE:
            gathered, self._gathered = self._gathered, bytearray()
            await run_sync(self._draft.write, gathered)


def _header(name: str, size: int) -> bytes:
    member = tarfile.TarInfo(name)  # of nobody, readable by all, from 1970
    member.size = size
    return member.tobuf(tarfile.PAX_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)


def _index(reference: Reference, manifest: Manifest) -> Json:
    descriptor = manifest.descriptor
    annotations = {tar_layout.IMAGE_NAME: tar_layout.full_name(reference)}
    if tag := tar_layout.tag_of(reference):
        annotations[REF_NAME] = tag
    entry: Json = {
        "mediaType": descriptor.media_type,
        "digest": str(descriptor.digest),
        "size": len(manifest.body),
        "annotations": annotations,
    }
    return {"schemaVersion": 2, "manifests": [entry]}


def _docker_entry(reference: Reference, manifest: Manifest) -> Json:
    """Return what Docker loads an image by; None of what it cannot load: an index, an artifact, half an image."""
    config = manifest.config
    if config is None or config.media_type not in _CONFIGS or any(layer.urls for layer in manifest.layers):
        return None
    return {
        "Config": tar_layout.place(config.digest),
        "RepoTags": [tar_layout.full_name(reference)] if tar_layout.tag_of(reference) else [],
        "Layers": [tar_layout.place(layer.digest) for layer in manifest.layers],
    }


def _json(value: Json) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()

"""Tar files into images: OCI layouts, here, and what older versions of `docker save` wrote (docker.py).

Every byte of a layout arrives as it was, and its digest is checked on the way.  What an image is made of comes before
what names it, and the tag last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from regbot.registry import mediatype, workers
from regbot.registry.copying.tree import MAX_DEPTH, MAX_PARTS
from regbot.registry.descriptor import Descriptor
from regbot.registry.errors import NotFound, RegistryError, Unverified
from regbot.registry.jsontext import parse_object
from regbot.registry.layouts.index import INDEX, MAX_INDEX, REF_NAME
from regbot.registry.layouts.storage import VERSION
from regbot.registry.observer import Silent
from regbot.registry.reference import Reference
from regbot.registry.tars import docker as tar_docker
from regbot.registry.tars.archive import opened
from regbot.registry.tars.naming import DOCKER, IMAGE_NAME, MARKER, choose, is_manifest, manifest_in, place
from regbot.registry.tars.part import Part

if TYPE_CHECKING:
    from collections.abc import Iterable

    from regbot.registry.api import Registry
    from regbot.registry.digest import Digest
    from regbot.registry.files.files import Files
    from regbot.registry.manifest import Manifest
    from regbot.registry.observer import Observer
    from regbot.registry.tars.archive import Archive

_MAX_MARKER: Final = 4096
_AT_ONCE: Final = 3
"""Blobs that are sent at once."""


async def load(
    registry: Registry, reference: Reference, files: Files, path: str, observer: Observer | None = None
) -> Digest:
    """Put the image of a tar file into a registry or a layout, and return its digest.

    Of several images it is the one that is called like *reference*, and of an index of which the file holds one image,
    that (tar_part.py; *observer* is told).  Where *reference* names a digest the image must have it (Unverified).  The
    tag is put last, so it is the old one or the new one, wherever this ends.
    """
    async with opened(files, path) as archive:
        if archive.has(INDEX):
            return await _load_layout(registry, reference, archive, observer or Silent())
        if archive.has(DOCKER):
            return await tar_docker.load(registry, reference, archive)
        what = f"{archive.what} holds no image: it has neither {INDEX} (OCI) nor {DOCKER} (docker save)"
        raise RegistryError(what, code="MANIFEST_UNKNOWN")


async def _load_layout(registry: Registry, reference: Reference, archive: Archive, observer: Observer) -> Digest:
    chosen = await _choose(archive, reference)
    loading = _Loading(registry, reference, archive)
    target = Reference(reference.repository, reference.tag) if reference.tag else reference
    there = await loading.present(target)
    if there != chosen.digest:
        chosen = await Part(archive, loading.has, observer).choose(chosen, reference.digest)
    if reference.digest not in {None, chosen.digest}:
        what = f"the image in {archive.what} is {chosen.digest}, and not what {reference} names"
        raise Unverified(what, code="DIGEST_INVALID")
    if there != chosen.digest:
        await loading.below(await loading.manifest(chosen), 1)
        await registry.put_manifest(reference, await loading.manifest(chosen))
    return chosen.digest


async def _choose(archive: Archive, reference: Reference) -> Descriptor:
    """Return the entry of index.json that is meant."""
    if archive.has(MARKER):
        marker = parse_object(await archive.read(MARKER, _MAX_MARKER), f"{MARKER} in {archive.what}")
        if (version := marker.get("imageLayoutVersion")) != VERSION:
            raise Unverified(f"{archive.what} is a layout of version {str(version)[:40]}", code="UNSUPPORTED")
    entries = parse_object(await archive.read(INDEX, MAX_INDEX), f"{INDEX} in {archive.what}").get("manifests")
    if not isinstance(entries, list):
        raise Unverified(f"{INDEX} in {archive.what} lists no manifests", code="MANIFEST_INVALID")
    found = [Descriptor.read(entry, f"an image in {archive.what}") for entry in entries]
    names: dict[Digest, set[str]] = {entry.digest: set() for entry in found}
    for entry in found:
        names[entry.digest] |= {text for key, text in entry.annotations if key in {REF_NAME, IMAGE_NAME}}
    wanted = reference.digest if reference.digest in names else choose(names, reference, archive.what)
    return next(entry for entry in found if entry.digest == wanted)


class _Loading:
    """Puts what manifests name; each content once, however often it is named."""

    def __init__(self, registry: Registry, reference: Reference, archive: Archive) -> None:
        self._registry, self._repository, self._archive = registry, reference.repository, archive
        self._known: set[Digest] = set()
        self._done: set[tuple[str, Digest]] = set()

    async def present(self, target: Reference) -> Digest | None:
        """Return the digest of what a target has already, None if that is nothing."""
        try:
            return (await self._registry.head(target, origin=True)).descriptor.digest
        except NotFound:
            return None

    async def has(self, digest: Digest) -> bool:
        """Say whether the target has a manifest."""
        return await self.present(Reference(self._repository, digest=digest)) is not None

    async def manifest(self, descriptor: Descriptor) -> Manifest:
        """Read a manifest.  One that is put is read again then, so that not all above it are in memory, too."""
        return await manifest_in(self._archive, descriptor)

    async def below(self, manifest: Manifest, depth: int) -> None:
        """Put everything that a manifest names."""
        what, kind = self._archive.what, manifest.descriptor.media_type
        if depth > MAX_DEPTH:
            raise Unverified(f"{what}: indexes within indexes, deeper than {MAX_DEPTH}", code="TOO_LARGE")
        if kind in mediatype.OLD:
            raise RegistryError(
                f"{what} holds an image of schema 1, which registries no longer take", code="UNSUPPORTED"
            )
        children, blobs = manifest.children, manifest.blobs
        del manifest  # one at a time is in memory, however deep this is
        self._known.update(each.digest for each in (*children, *blobs))
        if len(self._known) > MAX_PARTS:
            raise Unverified(f"{what} has more than {MAX_PARTS} parts", code="TOO_LARGE")
        for child in children:
            if mediatype.is_blob(child.media_type):
                await self._blobs([child])
            elif self._is_new("manifest", child.digest):
                await self._child(child, depth)
        await self._blobs(blobs)

    async def _child(self, child: Descriptor, depth: int) -> None:
        """Put what an index lists, with all below it."""
        if await self.has(child.digest):
            return
        if not await self._is_manifest(child):
            await self._blobs([child])
            return
        await self.below(await self.manifest(child), depth + 1)
        there = Reference(self._repository, digest=child.digest)
        await self._registry.put_manifest(there, await self.manifest(child), child=True)

    async def _is_manifest(self, child: Descriptor) -> bool:
        """Say whether something that an index lists, which may be anything, is a manifest."""
        if is_manifest(child):
            return True
        try:
            await self.manifest(child)
        except Unverified:
            return False
        return True

    async def _blobs(self, blobs: Iterable[Descriptor]) -> None:
        await workers.each(self._blob, [blob for blob in blobs if self._is_new("blob", blob.digest)], _AT_ONCE)

    async def _blob(self, blob: Descriptor) -> None:
        name, there = place(blob.digest), self._archive.has(place(blob.digest))
        if blob.urls and not there:
            return  # who wants this layer gets it elsewhere
        if await self._registry.has_blob(self._repository, blob.digest):
            return
        if not there:
            raise NotFound(f"{self._archive.what} has no {name}, a part of its image", code="BLOB_UNKNOWN")
        await self._registry.put_blob(self._repository, blob, self._archive.section(name, blob))

    def _is_new(self, kind: str, digest: Digest) -> bool:
        if (kind, digest) in self._done:
            return False
        self._done.add((kind, digest))
        return True

"""What `docker save` wrote before it wrote OCI layouts, into images (Docker's image specification 1.2).

manifest.json names a config and layers.  Layers are not compressed there and so get other digests in a registry; what a
config says of them, their digests without compression, is checked.  Layers that are compressed all the same are taken
as they are: nobody has to unpack them here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from trio.to_thread import run_sync

from regbot.registry import mediatype
from regbot.registry.content import Bytes
from regbot.registry.copying.tree import MAX_PARTS
from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import RegistryError, Unverified
from regbot.registry.files.files import quoted
from regbot.registry.images import MAX_CONFIG
from regbot.registry.jsontext import parse_list, parse_object
from regbot.registry.layouts.blobs import PIECE
from regbot.registry.layouts.index import MAX_INDEX
from regbot.registry.manifest import Manifest
from regbot.registry.tars.archive import Disk, Section
from regbot.registry.tars.compression import compression_of, pack
from regbot.registry.tars.naming import DOCKER, choose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regbot.registry.api import Registry
    from regbot.registry.content import Content
    from regbot.registry.jsontext import Json
    from regbot.registry.reference import Reference, Repository
    from regbot.registry.tars.archive import Archive
    from regbot.registry.tars.headers import Member

_LAYER: Final = "application/vnd.docker.image.rootfs.diff.tar"
_PACKED: Final = {"gzip": f"{_LAYER}.gzip", "zstd": f"{_LAYER}.zstd"}


@dataclass(frozen=True, slots=True)
class _Entry:
    """An image of manifest.json: names of files in the archive, and of the image."""

    config: str
    layers: tuple[str, ...]
    names: tuple[str, ...]

    @classmethod
    def read(cls, tree: Json, what: str) -> _Entry:
        if not isinstance(tree, dict) or not isinstance(config := tree.get("Config"), str):
            raise _fault(what)
        return cls(config, _texts(tree.get("Layers") or [], what), _texts(tree.get("RepoTags") or [], what))


async def load(registry: Registry, reference: Reference, archive: Archive) -> Digest:
    """Put an image into a registry or a layout, the tag last, and return its digest; see tar_import.load."""
    what = f"{DOCKER} in {archive.what}"
    entries = [_Entry.read(tree, what) for tree in parse_list(await archive.read(DOCKER, MAX_INDEX), what)]
    entry = entries[choose({number: each.names for number, each in enumerate(entries)}, reference, archive.what)]
    body = await archive.read(entry.config, MAX_CONFIG)
    plain = _diff_ids(body, f"{quoted(entry.config)} in {archive.what}")
    if len(plain) != len(entry.layers):
        said = f"{what} names {len(entry.layers)} layers, and the config {len(plain)}"
        raise Unverified(said, code="MANIFEST_INVALID")
    if len(plain) > MAX_PARTS:
        raise Unverified(f"{what} names more than {MAX_PARTS} layers", code="TOO_LARGE")
    layers = _Layers(registry, reference.repository, archive)
    described = [await layers.put(name, digest) for name, digest in zip(entry.layers, plain, strict=True)]
    config = Descriptor(mediatype.DOCKER_CONFIG, Digest.of(body), len(body))
    await put_missing(registry, reference.repository, config, Bytes(body))
    manifest = _manifest(config, described)
    if reference.digest not in {None, manifest.descriptor.digest}:
        said = f"the image of {archive.what} became {manifest.descriptor.digest}, and not what {reference} names"
        raise Unverified(said, code="DIGEST_INVALID")
    await registry.put_manifest(reference, manifest)
    return manifest.descriptor.digest


async def put_missing(registry: Registry, repository: Repository, blob: Descriptor, content: Content) -> None:
    """Put a blob unless it is there."""
    if not await registry.has_blob(repository, blob.digest):
        await registry.put_blob(repository, blob, content)


class _Layers:
    """Puts layers, each once."""

    def __init__(self, registry: Registry, repository: Repository, archive: Archive) -> None:
        self._registry, self._repository, self._archive = registry, repository, archive
        self._done: dict[tuple[int, str], Descriptor] = {}

    async def put(self, name: str, plain: str) -> Descriptor:
        """Put the layer that the archive has under *name*, and return what it is; without compression it is *plain*."""
        member = self._archive.find(name)
        key = (member.offset, plain)
        if key not in self._done:
            self._done[key] = await self._put(member, plain, f"{quoted(name)} in {self._archive.what}")
        return self._done[key]

    async def _put(self, member: Member, plain: str, what: str) -> Descriptor:
        source = self._archive.source
        kind = await run_sync(compression_of, source, member.offset)
        if kind in _PACKED:
            digest = await run_sync(_digest, source, member)
            descriptor = Descriptor(_PACKED[kind], digest, member.size)
            content = Section(source, member.offset, descriptor, what)
            await put_missing(self._registry, self._repository, descriptor, content)
            return descriptor
        if kind:
            raise RegistryError(f"{what} is compressed by {kind}, which no registry takes", code="UNSUPPORTED")
        with await run_sync(self._archive.scratch) as scratch:
            found, digest, size = await run_sync(pack, source, member.offset, member.size, scratch)
            if str(found) != plain:
                raise Unverified(f"{what} should have the digest {plain} and has {found}", code="DIGEST_INVALID")
            descriptor = Descriptor(_PACKED["gzip"], digest, size)
            content = Section(Disk(scratch, what), 0, descriptor, what)
            await put_missing(self._registry, self._repository, descriptor, content)
        return descriptor


def _digest(source: Disk, member: Member) -> Digest:
    hasher = Digest.of(b"").hasher()
    for done in range(0, member.size, PIECE):
        hasher.update(source.read_at(member.offset + done, min(PIECE, member.size - done)))
    return Digest("sha256", hasher.hexdigest())


def _diff_ids(config: bytes, what: str) -> tuple[str, ...]:
    match parse_object(config, what).get("rootfs"):
        case {"diff_ids": list(found)}:
            return _texts(found, what)
    return ()


def _texts(found: Json, what: str) -> tuple[str, ...]:
    if not isinstance(found, list):
        raise _fault(what)
    texts = tuple(text for text in found if isinstance(text, str))
    if len(texts) != len(found):
        raise _fault(what)
    return texts


def _manifest(config: Descriptor, layers: Sequence[Descriptor]) -> Manifest:
    document = {
        "schemaVersion": 2,
        "mediaType": mediatype.DOCKER_MANIFEST,
        "config": _json(config),
        "layers": [_json(layer) for layer in layers],
    }
    return Manifest.read(json.dumps(document, indent=3).encode(), media_type=mediatype.DOCKER_MANIFEST)


def _json(descriptor: Descriptor) -> Json:
    return {"mediaType": descriptor.media_type, "size": descriptor.size, "digest": str(descriptor.digest)}


def _fault(what: str) -> Unverified:
    return Unverified(f"{what} is not what `docker save` writes", code="MANIFEST_INVALID")

"""Images and indexes as wholes: choosing a platform, reading a config.

Written against api.Reader only, so all of it works for registries and layouts, and in a dry run.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final

from regbot.registry import mediatype
from regbot.registry.errors import NotFound, RegistryError, Unverified
from regbot.registry.platform import Platform, best

if TYPE_CHECKING:
    from regbot.registry.api import Reader
    from regbot.registry.descriptor import Descriptor
    from regbot.registry.manifest import Manifest
    from regbot.registry.reference import Reference

MAX_DEPTH: Final = 8
"""Indexes in one another."""
MAX_NESTED: Final = 32
"""Indexes that are looked into for one platform."""
MAX_CONFIG: Final = 8 << 20
"""Bytes of a config that is accepted."""


class NoPlatform(NotFound):
    """An index has no image for the platform that was wanted."""


async def resolve(reader: Reader, reference: Reference, platform: str | None) -> Manifest:
    """Return the manifest of an image; of an index, that of *platform* (None: this machine's).

    An image is returned whatever *platform* says.  NoPlatform tells the platforms that an index has; InvalidText if
    *platform* is none.
    """
    manifest = await reader.manifest(reference)
    if not manifest.is_index:
        return manifest
    wanted = Platform.local() if platform is None else Platform.parse(platform)
    search = _Search(reader, reference, wanted)
    chosen = await search.within(manifest, 1)
    if chosen is None:
        raise search.failure()
    return chosen


class _Search:
    """The search for one platform in an index and the indexes inside it."""

    def __init__(self, reader: Reader, reference: Reference, wanted: Platform) -> None:
        self._reader, self._reference, self._wanted = reader, reference, wanted
        self._seen: list[str] = []
        self._opened = 0

    async def within(self, index: Manifest, depth: int) -> Manifest | None:
        """Return what suits best in *index*, else the first that suits in an index inside it."""
        self._seen += [str(child.platform) for child in index.children if child.platform]
        chosen = best(self._wanted, index.children)
        inside = [child for child in index.children if child.media_type in mediatype.INDEXES]
        for child in inside if chosen is None else [chosen]:
            manifest = await self._open(child)
            if not manifest.is_index:
                return manifest
            found = await self.within(manifest, depth + 1) if depth < MAX_DEPTH else None
            if found is not None:
                return found
        return None

    async def _open(self, child: Descriptor) -> Manifest:
        self._opened += 1
        if self._opened > MAX_NESTED:
            raise Unverified(f"{self._reference} holds too many indexes in one another", code="TOO_LARGE")
        return await self._reader.manifest(self._reference.at(child.digest))

    def failure(self) -> NoPlatform:
        """Say what there is instead."""
        there = ", ".join(sorted(set(self._seen))[:30]) or "none with a platform"
        repository = self._reference.repository
        return NoPlatform(
            f"{self._reference} has no image for {self._wanted}; there are: {there}",
            code="MANIFEST_UNKNOWN",
            registry=repository.registry,
            repository=repository.path,
        )


async def config(reader: Reader, reference: Reference, platform: str | None) -> tuple[Manifest, bytes]:
    """Return an image's manifest and the bytes of its config, verified; a platform is chosen as in `resolve`."""
    manifest = await resolve(reader, reference, platform)
    return manifest, await config_of(reader, reference, manifest)


async def config_of(reader: Reader, reference: Reference, manifest: Manifest) -> bytes:
    """Return the bytes of the config that an image's manifest names, verified."""
    repository = reference.repository
    descriptor = manifest.config
    if descriptor is None:
        kind = manifest.descriptor.media_type
        raise RegistryError(
            f"{reference} is no image with a config, it is {kind}",
            code="UNSUPPORTED",
            registry=repository.registry,
            repository=repository.path,
        )
    if descriptor.size > MAX_CONFIG:
        raise Unverified(
            f"{reference} has a config of {descriptor.size} bytes: at most {MAX_CONFIG} are accepted", code="TOO_LARGE"
        )
    inline = _inline(manifest, descriptor)
    if inline is not None:
        return inline
    async with reader.blob(repository, descriptor) as data:
        return b"".join([chunk async for chunk in data])


def _inline(manifest: Manifest, descriptor: Descriptor) -> bytes | None:
    """Return the config that the manifest carries itself, if it does (`data` of a descriptor)."""
    tree = manifest.tree["config"]
    text = tree.get("data") if isinstance(tree, dict) else None
    if not isinstance(text, str):
        return None
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise Unverified(f"the data in the config's descriptor is no base64: {exc}", code="MANIFEST_INVALID") from exc
    descriptor.digest.verify(data, "the data in the config's descriptor")
    return data

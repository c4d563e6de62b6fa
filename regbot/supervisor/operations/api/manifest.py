"""manifest: images and indexes, by the bytes of their manifests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regbot.registry import images
from regbot.supervisor.operations.api import answers
from regbot.supervisor.operations.arguments import Image, InvalidArgument

if TYPE_CHECKING:
    from regbot.protocol.values import Value
    from regbot.registry.api import Registry
    from regbot.registry.manifest import Manifest


async def get(registry: Registry, image: Image, platform: str | None) -> Value:
    """Return an image's manifest: of an index, that of the platform."""
    return answers.manifest(image.reference, await images.resolve(registry, image.reference, platform))


async def get_list(registry: Registry, image: Image) -> Value:
    """Return a manifest as it is."""
    return answers.manifest(image.reference, await registry.manifest(image.reference))


async def head(registry: Registry, image: Image) -> Value:
    """Return what a manifest is, without its body."""
    return answers.head(image.reference, await registry.head(image.reference))


async def export(_: Registry, made: Image | Manifest) -> Value:
    """Return what a manifest is whose bytes a script made."""
    if isinstance(made, Image):
        raise InvalidArgument("the bytes of a manifest were expected, got the name of an image")
    return answers.described(made)


async def put(registry: Registry, source: Image | Manifest, target: Image) -> Value:
    """Store a manifest byte for byte; of an image that is named, the manifest as it is."""
    if isinstance(source, Image):
        # Of a tag only its registry knows for sure what it points at; by a digest every mirror has the same.
        source = await registry.manifest(source.pinned, origin=source.pinned.digest is None)
    await registry.put_manifest(target.reference, source)
    return None


async def delete(registry: Registry, image: Image) -> Value:
    """Delete a manifest with every tag that points at it."""
    pinned = image.pinned
    if pinned.digest is None:
        pinned = pinned.at((await registry.head(image.reference, origin=True)).descriptor.digest)
    await registry.delete_manifest(pinned)
    return None

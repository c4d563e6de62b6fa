"""referrer: what refers to an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regbot.supervisor.operations.api import answers

if TYPE_CHECKING:
    from regbot.protocol.values import Value
    from regbot.registry.api import Registry
    from regbot.supervisor.operations.arguments import Image


async def ls(registry: Registry, image: Image, artifact_type: str) -> Value:
    """List what refers to a manifest as it is: to an index, not to the images in it."""
    pinned = image.pinned
    if pinned.digest is None:
        # Only the registry itself lists referrers, and a mirror may be behind.
        pinned = pinned.at((await registry.head(image.reference, origin=True)).descriptor.digest)
    return answers.referrers(await registry.referrers(pinned, artifact_type=artifact_type))

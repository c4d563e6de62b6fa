"""tag: the tags of a repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regbot.supervisor.arguments import InvalidArgument

if TYPE_CHECKING:
    from regbot.protocol.values import Value
    from regbot.registry.api import Registry
    from regbot.supervisor.arguments import Image
    from regbot.supervisor.options import Page


async def ls(registry: Registry, image: Image, page: Page) -> Value:
    """List the tags of a repository."""
    return await registry.tags(image.reference.repository, limit=page.limit, last=page.last)


async def delete(registry: Registry, image: Image) -> Value:
    """Delete a tag, and no other that points at the same manifest."""
    if not image.reference.tag:
        raise InvalidArgument("which tag is to be deleted? (a manifest is deleted by manifest.delete)")
    await registry.delete_tag(image.reference)
    return None

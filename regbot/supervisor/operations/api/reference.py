"""reference: names of images, which ask no registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regbot.registry.reference import Reference

if TYPE_CHECKING:
    from regbot.protocol.values import Value
    from regbot.registry.api import Registry


async def new(_: Registry, name: str) -> Value:
    """Take a reference apart."""
    reference = Reference.parse(name)
    digest = str(reference.digest) if reference.digest else ""
    return {"repository": str(reference.repository), "tag": reference.tag, "digest": digest}

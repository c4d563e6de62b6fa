"""tag: the tags of a repository."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from regbot.registry.errors import NotFound
from regbot.supervisor.operations.arguments import InvalidArgument

if TYPE_CHECKING:
    from regbot.protocol.values import Value
    from regbot.registry.api import Registry
    from regbot.supervisor.operations.arguments import Image
    from regbot.supervisor.operations.options import Page

_MISSING: Final = frozenset({"TAG_UNKNOWN", "MANIFEST_UNKNOWN", "NAME_UNKNOWN"})
"""Codes of a registry that has no such tag, or no such repository; the answer to a HEAD has none."""


async def ls(registry: Registry, image: Image, page: Page) -> Value:
    """List the tags of a repository."""
    return await registry.tags(image.reference.repository, limit=page.limit, last=page.last)


async def delete(registry: Registry, image: Image, missing_ok: bool) -> Value:  # noqa: FBT001 -- an argument of a call
    """Delete a tag, and no other that points at the same manifest."""
    if not image.reference.tag:
        raise InvalidArgument("which tag is to be deleted? (a manifest is deleted by manifest.delete)")
    try:
        await registry.delete_tag(image.reference)
    except NotFound as exc:
        if not (missing_ok and _says_missing(exc)):
            raise
    return None


def _says_missing(exc: NotFound) -> bool:
    """Say whether it is the tag, or its repository, that is not there; nobody's page for whatever it does not know."""
    return exc.code in _MISSING or (not exc.code and exc.request.startswith("HEAD "))

"""repo: the repositories of a registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from regbot.protocol.values import Value
    from regbot.registry.api import Registry
    from regbot.supervisor.operations.options import Page


async def ls(registry: Registry, host: str, page: Page) -> Value:
    """List the repositories of a registry."""
    return await registry.repositories(host, limit=page.limit, last=page.last)

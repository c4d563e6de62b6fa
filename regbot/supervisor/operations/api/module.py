"""module: what `require` asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from regbot.protocol.values import Value
    from regbot.registry.api import Registry
    from regbot.supervisor.operations.modules import Modules


async def source(_: Registry, name: str, *, modules: Modules) -> Value:
    """Return the text of a module."""
    return modules.source(name)

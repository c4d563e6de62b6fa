"""The one gate before every operation: it decides, and hands over the registry to do it with.

Whether a run is a dry run is the gate's secret: it gives out the real registry or the overlay, and no operation can
tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from regbot.supervisor import operations
from regbot.supervisor.operations import OperationFailed
from regbot.supervisor.overlay import Overlay

if TYPE_CHECKING:
    from collections.abc import Callable

    import trio

    from regbot.protocol.values import Value
    from regbot.registry.api import Registry
    from regbot.supervisor.overlay import Below, Change, Plan


@dataclass(frozen=True, slots=True)
class Gate:
    """What one run may do, and through which registry it does it."""

    registry: Registry
    slots: trio.CapacityLimiter
    """The `parallel` slots, shared by all runs."""

    @classmethod
    def dry(cls, below: Below, slots: trio.CapacityLimiter, plan: Plan, note: Callable[[Change], None]) -> Gate:
        """Make the gate of a dry run: *below* must be able to read only, *note* is told of each write not made."""
        return cls(Overlay(below, plan, note), slots)

    async def perform(self, name: str, given: Value) -> Value:
        """Do one call's operation.

        OperationFailed is the script's to catch; WireError means that no honest child would have asked.
        """
        operation = operations.find(name)
        try:
            arguments = operations.parse(operation, given)
            if not operation.throttled:
                return await operation.run(self.registry, *arguments)
            async with self.slots:
                return await operation.run(self.registry, *arguments)
        except operations.FAULTS as exc:
            raise OperationFailed(f"{operations.describe(name, given)}: {exc}", exc) from exc

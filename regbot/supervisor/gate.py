"""The one gate before every operation: it decides, and hands over the registry to do it with.

Whether a run is a dry run is the gate's secret: it gives out the real registry or the overlay (gates.py), and no
operation can tell.  Files are files in either: a dry run is about registries.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from regbot.protocol.values import TooMany, unpack
from regbot.registry import aside
from regbot.registry.errors import RegistryError
from regbot.registry.observer import Silent, Unmetered
from regbot.supervisor.operations import table
from regbot.supervisor.operations.arguments import InvalidArgument, source
from regbot.supervisor.operations.modules import Modules
from regbot.supervisor.operations.table import Action, OperationFailed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    from regbot.protocol.values import Value
    from regbot.registry.api import Registry
    from regbot.registry.files.files import Files
    from regbot.registry.observer import Meter, Observer
    from regbot.supervisor.operations.table import Operation


MAX_ARGUMENTS: Final = 64 << 10
"""Bytes of the arguments of an operation that takes no content."""
MAX_VALUES: Final = 1000
"""Values in the arguments of an operation, of whatever size."""


def _nobody(_: int) -> None:
    """Keep to yourself how many calls are in flight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What one run may do, through which registry it does it, and beneath which folder its files are.

    *observer* is told how long operations are done, and how far they are; *modules* are what `require` finds.
    """

    registry: Registry
    slots: AbstractAsyncContextManager[object]
    """What a throttled operation is done in: the run's share of the `parallel` slots."""
    files: Files | None = None
    observer: Observer = field(default=Silent())
    meter: Meter = field(default=Unmetered())
    """Is told how long operations wait for a rate limit."""
    modules: Modules = field(default_factory=Modules)
    crowd: Callable[[int], None] = _nobody
    """Is told how many calls the run has in flight, whenever that changes."""
    own: Mapping[str, Operation] = field(default_factory=dict)
    """Operations that only this run has, besides those of the table."""

    def find(self, name: str) -> Operation:
        """Return an operation of this run; WireError if there is none, because only a broken child asks for it."""
        return self.own.get(name) or table.find(name)

    def unpack(self, name: str, payload: bytes) -> Value:
        """Return what an operation is called with; errors as in `perform`.  What is too much becomes no objects."""
        operation = self.find(name)
        most = MAX_ARGUMENTS
        if len(payload) > most and not operation.takes_content:
            raise _excessive(name, f"{len(payload)} bytes, of at most {most}")
        try:
            return unpack(payload, MAX_VALUES)
        except TooMany as exc:
            raise _excessive(name, str(exc)) from exc

    async def perform(self, name: str, given: Value, *, size: int = 0) -> Value:
        """Do one call's operation; *size* is the bytes of its payload.

        OperationFailed is the script's to catch; WireError means that no honest child would have asked.
        """
        operation = self.find(name)
        try:
            document = size if source in operation.takes else 0
            arguments = await aside.read(document, partial(table.parse, operation, given))
            if not operation.throttled:
                return await self._run(operation, arguments)
            async with self.slots:
                return await self._run(operation, arguments)
        except table.FAULTS as exc:
            raise OperationFailed(f"{table.describe(name, given)}: {exc}", exc) from exc

    def _run(self, operation: Operation, arguments: Sequence[object]) -> Awaitable[Value]:
        means: dict[str, object] = {}
        if operation.reports:
            means["observer"] = self.observer
        if operation.waits:
            means["meter"] = self.meter
        if operation.loads:
            means["modules"] = self.modules
        if Action.FILE in operation.action:
            if self.files is None:
                raise RegistryError("there is no files folder for tar files", code="DENIED")
            means["files"] = self.files
        return operation.run(self.registry, *arguments, **means)


def _excessive(name: str, what: str) -> OperationFailed:
    message = f"the arguments are too large: {what}"
    return OperationFailed(f"{name}: {message}", InvalidArgument(message))

"""The supervisor's end of the launcher: one process that forks a locked-down child for each run.

`open_launcher` starts it at once and comes back; its hello is waited for when the first child is asked for, so that it
imports Lua while the supervisor reads its configuration.  If it dies, the runs in progress lose their children with it
(parent-death signal), and the next run starts another.
"""

from __future__ import annotations

import os
import sys
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import trio

import regbot
from regbot.protocol.errors import WireError
from regbot.protocol.messages import Failed
from regbot.supervisor.children.child import Child, ChildEnded, ChildLimits
from regbot.supervisor.children.control import LauncherFailed, LauncherProcess, Layer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

__all__ = ["ENTRY", "SYSTEM_ZONE", "Launcher", "LauncherFailed", "Layer", "open_launcher"]

ENTRY: Final = Path(regbot.__file__).parent / "sandbox" / "__main__.py"
SYSTEM_ZONE: Final = ":/etc/localtime"
"""The system's own time zone, as the C library names it.  Leaving TZ out would have it look again at each os.date."""

PATIENCE: Final = 10.0
"""Seconds within which a launcher answers anything; it does one short thing at a time."""

_ATTEMPTS: Final = 2


class Launcher:
    """Gives children.  One process does so at a time, and another takes its place when it dies."""

    def __init__(self, command: Sequence[str], patience: float) -> None:
        self._command, self._patience = command, patience
        self._process = LauncherProcess(command, patience)

    async def layers(self) -> Sequence[Layer]:
        """Return what holds here; LauncherFailed if the launcher does not start."""
        return await self._living().greeted()

    @asynccontextmanager
    async def child(self, limits: ChildLimits) -> AsyncIterator[Child]:
        """Take a child that has locked its doors; however the block ends, it is killed and gone.

        LauncherFailed if there is none to be had.  Any number of tasks may do this at once.
        """
        process, child = await self._fork(limits)
        try:
            await _locked(child)
            yield child
        finally:
            with trio.CancelScope(shield=True):
                await child.aclose()
                await process.answer(child.wait)

    async def aclose(self) -> None:
        """End the process, and with it every child that is left."""
        await self._process.aclose()

    async def _fork(self, limits: ChildLimits) -> tuple[LauncherProcess, Child]:
        for _ in range(_ATTEMPTS):
            process = self._living()
            if (child := await process.fork(limits)) is not None:
                return process, child
        raise LauncherFailed("the launcher died, and so did the next")

    def _living(self) -> LauncherProcess:
        if self._process.gone:
            self._process = LauncherProcess(self._command, self._patience)
        return self._process


@asynccontextmanager
async def open_launcher(
    *, timezone: str | None = None, entry: Path = ENTRY, patience: float = PATIENCE
) -> AsyncIterator[Launcher]:
    """Start a launcher; however the block ends, its process is gone.

    *timezone* is a value of TZ (None: what this process has); *entry* the program to start, given the time zone and the
    folders to import from; *patience* the seconds after which a launcher that does not answer is killed.
    LauncherFailed if it cannot be started at all.
    """
    launcher = Launcher(_command(timezone, entry), patience)
    try:
        yield launcher
    finally:
        with trio.CancelScope(shield=True):
            await launcher.aclose()


def _command(timezone: str | None, entry: Path) -> Sequence[str]:
    zone = os.environ.get("TZ", SYSTEM_ZONE) if timezone is None else timezone
    lupa = find_spec("lupa")  # It is looked for, and never imported in this process.
    if lupa is None or lupa.origin is None:
        raise LauncherFailed("lupa is not installed")
    folders = dict.fromkeys(str(Path(file).parent.parent) for file in (regbot.__file__, lupa.origin))
    return [sys.executable, "-I", "-S", str(entry), zone, *folders]


async def _locked(child: Child) -> None:
    """Wait until the child's doors are locked; nothing from outside has reached it before that."""
    try:
        first = await child.first()
    except (ChildEnded, WireError) as exc:
        raise LauncherFailed(f"a child did not lock its doors: {exc}") from exc
    if isinstance(first, Failed):
        raise LauncherFailed(f"a child could not lock its doors: {first.text.decode('utf-8', 'replace')}")

"""Scripts as values, and runs of them in real jailed children."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial
from io import StringIO
from typing import TYPE_CHECKING, Final

from regbot.config.model import Limits, Script
from regbot.registry.files.files import Files
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.registries import Registries
from regbot.supervisor.children.launcher import open_launcher
from regbot.supervisor.gate import Gate
from regbot.supervisor.logs import Writer, open_log
from regbot.supervisor.runs.run import Run
from regbot.supervisor.slots import Slots

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from regbot.registry.api import Registry
    from regbot.supervisor.runs.outcome import Outcome


USUAL: Final = Limits()


def script(text: str, *, name: str = "main", timeout: float | None = 20, limits: Limits = USUAL) -> Script:
    """Return a script with limits."""
    return Script(name, text, 1, timeout, None, None, limits)


def plain(*registries: str) -> Hosts:
    """Return hosts that are spoken to without TLS."""
    return Hosts(Host(registry, tls=Tls.DISABLED) for registry in registries)


@asynccontextmanager
async def opened(*registries: str, folder: Path | None = None) -> AsyncIterator[Gate]:
    """Give a gate to registries and to the layouts of a folder."""
    files = Files(folder) if folder else None
    async with Registries(plain(*registries), files=files, user_agent="test") as registry:
        yield Gate(registry=registry, slots=Slots(1).share(), files=files)


@asynccontextmanager
async def runner(
    *registries: str, files: Path | None = None, entry: Path | None = None
) -> AsyncIterator[Callable[..., Awaitable[Outcome]]]:
    """Give a function that runs a text, with the limits of `script`, in a child of one launcher."""
    reached = Files(files) if files else None
    async with Registries(plain(*registries), files=reached, user_agent="test") as registry:
        opened = open_launcher() if entry is None else open_launcher(entry=entry)
        async with opened as launcher:

            async def run(
                registry: Registry, text: str, *, limit: float | None = 20, limits: Limits = USUAL
            ) -> Outcome:
                gate = Gate(registry=registry, slots=Slots(1).share(), files=reached)
                log = open_log(Writer(8, stream=StringIO()))
                return await Run(script(text, timeout=limit, limits=limits), gate, log).execute(launcher)

            yield partial(run, registry)

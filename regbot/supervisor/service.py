"""From a configuration to runs: makes what they share, hosts, registries and slots, and hands it over."""

from __future__ import annotations

import os
import re
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from regbot.nearest import listed
from regbot.registry.errors import RegistryError
from regbot.registry.files.files import Files
from regbot.registry.registries import Registries
from regbot.supervisor.audit.meter import TrailMeter
from regbot.supervisor.children.child import ChildLimits
from regbot.supervisor.children.launcher import ENTRY, LauncherFailed, open_launcher
from regbot.supervisor.gates import Means
from regbot.supervisor.once import Nobody, Once, runs
from regbot.supervisor.operations.table import OPERATIONS, Action
from regbot.supervisor.registries.hosts import hosts
from regbot.supervisor.registries.observer import LogObserver
from regbot.supervisor.shell import Shell
from regbot.version import VERSION

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from loguru import Logger

    from regbot.config.model import Config, Script
    from regbot.registry.observer import Meter
    from regbot.supervisor.once import Spectator
    from regbot.supervisor.report import Report
    from regbot.supervisor.shell import Dialogue


RESERVE: Final = 2
"""Children that wait while several scripts are still to come."""
_NOUNS: Final = {name.partition(".")[0] for name, row in OPERATIONS.items() if row.action is not Action.NONE}
_ASKS: Final = re.compile(rf"\b({'|'.join(sorted(_NOUNS))})\b")
"""What a script that asks a registry holds; it may be wrong either way, and costs time then but nothing else."""


class CannotRun(Exception):
    """An option names what is not there, or no child can be had here: no script was run."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says besides the configuration."""

    dry_run: bool = False
    files: str = "."
    only: tuple[str, ...] = ()
    """Names of the scripts to run; none: all."""
    entry: Path = ENTRY
    """The program that children are forked from."""
    fail_fast: bool = False
    """Whether no further script is started after one that failed."""
    look: bool = False
    """Whether registries are asked where a tag points before it is changed, so that the report can say so."""


async def once(config: Config, options: Options, log: Logger, spectator: Spectator | None = None) -> Report:
    """Run a configuration's scripts a single time, while *spectator* looks on; CannotRun before anything ran."""
    scripts = _chosen(config, options.only)
    async with open_means(config, options, log, reserve=RESERVE) as means:
        means.launcher.expect(ChildLimits.of(script.limits) for script in scripts if runs(script))
        if any(_ASKS.search(script.text) for script in scripts):
            # The launcher loads Lua meanwhile, and no script's timeout pays for it.
            means.registry.prepare()
        if config.isolation.require and any(map(runs, scripts)):
            await means.launcher.layers()
        once = Once(means, spectator or Nobody(), fail_fast=options.fail_fast, look=options.look)
        return await once.run(scripts)


async def shell(config: Config, options: Options, dialogue: Dialogue, log: Logger) -> Report:
    """Run what somebody types; CannotRun if no child can be had, OSError if the dialogue breaks."""
    async with open_means(config, options, log) as means:
        if config.isolation.require:
            await means.launcher.layers()
        return await Shell(means, config.plain, dialogue).run()


@asynccontextmanager
async def open_means(
    config: Config, options: Options, log: Logger, *, reserve: int = 0, meter: Meter | None = None
) -> AsyncIterator[Means]:
    """Give what scripts are run with; CannotRun if it cannot be had.  *meter* is told of all that is asked for."""
    try:
        files = Files(options.files)
    except (RegistryError, OSError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else exc
        raise CannotRun(f"the files folder {options.files} cannot be used: {why} (--files)") from exc
    agent = config.defaults.user_agent or f"regbot-runner/{VERSION}"
    reached = hosts(config, os.environ, log)

    def registries(*, read_only: bool) -> Registries:
        return Registries(
            reached,
            files=files,
            read_only=read_only,
            user_agent=agent,
            observer=LogObserver(log),
            meter=meter or TrailMeter(),
        )

    try:
        with files:
            async with (
                open_launcher(
                    entry=options.entry, reserve=reserve, required=config.isolation.require, tell=log.warning
                ) as launcher,
                registries(read_only=True) as reading,
                nullcontext(reading) if options.dry_run else registries(read_only=False) as registry,
            ):
                yield Means(launcher, registry, reading, files, log, config.defaults.parallel, options.dry_run)
    except LauncherFailed as exc:
        raise CannotRun(f"no script can run here: {exc}") from exc


def _chosen(config: Config, only: tuple[str, ...]) -> list[Script]:
    known = {script.name for script in config.scripts}
    for name in only:
        if name not in known:
            raise CannotRun(f"--script: there is no script {name!r}; {listed(name, known)}")
    return [script for script in config.scripts if not only or script.name in only]

"""From a configuration to runs: makes what they share, hosts, registries and slots, and hands it over."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from regbot.registry.errors import RegistryError
from regbot.registry.files.files import Files
from regbot.registry.registries import Registries
from regbot.supervisor.hosts import hosts
from regbot.supervisor.launcher import LauncherFailed, open_launcher
from regbot.supervisor.observer import LogObserver
from regbot.supervisor.once import Once
from regbot.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from loguru import Logger

    from regbot.config.model import Config, Script
    from regbot.supervisor.once import Report


MAX_NAMED: Final = 10
"""Scripts that an error names."""
_ASKS: Final = re.compile(r"\b(repo|tag|manifest|blob|image)\b")
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


async def once(config: Config, options: Options, log: Logger) -> Report:
    """Run a configuration's scripts a single time; CannotRun before anything ran."""
    scripts = _chosen(config, options.only)
    try:
        files = Files(options.files)
    except (RegistryError, OSError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else exc
        raise CannotRun(f"the files folder {options.files} cannot be used: {why} (--files)") from exc
    try:
        return await _once(config, options, log, scripts, files)
    except LauncherFailed as exc:
        raise CannotRun(f"no script can run here: {exc}") from exc


async def _once(config: Config, options: Options, log: Logger, scripts: Sequence[Script], files: Files) -> Report:
    agent = config.defaults.user_agent or f"regbot-runner/{VERSION}"
    async with (
        open_launcher() as launcher,
        Registries(
            hosts(config, os.environ, log),
            files=files,
            read_only=options.dry_run,
            user_agent=agent,
            observer=LogObserver(log),
        ) as registry,
    ):
        if any(_ASKS.search(script.text) for script in scripts):
            # The launcher loads Lua meanwhile, and no script's timeout pays for it.
            registry.prepare()
        once_ = Once(registry, launcher, log, files=files, parallel=config.defaults.parallel, dry_run=options.dry_run)
        return await once_.run(scripts)


def _chosen(config: Config, only: tuple[str, ...]) -> list[Script]:
    known = {script.name for script in config.scripts}
    for name in only:
        if name not in known:
            raise CannotRun(f"--script: there is no script {name!r}; {_nearest(name, known)}")
    return [script for script in config.scripts if not only or script.name in only]


def _nearest(name: str, known: Collection[str]) -> str:
    if not known:
        return "there are none at all"
    near = get_close_matches(name, known, n=MAX_NAMED, cutoff=0.5)
    others = sorted(set(known) - set(near))
    named = ", ".join(map(repr, [*near, *others][:MAX_NAMED]))
    return f"there are {named}" + (f" and {len(known) - MAX_NAMED} more" if len(known) > MAX_NAMED else "")

"""`regbot doctor`: which walls of the sandbox hold here, and with -c also what the configured registries are like."""

from __future__ import annotations

import os
import platform
from functools import partial
from typing import TYPE_CHECKING, Final

import trio

from regbot.commands import inputs
from regbot.commands.console import counted, say
from regbot.commands.status import ExitStatus, UsageError
from regbot.plain import one_line
from regbot.supervisor.doctor import advice
from regbot.supervisor.doctor.examination import CannotExamine, examine
from regbot.supervisor.doctor.registries import check_all
from regbot.supervisor.doctor.stopping import Stopped, unless_stopped
from regbot.supervisor.doctor.trial_run import trial_run
from regbot.supervisor.doctor.walls import Holds, missing
from regbot.supervisor.registries.hosts import hosts
from regbot.version import VERSION

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Iterator, Sequence

    from loguru import Logger

    from regbot.config.loading import Examined
    from regbot.config.model import Config
    from regbot.supervisor.doctor.registries import Checked
    from regbot.supervisor.doctor.trial_run import TrialRun
    from regbot.supervisor.doctor.walls import Wall

_WHAT: Final = 14
"""Columns of what is looked at, and then of what was found."""
_FOUND: Final = 10


def command(arguments: Namespace) -> int:
    """Print what is found, return the exit status."""
    try:
        return _command(arguments)
    except Stopped as exc:
        return ExitStatus.SIGNAL + exc.by


def _command(arguments: Namespace) -> int:
    log, _ = inputs.open_log(arguments)
    named = getattr(arguments, "config", None) is not None
    name, found = inputs.examined(arguments) if named else ("", None)
    try:
        walls, trial = trio.run(unless_stopped, _look)
    except CannotExamine as exc:
        raise UsageError(f"the sandbox cannot be examined here, and no script could run: {exc}") from exc
    required = found.config.isolation.require if found else ()
    lacking = missing(walls, required)
    say("\n".join(one_line(line) for line in _told(walls, trial, lacking)))
    bad = bool(lacking or trial.fault)
    if found is not None:
        bad = _told_of_file(name, found, log) or bad
    return ExitStatus.FAILED if bad else ExitStatus.SUCCESS


async def _look() -> tuple[list[Wall], TrialRun]:
    return await examine(), await trial_run()


def _told(walls: Sequence[Wall], trial: TrialRun, lacking: Iterable[str]) -> Iterator[str]:
    """Give the lines about the sandbox."""
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    yield f"regbot {VERSION} as {advice.who()} on {system}"
    for wall in walls:
        said = f"{advice.KEEPS[wall.name]}{f' ({wall.detail})' if wall.detail else ''}"
        yield _row(wall.name, wall.holds.value, said if wall.holds is Holds.YES else wall.detail)
    if trial.fault:
        yield _row("trial run", "failed", trial.fault)
    else:
        times = f"a launcher is ready in {trial.launcher:.0f} ms, a script begins in {trial.run:.1f} ms"
        yield _row("trial run", "yes", times)
    yield from _missed(walls)
    names = ", ".join(lacking)
    yield f"Missing, and required: {names}" if names else "All walls that are required hold."


def _missed(walls: Sequence[Wall]) -> Iterator[str]:
    """Give a line for each thing that can be done, with the walls that it is about."""
    remedies: dict[str, list[str]] = {}
    for wall in walls:
        if wall.holds in {Holds.NO, Holds.UNKNOWN}:
            todo = advice.remedy(wall.name, wall.detail, user=os.geteuid(), setting=advice.read_setting)
            doubt = " perhaps" if wall.holds is Holds.UNKNOWN else ""
            remedies.setdefault(todo, []).append(f"{wall.name}{doubt} ({advice.KEEPS[wall.name]})")
    for todo, names in remedies.items():
        yield f"Children lack {', '.join(names)}. {todo}"


def _told_of_file(name: str, found: Examined, log: Logger) -> bool:
    """Print what is to be said of the configuration and of its registries; return whether something is wrong."""
    said = [(finding, "error") for finding in found.errors] + [(finding, "warning") for finding in found.warnings]
    for finding, kind in sorted(said, key=lambda pair: pair[0].line):
        say(one_line(f"{f'{name}:{finding.line}' if finding.line else name}: {kind}: {finding.message}"))
    if found.errors:
        say(f"{name}: {counted(len(found.errors), 'error')}; its registries were not asked")
        return True
    if not found.config.creds:
        say(f"{name}: there are no registries in creds, none was asked")
        return False
    checked = trio.run(unless_stopped, partial(_ask, found.config, log))
    say("\n".join(one_line(line) for registry in checked for line in _told_of(registry)))
    return any(check.failed for registry in checked for check in registry.checks)


async def _ask(config: Config, log: Logger) -> list[Checked]:
    found = hosts(config, os.environ, log)
    agent = config.defaults.user_agent or f"regbot-runner/{VERSION}"
    return await check_all([found.find(creds.registry) for creds in config.creds], user_agent=agent)


def _told_of(registry: Checked) -> Iterator[str]:
    yield f"registry {registry.registry}"
    for check in registry.checks:
        yield _row(check.what, check.found, check.detail)


def _row(what: str, found: str, detail: str) -> str:
    return f"  {what:<{_WHAT}}{found:<{_FOUND}}{detail}".rstrip()

"""`regbot server`: the scripts of the configuration on their schedules, until told to stop."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import trio

from regbot.commands import inputs
from regbot.commands.status import ExitStatus, UsageError
from regbot.config.document import MAX_BYTES
from regbot.config.durations import InvalidDuration, parse_duration
from regbot.config.findings import ConfigError
from regbot.config.loading import load
from regbot.supervisor import service
from regbot.supervisor.history.history import HistoryUnusable
from regbot.supervisor.operations.module_folders import ModuleFolders
from regbot.supervisor.server import life
from regbot.supervisor.server.control import ReloadFailed

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable

    from loguru import Logger

    from regbot.config.loading import Loaded

_LONGEST: Final = 10
"""Digits of a number of days or runs."""


def command(arguments: Namespace) -> int:
    """Run the server to its end, return the exit status."""
    log, _ = inputs.open_log(arguments)
    least = inputs.log_level(arguments)
    source = _Source(arguments)
    settings = _settings(arguments, source, least)
    face = _face(arguments, log)
    config = inputs.configuration(arguments, log, source.folders)
    if not config.scripts:
        log.warning(f"{source.name}: there are no scripts, nothing is to be done until it is reloaded")  # noqa: G004 -- loguru's
    try:
        trio.run(life.serve, config, settings, source.load, log, face)
    except (service.CannotRun, HistoryUnusable) as exc:
        raise UsageError(str(exc)) from exc
    return ExitStatus.SUCCESS


class _Source:
    """The file of the configuration, which can be read again."""

    def __init__(self, arguments: Namespace) -> None:
        self._path = getattr(arguments, "config", None) or ""
        self.name = inputs.name_of(self._path)
        self.folders = self._new_folders()

    def load(self) -> Loaded:
        """Read the file anew; ReloadFailed if it cannot be used."""
        if self._path == "-":
            raise ReloadFailed(["the configuration came from standard input, which cannot be read again"])
        folders = self._new_folders()
        try:
            content = inputs.read(self._path, "the configuration", MAX_BYTES)
            loaded = load(content, self.name, environ=os.environ, read_folder=folders)
        except UsageError as exc:
            raise ReloadFailed([str(exc)]) from exc
        except ConfigError as exc:
            raise ReloadFailed([str(finding) for finding in (*exc.findings, *exc.warnings)]) from exc
        self.folders = folders
        return loaded

    def files(self) -> Iterable[Path]:
        """Return the file, and the folders of modules that it names."""
        return (Path(self._path), *self.folders.read)

    def _new_folders(self) -> ModuleFolders:
        return ModuleFolders("." if self._path == "-" else str(Path(self._path).parent))


def _settings(arguments: Namespace, source: _Source, least: int) -> life.Settings:
    watches = getattr(arguments, "watch", False)
    if watches and getattr(arguments, "config", None) == "-":
        raise UsageError("--watch: the configuration comes from standard input, which cannot be watched")
    return life.Settings(
        options=service.Options(dry_run=getattr(arguments, "dry_run", False), files=getattr(arguments, "files", ".")),
        grace=_duration("--grace", getattr(arguments, "grace", None), life.GRACE),
        state=getattr(arguments, "state", None),
        history_days=_number("--history-days", getattr(arguments, "history_days", None), life.HISTORY_DAYS),
        history_runs=int(_number("--history-runs", getattr(arguments, "history_runs", None), life.HISTORY_RUNS)),
        watched=source.files if watches else None,
        least=least,
    )


def _face(arguments: Namespace, log: Logger) -> life.Face | None:
    """Return what shows the server over HTTP, its sockets bound; None if nobody wants to see it."""
    listen, token_file = getattr(arguments, "listen", None), getattr(arguments, "token_file", None)
    if listen is None:
        if token_file is not None:
            raise UsageError("--token-file says who may come in, and --listen where: name that, too")
        return None
    # HTTP takes as long to load as all the rest.
    from regbot.web.opening import CannotListen, open_face  # noqa: PLC0415

    try:
        return open_face(listen, token_file, log)
    except CannotListen as exc:
        raise UsageError(str(exc)) from exc


def _duration(flag: str, text: str | None, usual: float) -> float:
    if text is None:
        return usual
    try:
        seconds = parse_duration(text)
    except InvalidDuration as exc:
        raise UsageError(f"{flag}: {exc}") from exc
    if seconds < 0:
        raise UsageError(f"{flag}: {text} is below zero")
    return seconds


def _number(flag: str, text: str | None, usual: float) -> float:
    if text is None:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST) or int(text) == 0:
        raise UsageError(f'{flag}: "{text[:100]}" should be a whole number above zero')
    return int(text)

"""`regbot shell`: Lua line by line, in a locked-down child; nothing is written without --write."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import trio

from regbot.commands import inputs
from regbot.commands.console import say
from regbot.commands.runs import changes
from regbot.commands.status import ExitStatus, UsageError
from regbot.manual import reading
from regbot.shell import history
from regbot.shell.dialogue import Typist
from regbot.shell.lines import Piped, typed
from regbot.shell.names import Names
from regbot.shell.record import said_line
from regbot.supervisor import logs, service
from regbot.supervisor.runs.script_log import SAID
from regbot.version import VERSION

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from loguru import Logger, Message

    from regbot.config.model import Config
    from regbot.shell.lines import Lines
    from regbot.supervisor.report import Report


def command(arguments: Namespace) -> int:
    """Run what is typed, return the exit status."""
    if getattr(arguments, "config", None) == "-":
        raise UsageError("the shell reads Lua from standard input: name the configuration's file")
    said, noted = _writers(arguments)
    log = _log(said, noted)
    config = inputs.optional_configuration(arguments, log)
    options = service.Options(
        # Whoever says both does not want to write.
        dry_run=not getattr(arguments, "write", False) or getattr(arguments, "dry_run", False),
        files=getattr(arguments, "files", "."),
    )
    names = Names(reading.read(), config.plain.modules)
    with _lines(names) as lines:
        typist = Typist(lines, names)
        report = _session(config, options, typist, log)
    if report.changes:
        say(changes(report))
    if report.stopped_by is not None:
        return ExitStatus.SIGNAL + report.stopped_by
    return ExitStatus.FAILED if typist.failed or said.lost or noted.lost else ExitStatus.SUCCESS


def _session(config: Config, options: service.Options, typist: Typist, log: Logger) -> Report:
    if typist.interactive:
        writes = (
            "Dry run: nothing is written to a registry (--write)." if options.dry_run else "Registries are written to."
        )
        say(f"regbot {VERSION}: Lua in a locked-down process.\n{writes}\nhelp says more; exit or Ctrl-D leaves.")
    try:
        return trio.run(service.shell, config, options, typist, log)
    except service.CannotRun as exc:
        raise UsageError(str(exc)) from exc
    except BrokenPipeError:
        raise
    except OSError as exc:
        raise UsageError(f"cannot go on: {exc.strerror}") from exc


@contextmanager
def _lines(names: Names) -> Iterator[Lines]:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        yield Piped(sys.stdin.buffer)
        return
    with typed(names, history.path(os.environ)) as lines:
        yield lines


def _writers(arguments: Namespace) -> tuple[logs.Writer, logs.Writer]:
    """Return what writes the log for people: what scripts say goes where values go, and the rest where errors go."""
    level = inputs.log_level(arguments)
    return logs.Writer(level, stream=sys.stdout, line=said_line), logs.Writer(level, line=said_line)


def _log(said: logs.Writer, noted: logs.Writer) -> Logger:
    def write(message: Message) -> None:
        (said if message.record["message"] == SAID else noted)(message)

    return logs.open_log(write)

"""Scripts are run, the log tells of each, and the exit status of all: what `once` and `run` share."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import trio

from regbot.commands import inputs
from regbot.commands.console import counted, say
from regbot.commands.status import ExitStatus, UsageError
from regbot.supervisor import service

if TYPE_CHECKING:
    from argparse import Namespace

    from loguru import Logger

    from regbot.commands.closing.file import ReportFile
    from regbot.commands.closing.terminal import Terminal
    from regbot.config.model import Config
    from regbot.supervisor import logs
    from regbot.supervisor.report import Report


@dataclass(frozen=True, slots=True)
class Closing:
    """What is told besides the log: to a file, and to whoever sits before a terminal."""

    report: ReportFile | None = None
    terminal: Terminal | None = None


NOTHING = Closing()


def run_all(arguments: Namespace, config: Config, log: Logger, written: logs.Writer, closing: Closing = NOTHING) -> int:
    """Run a configuration's scripts a single time, as the command line says; return the exit status."""
    options = service.Options(
        dry_run=getattr(arguments, "dry_run", False),
        files=getattr(arguments, "files", "."),
        only=tuple(getattr(arguments, "script", ())),
        fail_fast=getattr(arguments, "fail_fast", False),
        look=closing.report is not None,
    )
    report = _run(config, options, log, closing.terminal)
    status = _status(report, written)
    if closing.report is not None:
        name = inputs.name_of(arguments.config)
        status = _hand_over(report, closing.report, name, dry_run=options.dry_run, status=status)
    if options.dry_run and not (closing.report and closing.report.is_stdout):
        say(changes(report))
    if closing.terminal is not None:
        closing.terminal.show(report)
    return status


def _run(config: Config, options: service.Options, log: Logger, terminal: Terminal | None) -> Report:
    try:
        return trio.run(partial(service.once, config, options, log, terminal))
    except service.CannotRun as exc:
        raise UsageError(str(exc)) from exc
    finally:
        if terminal is not None:
            terminal.close()


def _status(report: Report, written: logs.Writer) -> int:
    if report.stopped_by is not None:
        return ExitStatus.SIGNAL + report.stopped_by
    # Work that nobody can read of is not done well.
    return ExitStatus.FAILED if report.failed or written.lost else ExitStatus.SUCCESS


def _hand_over(report: Report, file: ReportFile, config: str, *, dry_run: bool, status: int) -> int:
    """Write the report, return the exit status."""
    # It takes a while to load, and nobody else needs it.
    from regbot.commands.closing import making  # noqa: PLC0415

    try:
        file.write(making.encoded(report, config=config, dry_run=dry_run, status=status))
    except BrokenPipeError:
        raise
    except OSError as exc:
        print(f"regbot: the report cannot be written: {exc.strerror}; the scripts were run", file=sys.stderr)
        return status or ExitStatus.FAILED
    return status


def changes(report: Report) -> str:
    """Return the closing list of a dry run."""
    lines = [f"Dry run: {counted(report.changes_in_all, 'write')} not made."]
    # What tags point at comes before the bytes that they take.
    for change in sorted(report.changes, key=lambda change: change.what == "put blob"):
        size = f"  {change.size} bytes" if change.size > 0 else ""
        lines.append(f"  {change.what:<16} {change.target}  {change.digest}{size}")
    if report.changes_in_all > len(report.changes):
        lines.append(f"  and {report.changes_in_all - len(report.changes)} more: the log has them all")
    return "\n".join(lines)

"""Scripts are run, the log tells of each, and the exit status of all: what `once` and `run` share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from regbot.commands.console import counted, say
from regbot.commands.status import ExitStatus, UsageError
from regbot.supervisor import service

if TYPE_CHECKING:
    from argparse import Namespace

    from loguru import Logger

    from regbot.config.model import Config
    from regbot.supervisor import logs
    from regbot.supervisor.report import Report


def run_all(arguments: Namespace, config: Config, log: Logger, written: logs.Writer) -> int:
    """Run a configuration's scripts a single time, as the command line says; return the exit status."""
    options = service.Options(
        dry_run=getattr(arguments, "dry_run", False),
        files=getattr(arguments, "files", "."),
        only=tuple(getattr(arguments, "script", ())),
    )
    try:
        report = trio.run(service.once, config, options, log)
    except service.CannotRun as exc:
        raise UsageError(str(exc)) from exc
    if options.dry_run:
        say(changes(report))
    if report.stopped_by is not None:
        return ExitStatus.SIGNAL + report.stopped_by
    # Work that nobody can read of is not done well.
    return ExitStatus.FAILED if report.failed or written.lost else ExitStatus.SUCCESS


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

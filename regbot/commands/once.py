"""`regbot once`: every script of the configuration a single time."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from regbot.commands import inputs, runs
from regbot.commands.closing.file import ReportFile
from regbot.commands.closing.terminal import Terminal

if TYPE_CHECKING:
    from argparse import Namespace


def command(arguments: Namespace) -> int:
    """Run the scripts, return the exit status."""
    path = getattr(arguments, "report", None)
    report = None if path is None else ReportFile(path)
    # Who asks for JSON has a program read it.
    shown = sys.stderr.isatty() and not inputs.logs_json(arguments)
    terminal = Terminal(sys.stderr) if shown else None
    log, written = inputs.open_log(arguments, terminal.log if terminal else None)
    config = inputs.configuration(arguments, log)
    if not config.scripts:
        name = inputs.name_of(arguments.config)
        log.info(f"{name}: there are no scripts, nothing is to be done")  # noqa: G004 -- loguru's, not logging's
    return runs.run_all(arguments, config, log, written, runs.Closing(report, terminal))

"""`regbot once`: every script of the configuration a single time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regbot.commands import inputs, runs

if TYPE_CHECKING:
    from argparse import Namespace


def command(arguments: Namespace) -> int:
    """Run the scripts, return the exit status."""
    log, written = inputs.open_log(arguments)
    config = inputs.configuration(arguments, log)
    if not config.scripts:
        name = inputs.name_of(arguments.config)
        log.info(f"{name}: there are no scripts, nothing is to be done")  # noqa: G004 -- loguru's, not logging's
    return runs.run_all(arguments, config, log, written)

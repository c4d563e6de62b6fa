"""What the log says of the end of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regbot.supervisor.runs.outcome import Verdict

if TYPE_CHECKING:
    from loguru import Logger

    from regbot.supervisor.runs.outcome import Outcome


def tell_end(log: Logger, outcome: Outcome) -> None:
    """Log what a script counted, and how it ended."""
    log = log.bind(script=outcome.script)
    if outcome.metrics:
        log.bind(metrics=outcome.metrics).info("Script metrics")
    log = log.bind(outcome=outcome.verdict.value)
    if not outcome.failed:
        log.debug("Script finished")
        return
    log.bind(error=outcome.error, **outcome.facts).error("Error running script")
    if outcome.traceback:
        # A script's frames are for whoever debugs it; ours are for whoever reads our log.
        level = "ERROR" if outcome.verdict is Verdict.DEFECT else "DEBUG"
        log.bind(traceback=outcome.traceback).log(level, "Where it failed")

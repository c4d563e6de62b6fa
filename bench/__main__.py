"""Measure everything and print the table."""

from __future__ import annotations

import trio

from bench import copies, language, listing, operations, runs, schedule, side_by_side
from bench.table import show

show(
    [
        *runs.command(),
        *trio.run(runs.started),
        *trio.run(operations.figures),
        *trio.run(side_by_side.figures),
        *schedule.figures(),
        *language.figures(),
        *copies.figures(),
        *listing.figures(),
    ]
)

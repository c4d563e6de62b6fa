"""Measure everything and print the table."""

from __future__ import annotations

import trio

from bench import copies, language, listing, runs
from bench.table import show

show([*runs.command(), *trio.run(runs.started), *language.figures(), *copies.figures(), *listing.figures()])

"""Figures, and the one table they are printed in."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: ours, the peer's beside it in the same unit (None: not measured), and what the peer is."""

    what: str
    ours: float
    unit: str
    peer: float | None = None
    against: str = ""
    aim: str = ""

    def cells(self) -> tuple[str, str, str, str, str]:
        """Return the row's texts."""
        ours = f"{self.ours:.3g} {self.unit}"
        if self.peer is None:
            return self.what, ours, "", self.against, self.aim
        return self.what, ours, f"{self.ours / self.peer:.2f}", f"{self.peer:.3g} {self.unit} {self.against}", self.aim


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which *share* (0 to 1) of the values lie."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def median(values: Sequence[float]) -> float:
    """Return the value in the middle."""
    return statistics.median(values)


def show(figures: Sequence[Figure]) -> None:
    """Print the table."""
    rows = [("what", "ours", "ratio", "peer", "aim"), *(figure.cells() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())

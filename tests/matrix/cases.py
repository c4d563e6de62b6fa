"""All cases there are: each operation, each request that it makes, each fault, each mode."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tests.matrix.faults import FAULTS
from tests.matrix.play import Case, Mode, play

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.matrix.operations import Operation
    from tests.matrix.play import Outcome


def clean(operation: Operation) -> Outcome:
    """Return what comes of an operation without any fault; it must succeed."""
    outcome = play(operation)
    assert outcome.error is None, f"{operation.name}: {outcome.text}"
    return outcome


def cases(outcome: Outcome) -> Iterator[Case]:
    """Give the cases of an operation that makes the requests of *outcome*."""
    numbers: Counter[str] = Counter()
    for line in outcome.lines:
        numbers[line] += 1
        for fault in FAULTS:
            for mode in Mode:
                yield Case(line, numbers[line], fault, mode)

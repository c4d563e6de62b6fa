"""Counters of a run."""

from __future__ import annotations

import pytest

from regbot.protocol.errors import WireError
from regbot.supervisor.runs.metrics import MAX_METRICS, Metrics


def counted(*amounts: tuple[str, float]) -> dict[str, float]:
    """Count, with a call before each time, and return the totals."""
    metrics = Metrics()
    for name, amount in amounts:
        metrics.called()
        metrics.add(name, amount)
    return dict(metrics.totals)


def test_amounts_are_added_up() -> None:
    """Each name has the sum of its amounts; whole numbers are shown as such."""
    totals = counted(("deleted", 1.0), ("bytes_2", 0.5), ("deleted", 2.0), ("seen", 0.0), ("huge", 2.0**60))
    assert {name: str(total) for name, total in totals.items()} == {
        "deleted": "3",
        "bytes_2": "0.5",
        "seen": "0",
        "huge": str(2.0**60),
    }


@pytest.mark.parametrize("name", ["", "A", "1a", "_a", "a-b", "a\n", "\u00fc", "a" * 65])
def test_what_is_no_name(name: str) -> None:
    """A name that the prelude lets no script say ends the run."""
    with pytest.raises(WireError, match="can be no metric"):
        counted((name, 1.0))


def test_names_are_few() -> None:
    """A run has so many names and no more, however often it uses them."""
    names = [(f"a{number}", 1.0) for number in range(MAX_METRICS)]
    assert len(counted(*names, *names)) == MAX_METRICS
    with pytest.raises(WireError, match=f"one more than {MAX_METRICS}"):
        counted(*names, ("b", 1.0))


def test_a_sum_is_a_number() -> None:
    """What adds up to more than every number ends the run."""
    with pytest.raises(WireError, match="beyond every number"):
        counted(("a", 1.7e308), ("a", 1.7e308))


@pytest.mark.parametrize("calls", [0, 1, 5])
def test_messages_are_as_few_as_calls(calls: int) -> None:
    """A child may say what it counted before each call, before it waits, and at its end; a flood ends the run."""
    metrics = Metrics()
    for _ in range(calls):
        metrics.called()
    for _ in range((2 * calls + 1) * MAX_METRICS):
        metrics.add("a", 1.0)
    with pytest.raises(WireError, match="more is counted"):
        metrics.add("a", 1.0)

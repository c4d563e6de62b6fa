"""How many calls the runs have in flight, told only where it matters."""

from __future__ import annotations

from regbot.supervisor.registries.crowd import Crowd


def test_few_calls_are_told_to_nobody() -> None:
    """As many calls as every registry takes anyway change nothing."""
    told: list[int] = []
    note = Crowd(told.append).joined()
    for calls in (1, 2, 3, 2, 1, 0):
        note(calls)
    assert told == []


def test_many_calls_are_told_as_they_rise_and_fall() -> None:
    """Beyond that every change is told, and at last that there are few again."""
    told: list[int] = []
    note = Crowd(told.append).joined()
    for calls in (3, 4, 5, 5, 4, 3, 2):
        note(calls)
    assert told == [4, 5, 4, 3]


def test_runs_do_not_add_up() -> None:
    """What counts is the run that has the most, whichever it is."""
    told: list[int] = []
    crowd = Crowd(told.append)
    one, other = crowd.joined(), crowd.joined()
    for note, calls in ((one, 8), (other, 5), (one, 0), (other, 0)):
        note(calls)
    assert told == [8, 5, 3]

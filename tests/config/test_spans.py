"""Jitter and intervals, and what is told of odd ones."""

from __future__ import annotations

import pytest

from .support import faults, script, warnings


@pytest.mark.parametrize(
    ("own", "defaults", "seconds"),
    [
        ("", "", 0.0),
        ("", "jitter: 5m", 300.0),
        ("jitter: 1m", "jitter: 5m", 60.0),
        ("jitter: 0s", "jitter: 5m", 0.0),
        ("jitter: ~", "jitter: 5m", 300.0),
        ("jitter: -1m", "jitter: 5m", 300.0),
        ("jitter: -1m", "", 0.0),
    ],
)
def test_jitter(own: str, defaults: str, seconds: float) -> None:
    """A script's own jitter beats the default one, also with zero; a negative one counts as none."""
    assert script(own, f"{{{defaults}}}").jitter == seconds


def test_jitter_is_a_duration() -> None:
    """A jitter without a unit is refused where it stands."""
    (fault,) = faults("scripts:\n- name: a\n  jitter: 10\n")
    assert fault.startswith("regbot.yml:3: jitter: ")


@pytest.mark.parametrize("key", ["interval", "jitter"])
def test_negative(key: str) -> None:
    """A negative span is ignored, with a warning."""
    assert warnings(f"scripts:\n- name: a\n  {key}: -5s\n") == [f"regbot.yml:3: {key}: a negative one is ignored"]


@pytest.mark.parametrize("when", ["interval: 5m", "schedule: '@every 5m'"])
@pytest.mark.parametrize(("jitter", "told"), [("5m", True), ("4m59s", False)])
def test_jitter_beyond_the_next_start(when: str, jitter: str, told: bool) -> None:  # noqa: FBT001 -- a row of a table
    """A jitter as long as the time between two starts is told of on its own line, and a shorter one is not."""
    why = "a start that is put off beyond the next one takes its place"
    warning = f'regbot.yml:3: jitter: it should be less than the time between two starts of "a"; {why}'
    assert warnings(f"scripts:\n- name: a\n  jitter: {jitter}\n  {when}\n") == [warning] * told


def test_jitter_of_the_defaults() -> None:
    """Where the jitter is that of `defaults`, so is the line; a schedule by the clock is not looked at."""
    text = "defaults:\n  jitter: 1h\nscripts:\n- {name: a, interval: 5m}\n- {name: b, schedule: '@hourly'}\n"
    (warning,) = warnings(text)
    assert warning.startswith('regbot.yml:2: jitter: it should be less than the time between two starts of "a"')

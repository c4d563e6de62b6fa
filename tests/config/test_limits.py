"""The limits of a run, as the configuration has them."""

from __future__ import annotations

import pytest

from regbot.config.model import Limits

from .support import faults, script

SECONDS = "it should be whole seconds like 30, a duration like 90s, or off"


def limits(own: str, default: str = "") -> Limits:
    """Return the limits of a script, of the insides of its own map and of that of `defaults`."""
    return script(f"limits: {{{own}}}", f"{{limits: {{{default}}}}}").limits


def test_usual_limits() -> None:
    """Without a word a run has memory, log, messages and operations in flight bounded, and nothing else."""
    usual = Limits(128 << 20, None, None, None, 1 << 20, 16 << 20, 64)
    assert limits("") == limits("memory: ~, cpu: ~, operations: ~, logBytes: , inFlight: ", "messageBytes: ~") == usual


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 30),
        ("90s", 90),
        ("1m30s", 90),
        ("'5'", 5),
        ("1500ms", 2),
        ("1ms", 1),
        ("1h", 3600),
        ("off", None),
        ("no", None),
        ("false", None),
        ("0", None),
        ("0s", None),
    ],
)
def test_cpu(text: str, seconds: int | None) -> None:
    """CPU time is whole seconds, as the kernel counts it; a part of one is one, and 0 is off."""
    assert limits(f"cpu: {text}").cpu == seconds


@pytest.mark.parametrize(
    ("text", "count"), [("1", 1), ("10_000", 10_000), ("1e3", 1000), ("off", None), ("0", None), ("OFF", None)]
)
def test_operations(text: str, count: int | None) -> None:
    """A number of operations is a whole one, or off."""
    assert limits(f"operations: {text}").operations == count


def test_sizes() -> None:
    """Sizes have units; a log may be allowed nothing at all."""
    found = limits("memory: 1MiB, logBytes: 0, messageBytes: 64KiB, inFlight: 1")
    assert found == Limits(1 << 20, None, None, None, 0, 64 << 10, 1)
    found = limits("memory: 4GiB, logBytes: 4096, messageBytes: 1GiB, inFlight: 1024")
    assert found == Limits(4 << 30, None, None, None, 4096, 1 << 30, 1024)


def test_a_scripts_own_limit_beats_the_usual_one() -> None:
    """Each limit is taken from the script, else from `defaults`; off, and nothing, are values like others."""
    default = "memory: 64MiB, cpu: 5, timeout: 1m, operations: 7, logBytes: 1KiB, messageBytes: 1MiB, inFlight: 2"
    assert limits("", default) == Limits(64 << 20, 5, 60, 7, 1 << 10, 1 << 20, 2)
    own = "memory: 2MiB, cpu: off, timeout: 0s, operations: off, logBytes: 0, inFlight: 3"
    assert limits(own, default) == Limits(2 << 20, None, None, None, 0, 1 << 20, 3)


@pytest.mark.parametrize(
    ("own", "default", "seconds"),
    [
        ("limits: {timeout: 1h}", "{}", 3600),
        ("timeout: 1m, limits: {timeout: 1h}", "{}", 60),
        ("timeout: 2h, limits: {timeout: 1h}", "{}", 3600),
        ("timeout: -1s, limits: {timeout: 1h}", "{}", 3600),
        ("timeout: 0s, limits: {timeout: 1h}", "{timeout: 5s}", 5),
        ("timeout: 2h", "{limits: {timeout: 1h}}", 3600),
        ("timeout: 2h, limits: {timeout: 3h}", "{limits: {timeout: 1h}}", 7200),
        ("timeout: 2h, limits: {timeout: -1s}", "{limits: {timeout: 1h}}", 7200),
        ("limits: {timeout: 0s}", "{timeout: 5s, limits: {timeout: 1s}}", 5),
        ("timeout: -1s", "{timeout: 5s}", None),
    ],
)
def test_the_longest_timeout(own: str, default: str, seconds: float | None) -> None:
    """limits.timeout is the most that a timeout can be, and that of a run without one; 0s and below zero: none."""
    assert script(own, default).timeout == seconds


@pytest.mark.parametrize(
    ("field", "why"),
    [
        ("memory: 1000", "memory: 1000 is less than 1MiB; a number without a unit is bytes"),
        ("cpu: soon", f'cpu: "soon" is no such time: {SECONDS}'),
        ("cpu: -1", f'cpu: "-1" is no such time: {SECONDS}'),
        ("cpu: -1s", "cpu: -1s is below zero"),
        ("cpu: 1.5", f'cpu: "1.5" is no such time: {SECONDS}'),
        ("operations: many", 'operations: "many" is no whole number; it should be a whole number like 1000, or off'),
        ("operations: -1", "operations: -1 is below zero"),
        ("logBytes: 1MB", 'logBytes: "1MB" is no size'),
        ("messageBytes: 64000", "messageBytes: 64000 is less than 64KiB"),
        ("messageBytes: 2GiB", "messageBytes: 2GiB is more than 1GiB"),
        ("inFlight: 0", "inFlight: 0 is not between 1 and 1024"),
        ("inFlight: 1025", "inFlight: 1025 is not between 1 and 1024"),
        ("inFlight: off", 'inFlight: "off" is no whole number'),
        ("timeout: 90", 'timeout: "90" is no duration'),
        ("memory: [1GiB]", "memory: a list stands where one value should"),
    ],
)
def test_what_is_no_limit(field: str, why: str) -> None:
    """What cannot be meant is refused, with the line, the key and what it should be."""
    (fault,) = faults(f"scripts:\n- name: a\n  limits:\n    {field}\n")
    assert fault.startswith(f"regbot.yml:4: {why}")

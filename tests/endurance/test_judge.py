"""The judge of the long runs, on histories and logs that are made up: what is wrong is found, what is right is not."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from tests.endurance.evidence import PLANNED, SKIPPED, Kept, read_log
from tests.endurance.flat import courses, lasting
from tests.endurance.judge import Epoch, differences, kept_schedule, overlaps
from tests.endurance.past import Past, faults
from tests.endurance.processes import Sample
from tests.endurance.scripts import Due

if TYPE_CHECKING:
    from collections.abc import Sequence

T: Final = 1_800_000_000.0
"""A full minute."""
EVERY_TWO: Final = Epoch(T, {"a": Due(2.0)})
STARTS: Final = [("a", T + each) for each in (2.003, 4.01, 6.2, 8.0)]
"""What is due by that until ten seconds later, when a start may be late."""
RUN: Final = Kept(
    number=1,
    script="a",
    scheduled=True,
    started=T,
    ended=T + 1,
    outcome="limit: cpu",
    operations=2,
    steps=2,
    lines=2,
)


def told(*records: dict[str, object]) -> list[bytes]:
    """Return a log."""
    return [json.dumps({"time": "2027-01-15T08:00:00.500Z", "level": "INFO"} | each).encode() for each in records]


BEGUN: Final[dict[str, object]] = {"msg": "Script started", "script": "a", "run": 1}
SAID: Final[dict[str, object]] = {"msg": "User script message", "script": "a", "message": "x"}
ENDED: Final[dict[str, object]] = {"msg": "Error running script", "script": "a", "run": 1, "outcome": "limit: cpu"}


def test_clean_schedule() -> None:
    """A start at each due time, a little late, is as it must be; a skipped one counts as one."""
    found = kept_schedule([EVERY_TWO], T + 10, STARTS)
    assert (found.due, found.missed, found.doubled, found.late) == (4, [], [], [])


def test_missed() -> None:
    """A due time without a start is found."""
    found = kept_schedule([EVERY_TWO], T + 10, [*STARTS[:1], *STARTS[2:]])
    assert (len(found.missed), "due time 2" in found.missed[0], found.doubled) == (1, True, [])


@pytest.mark.parametrize("at", [2.5, 0.5, 11.0, -3.0])
def test_doubled(at: float) -> None:
    """So is a second start for one due time, and one at no due time: too early, too late, before all."""
    found = kept_schedule([EVERY_TWO], T + 10, [*STARTS, ("a", T + at)])
    assert (found.missed, len(found.doubled)) == ([], 1)


def test_told_late() -> None:
    """Where all starts come a little before their times, the configuration was in force before the log said so."""
    found = kept_schedule([EVERY_TWO], T + 10, [("a", T + each - 0.2) for each in (2.0, 4.0, 6.0, 8.0)])
    assert (found.missed, found.doubled, found.late) == ([], [], [])


def test_late() -> None:
    """A start that is late by nearly a whole span is not taken for one in time."""
    found = kept_schedule([EVERY_TWO], T + 10, [("a", T + 3.7), *STARTS[1:]])
    assert (found.missed, len(found.late)) == ([], 1)


def test_jitter() -> None:
    """Within its jitter a start is in time."""
    found = kept_schedule([Epoch(T, {"a": Due(4.0, jitter=1.0)})], T + 10, [("a", T + 5.5), ("a", T + 8.1)])
    assert (found.due, found.missed, found.doubled, found.late) == (2, [], [], [])


def test_minutes() -> None:
    """Cron goes by the time of day, whenever its configuration came into force."""
    found = kept_schedule([Epoch(T + 7, {"a": Due(60.0, cron=True)})], T + 130, [("a", T + 60), ("a", T + 120.1)])
    assert (found.due, found.missed, found.doubled) == (2, [], [])
    again = kept_schedule([Epoch(T + 7, {"a": Due(60.0, cron=True)})], T + 130, [("a", T + 8), ("a", T + 60)])
    assert (len(again.missed), len(again.doubled)) == (1, 1)


def test_reload_leaves_the_clock() -> None:
    """A reload that leaves a script's times as they are does not start them anew."""
    other = Epoch(T + 5, {**EVERY_TWO.dues, "b": Due(60.0)})
    assert kept_schedule([EVERY_TWO, other], T + 10, STARTS).missed == []
    anew = kept_schedule([EVERY_TWO, other], T + 10, [*STARTS[:2], ("a", T + 7), ("a", T + 9)])
    assert (anew.missed, len(anew.late)) == ([], 2)


def test_reload_changes_the_clock() -> None:
    """One that changes them does; a script that is gone, and back, begins anew, too."""
    changed = Epoch(T + 5, {"a": Due(3.0)})
    assert kept_schedule([EVERY_TWO, changed], T + 10, [*STARTS[:2], ("a", T + 8.0)]).missed == []
    back = [EVERY_TWO, Epoch(T + 4.5, {}), Epoch(T + 5, EVERY_TWO.dues)]
    found = kept_schedule(back, T + 10, [*STARTS[:2], ("a", T + 7), ("a", T + 9)])
    assert (found.missed, found.doubled, found.late) == ([], [], [])


def test_overlap() -> None:
    """Two runs of a script at a time are found; one after the other is as it must be."""
    assert overlaps([RUN, replace(RUN, number=2, started=T + 1.5, ended=T + 2)]) == []
    assert len(overlaps([RUN, replace(RUN, number=2, started=T + 0.5)])) == 1


def test_history_is_the_log() -> None:
    """A run that log and history tell alike is no difference, and what comes between of others is not counted."""
    skipped: dict[str, object] = {"msg": SKIPPED, "script": "a", "run": 1}
    log = read_log(told(BEGUN, SAID, skipped, SAID | {"script": "b"}, ENDED))
    assert (differences(log, [RUN], {"a": 7}), log.odd, len(log.skips)) == ([], [], 1)


@pytest.mark.parametrize(
    "run",
    [
        replace(RUN, number=2),
        replace(RUN, script="b"),
        replace(RUN, outcome="limit: memory"),
        replace(RUN, outcome="running", ended=None),
        replace(RUN, ended=T + 60),
        replace(RUN, lines=1),
        replace(RUN, operations=3),
        replace(RUN, changes=1),
        replace(RUN, ended=None),
    ],
)
def test_history_is_not_the_log(run: Kept) -> None:
    """Any difference between them is found, and a record that does not agree with itself."""
    assert differences(read_log(told(BEGUN, SAID, ENDED)), [run], {}) != []


def test_dry_run() -> None:
    """What a dry run says that it would have changed is in the history's changes, not in its log."""
    log = read_log(told(BEGUN, SAID, {"msg": PLANNED, "script": "a"}, ENDED))
    listed = replace(RUN, changes=1, changes_listed=1)
    assert differences(log, [listed], {}) == []
    assert len(differences(log, [replace(listed, changes=2, changes_listed=2)], {})) == 1


def test_operations_of_a_success() -> None:
    """A success with other operations than its script calls for is found."""
    log = read_log(told(BEGUN, SAID, ENDED | {"msg": "Script finished", "outcome": "success"}))
    run = replace(RUN, outcome="success")
    assert (differences(log, [run], {"a": 2}), len(differences(log, [run], {"a": 3}))) == ([], 1)


@pytest.mark.parametrize("records", [(BEGUN, BEGUN), (ENDED,), (BEGUN, ENDED, SAID), (BEGUN, ENDED | {"run": 2})])
def test_odd_log(records: Sequence[dict[str, object]]) -> None:
    """A run begun twice, the end of nothing or of another run, and words after the end are found."""
    assert len(read_log(told(*records)).odd) == 1


def test_no_record() -> None:
    """So is a line that is no record: a traceback, say."""
    assert len(read_log([b"Traceback (most recent call last):"]).odd) == 1


def test_past() -> None:
    """After a kill what ran is lost, what had ended is as it was, and the log's new runs are kept: nothing is wrong."""
    log = read_log(told(BEGUN | {"run": 3}, SAID, ENDED | {"run": 3}))
    before = Past([RUN, replace(RUN, number=2, outcome="running", ended=None, operations=0, steps=0)], "ok")
    lost = replace(RUN, number=2, outcome="lost", operations=0, steps=0)
    assert list(faults(before, Past([RUN, lost, replace(RUN, number=3)], "ok"), log)) == []


@pytest.mark.parametrize(
    "now",
    [
        Past([RUN], "row 7 missing from index"),
        Past([], "ok"),
        Past([replace(RUN, outcome="success")], "ok"),
        Past([RUN, replace(RUN, number=2)], "ok"),
        Past([RUN, replace(RUN, number=2, steps=1)], "ok"),
    ],
)
def test_past_that_is_wrong(now: Past) -> None:
    """Damage, a run that vanished or changed, one that nobody told of, and half a record are found."""
    assert list(faults(Past([RUN], "ok"), now, read_log([]))) != []


def test_running_that_is_not_lost() -> None:
    """A run that still runs, or has ended by some miracle, after the death of its server is found."""
    running = replace(RUN, outcome="running", ended=None)
    for now in (running, RUN):
        assert len(list(faults(Past([running], "ok"), Past([now], "ok"), read_log([])))) == 1


def test_number_given_again() -> None:
    """A run with a number that was reached before is found, and one that was told and is not kept."""
    log = read_log(told(BEGUN))
    assert len(list(faults(Past([RUN], "ok"), Past([RUN], "ok"), log))) == 1
    assert len(list(faults(Past([], "ok"), Past([], "ok"), log))) == 1


def samples(sizes: Sequence[int]) -> list[Sample]:
    """Return samples with these sizes of memory, in KiB."""
    nobody: frozenset[int] = frozenset()
    return [Sample(T + 5 * n, size, 50_000, 0, 20, 2, 3, nobody, nobody) for n, size in enumerate(sizes)]


def test_memory() -> None:
    """Memory that goes up and down is flat, also after it grew in the beginning; what keeps growing is not."""
    up_and_down = [30_000, *(60_000 + 3000 * (n % 2) for n in range(40))]
    assert all(each.flat for each in courses(samples(up_and_down)))
    (grown,) = [each for each in courses(samples(range(50_000, 90_000, 1000))) if not each.flat]
    assert (grown.name, round(grown.slope)) == ("RSS of the server, MiB", 703)


def test_lasting() -> None:
    """A process that is found dead twice in a row is one that nobody reaps; one that is found once was just ending."""
    assert lasting([frozenset({1, 2}), frozenset({2, 3}), frozenset({4})]) == {2}


ORPHAN: Final = """
import os, subprocess, sys
from tests.endurance.processes import adopt, left, ours
adopt()
own = ours()
shell = subprocess.Popen(["sh", "-c", "sleep 60 & echo $!"], stdout=subprocess.PIPE, text=True)
child = int(shell.stdout.readline())
shell.wait()
found = [each.pid for each in left(own, 0)]
os.kill(child, 9)
print(found == [child], left(own, 30) == [])
"""


def test_orphan() -> None:
    """A process whose parent died is found, until it has ended."""
    ended = subprocess.run([sys.executable, "-c", ORPHAN], capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout.split() == ["True", "True"]

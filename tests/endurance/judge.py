"""Whether a server did what it must: what it ran held against its schedule, its history against its log.

A script is due at `begun + n * span`, n from 1, where *begun* is when the configuration that first has it so came into
force; by cron at each full minute.  Every due time is a start or a start that the log says was skipped, and no due time
is two of them.  A reload that leaves a script's times as they are leaves its clock alone; one that changes them starts
it anew.  Around reloads, and the end of the server, a due time so close that either side could have been first may be
missing.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from tests.endurance.scripts import MINUTE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tests.endurance.evidence import Kept, Log, Told
    from tests.endurance.scripts import Due

EARLY: Final = 0.1
"""Seconds: the log tells of a configuration a little after its times began."""
LATE: Final = 0.8
"""Seconds by which a start may be late on a busy machine: less than the shortest span."""
ROUNDED: Final = 0.001
"""Seconds by which a record of the log may be later than its time says: parts of milliseconds are cut off."""
SLOW: Final = 0.3
"""Seconds by which a busy machine may tell later still of a configuration."""
SAME: Final = 2.0
"""Seconds between the end of a run in the log and that in the history, which may wait for a disk."""
WAITED: Final = 20.0
"""Seconds that a run may have waited for the disk before the log tells of its beginning."""
MOST_STEPS: Final = 1000
"""Operations of a run that history lists."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """A configuration that came into force *at* a time: the scripts that are due by themselves."""

    at: float
    dues: Mapping[str, Due]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A script that is due by the same rule from *begun* to *ended*."""

    script: str
    due: Due
    begun: float
    ended: float

    @property
    def span(self) -> float:
        """Seconds between two due times."""
        return MINUTE if self.due.cron else self.due.span or math.inf

    def number(self, at: float) -> int:
        """Return which due time a start belongs to."""
        return math.floor((at + EARLY - self._zero) / self.span)

    def lateness(self, at: float) -> float:
        """Return by how much a start is late."""
        return at - self._zero - self.number(at) * self.span

    def fitted(self, times: Sequence[float]) -> Stretch:
        """Return the same, begun a moment before the log said so, if that is what all *times* say."""
        least = min((self.lateness(at) for at in times), default=0.0)
        if self.due.cron or self.due.jitter or least < self.span - SLOW:
            return self
        return replace(self, begun=self.begun - (self.span - least))

    def knows(self, number: int) -> bool:
        """Whether there is such a due time."""
        return self._zero + number * self.span > self.begun - (EARLY if self.due.cron else 0.0)

    def certain(self) -> range:
        """Return the due times that must have been met."""
        first = math.floor((self.begun + EARLY - self._zero) / self.span) + 1
        last = math.ceil((self.ended - LATE - self.due.jitter - self._zero) / self.span) - 1
        return range(first, max(first, last + 1))

    @property
    def _zero(self) -> float:
        return 0.0 if self.due.cron else self.begun


@dataclass(slots=True)
class Schedule:
    """How a schedule was kept."""

    missed: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    due: int = 0
    lateness: list[float] = field(default_factory=list)


def stretches(epochs: Sequence[Epoch], ended: float) -> Iterator[Stretch]:
    """Give the times during which each script was due by one rule; *ended* is when the server was told to stop."""
    going: dict[str, tuple[Due, float]] = {}
    for told, dues in (*((epoch.at, epoch.dues) for epoch in epochs), (ended, {})):
        at = told + ROUNDED
        for script, (due, begun) in list(going.items()):
            if dues.get(script) != due:
                yield Stretch(script, due, begun, at)
                del going[script]
        for script, due in dues.items():
            going.setdefault(script, (due, at))


def kept_schedule(epochs: Sequence[Epoch], ended: float, starts: Iterable[tuple[str, float]]) -> Schedule:
    """Hold starts, those that were skipped included (script, time), against configurations."""
    by_script: defaultdict[str, list[float]] = defaultdict(list)
    for script, at in sorted(starts, key=lambda each: each[1]):
        by_script[script].append(at)
    found = Schedule()
    for stretch in stretches(epochs, ended):
        times = by_script[stretch.script]
        first = bisect_left(times, stretch.begun)
        mine = times[first : bisect_left(times, stretch.ended)]
        del times[first : first + len(mine)]
        _hold(stretch.fitted(mine), mine, found)
    found.doubled += [f"{script}: at no time when it is due: {at:.3f}" for script, at in _rest(by_script)]
    return found


def _hold(stretch: Stretch, times: Sequence[float], found: Schedule) -> None:
    seen: set[int] = set()
    for at in times:
        number, late = stretch.number(at), stretch.lateness(at) - stretch.due.jitter
        if number in seen or not stretch.knows(number):
            found.doubled.append(f"{stretch.script}: due time {number}, again at {at:.3f}")
        if late > LATE:
            found.late.append(f"{stretch.script}: due time {number}, {late:.3f} s late at {at:.3f}")
        if not stretch.due.jitter:
            found.lateness.append(late)
        seen.add(number)
    certain = stretch.certain()
    found.due += len(certain)
    found.missed += [
        f"{stretch.script}: due time {number}, every {stretch.span:g} s since {stretch.begun:.3f}"
        for number in certain
        if number not in seen
    ]


def _rest(by_script: Mapping[str, Sequence[float]]) -> Iterator[tuple[str, float]]:
    for script, times in by_script.items():
        yield from ((script, at) for at in times)


def overlaps(runs: Iterable[Kept]) -> list[str]:
    """Return runs of one script that went on together."""
    by_script: defaultdict[str, list[Kept]] = defaultdict(list)
    for run in runs:
        by_script[run.script].append(run)
    return [
        f"{script}: run {after.number} began before run {before.number} had ended"
        for script, each in by_script.items()
        for before, after in pairwise(sorted(each, key=lambda run: run.started))
        if before.ended is None or after.started < before.ended
    ]


def differences(log: Log, runs: Iterable[Kept], operations: Mapping[str, int]) -> list[str]:
    """Return where a history is not as the log: *operations* is what a success of a script calls for."""
    kept = {run.number: run for run in runs}
    found = [f"run {number} is in the log only" for number in log.runs.keys() - kept.keys()]
    found += [f"run {number} is in the history only" for number in kept.keys() - log.runs.keys()]
    for number in sorted(kept.keys() & log.runs.keys()):
        found += [f"run {number} of {kept[number].script}: {why}" for why in _differs(kept[number], log.runs[number])]
        wanted = operations.get(kept[number].script, kept[number].operations)
        if kept[number].outcome == "success" and kept[number].operations != wanted:
            found.append(f"run {number} of {kept[number].script}: {kept[number].operations} operations, not {wanted}")
    return found


def _differs(kept: Kept, told: Told) -> Iterator[str]:
    if kept.script != told.script:
        yield f"of {told.script} in the log"
    if kept.ended is None or told.ended is None:
        yield f"has not ended: {kept.outcome}, in the log {told.outcome or 'running'}"
    elif abs(kept.ended - told.ended) > SAME or not -SAME < told.began - kept.started < WAITED:
        yield f"from {kept.started} to {kept.ended}, in the log from {told.began} to {told.ended}"
    if kept.outcome != told.outcome:
        yield f"{kept.outcome}, in the log {told.outcome}"
    if kept.lines != told.lines:
        yield f"{kept.lines} records, in the log {told.lines}"
    if told.planned not in {0, kept.changes}:
        yield f"{kept.changes} changes of a dry run, in the log {told.planned}"
    yield from halves(kept)


def halves(kept: Kept) -> Iterator[str]:
    """Give where a record does not agree with itself."""
    if (kept.ended is None) != (kept.outcome == "running"):
        yield f"{kept.outcome}, and ended at {kept.ended}"
    if kept.steps != min(kept.operations, MOST_STEPS):
        yield f"{kept.operations} operations, {kept.steps} of them listed"
    if kept.changes_listed != kept.changes:
        yield f"{kept.changes} changes, {kept.changes_listed} of them listed"

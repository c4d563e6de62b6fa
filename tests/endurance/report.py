"""How a soak came out: a table, and what must not have been."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tests.endurance.flat import courses, lasting
from tests.endurance.judge import Schedule, differences, kept_schedule, overlaps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.endurance.chaos import Chaos
    from tests.endurance.evidence import Kept, Log
    from tests.endurance.processes import Process, Sample

_SHOWN: Final = 10
"""Breaches of one kind that are shown."""
_IMPOSSIBLE: Final = {"defect", "running", "lost", "protocol"}
"""Outcomes that no script here may have, and no kill."""


@dataclass(slots=True, kw_only=True)
class Findings:
    """What a soak left.

    *cpu* is the share of one processor that the server took with all below it, *machine* the share of all processors
    that worked, for whomever.
    """

    log: Log
    kept: Sequence[Kept]
    chaos: Chaos
    operations: Mapping[str, int]
    samples: Sequence[Sample]
    status: int
    cpu: float
    machine: float
    faults: Mapping[str, int] = field(default_factory=dict)
    orphans: Sequence[Process] = ()


def judged(findings: Findings) -> tuple[list[str], list[str]]:
    """Return the table, and the breaches."""
    log, kept = findings.log, findings.kept
    starts = [(run.script, run.started) for run in kept if run.scheduled]
    starts += [(skip.script, skip.at) for skip in log.skips]
    schedule = kept_schedule(findings.chaos.epochs, log.stopping, starts)
    breaches = [each for kind in _breaches(findings, schedule) for each in kind]
    return [*_table(findings, schedule)], breaches


def _breaches(findings: Findings, schedule: Schedule) -> Iterator[list[str]]:
    yield _first("missed", schedule.missed)
    yield _first("doubled", schedule.doubled)
    yield _first("late", schedule.late)
    yield _first("overlap", overlaps(findings.kept))
    yield _first("history is not the log", differences(findings.log, findings.kept, findings.operations))
    yield _first("log", findings.log.odd)
    yield _first("reload or request", findings.chaos.unanswered)
    odd = [run for run in findings.kept if run.outcome in _IMPOSSIBLE]
    yield _first("outcome", [f"run {run.number} of {run.script}: {run.outcome}" for run in odd])
    grown = [course for course in courses(findings.samples) if not course.flat]
    yield _first("grows", [f"{each.name}: {each.first:.1f}, then {each.last:.1f}" for each in grown])
    yield _first("zombie", sorted(map(str, lasting([each.zombies for each in findings.samples]))))
    yield _first("orphan while it lived", sorted(map(str, lasting([each.orphans for each in findings.samples]))))
    yield _first("orphan", [str(each) for each in findings.orphans])
    yield [f"exit status {findings.status}"] if findings.status else []


def _first(kind: str, found: Sequence[str]) -> list[str]:
    more = [f"{kind}: {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return [*(f"{kind}: {each}" for each in found[:_SHOWN]), *more]


def _table(findings: Findings, schedule: Schedule) -> Iterator[str]:
    log, late = findings.log, sorted(schedule.lateness)
    outcomes = Counter(run.outcome for run in findings.kept)
    yield f"{log.stopping - log.began:9.0f} s, {100 * findings.cpu:.0f} % of one processor for the server"
    yield f"{100 * findings.machine:9.0f} % of the machine for everybody"
    yield f"{len(findings.kept):9} runs: " + ", ".join(f"{count} {name}" for name, count in outcomes.most_common())
    yield f"{schedule.due:9} due times that had to be met; {len(log.skips)} starts skipped and logged"
    yield f"{len(schedule.missed):9} missed, {len(schedule.doubled)} doubled, {len(schedule.late)} late"
    if late:
        shares = ", ".join(f"{share:g} %: {1000 * late[int(len(late) * share / 100)]:.1f}" for share in (50, 99, 99.9))
        yield f"{'':9} start after its due time, ms: {shares}, most: {1000 * late[-1]:.1f}"
    yield f"{'':9} blows: " + ", ".join(f"{count} {name}" for name, count in findings.chaos.blows.most_common())
    yield f"{len(log.reloads):9} reloads, {log.refused} refused; faults: {findings.faults}"
    yield f"{sum(run.operations for run in findings.kept):9} operations, {sum(run.lines for run in findings.kept)} log"
    row = "{:>36} first third {:8.1f}  last {:8.1f}  most {:8.1f}  slope {:+8.2f} an hour  {}"
    for each in courses(findings.samples):
        word = "flat" if each.flat else "GROWS"
        yield row.format(each.name, each.first, each.last, each.most, each.slope, word)


def say(text: str) -> None:
    """Print at once: somebody watches for minutes."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()

"""Play the whole matrix, or the operations whose names hold one of the arguments, and say how it came out."""

from __future__ import annotations

import os
import resource
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from tests.matrix.cases import cases, clean
from tests.matrix.operations import OPERATIONS
from tests.matrix.oracle import faults_of
from tests.matrix.play import Outcome, play


@dataclass(slots=True)
class Tally:
    """How the cases of some operations came out."""

    results: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    seconds: float = 0.0
    """What the longest took, of its own time."""
    received: int = 0
    """Bytes that came in, where it was most."""
    requests: int = 0
    """Requests that were made, where it was most."""
    memory: int = 0
    """KiB that a process needed at most."""

    def add(self, other: Tally) -> None:
        """Add what came out of others."""
        self.results += other.results
        self.violations += other.violations
        self.seconds = max(self.seconds, other.seconds)
        self.received = max(self.received, other.received)
        self.requests = max(self.requests, other.requests)
        self.memory = max(self.memory, other.memory)

    def lines(self) -> list[str]:
        """Return it for people."""
        return [
            *(f"{count:7} {kind}" for kind, count in self.results.most_common()),
            f"{self.results.total():7} cases; the longest took {self.seconds:.0f} s of its own time",
            f"        and at most {self.requests} requests, {self.received / (1 << 20):.1f} MiB taken in",
            f"        memory of a process: {self.memory / 1024:.0f} MiB",
            f"{len(self.violations):7} violations",
            *self.violations,
        ]


def tally(name: str) -> Tally:
    """Play all cases of an operation."""
    operation = next(each for each in OPERATIONS if each.name == name)
    found, right = Tally(), clean(operation)
    for case in cases(right):
        outcome = play(operation, case)
        found.violations += [f"{name}: {case}: {text}"[:600] for text in faults_of(operation, right, case, outcome)]
        found.results[_kind(outcome)] += 1
        found.seconds = max(found.seconds, outcome.seconds)
        found.received = max(found.received, outcome.received)
        found.requests = max(found.requests, len(outcome.lines))
    found.memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return found


def _kind(outcome: Outcome) -> str:
    if outcome.out_of_time:
        return "cancelled at its deadline"
    error = outcome.error
    return "success" if error is None else f"{type(error).__name__} {getattr(error, 'code', '')}".strip()


def main(wanted: list[str]) -> int:
    """Play, as many operations at once as there are processors, and print a table; 1 if anything was violated."""
    # The registries have no address: no proxy is to be asked for them.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"
    began, total = time.monotonic(), Tally()
    names = [each.name for each in OPERATIONS if not wanted or any(part in each.name for part in wanted)]
    with ProcessPoolExecutor() as pool:
        for name, found in zip(names, pool.map(tally, names), strict=True):
            sys.stdout.write(f"{name}: {found.results.total()} cases, {len(found.violations)} violations\n")
            sys.stdout.flush()
            total.add(found)
    sys.stdout.writelines(f"{line}\n" for line in (*total.lines(), f"{time.monotonic() - began:.0f} s"))
    return min(len(total.violations), 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

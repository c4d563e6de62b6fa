"""`python -m tests.fuzz SUBJECT|all COUNT [SEED]`: so many inputs for a subject; 1 if any showed a fault."""

from __future__ import annotations

import sys
import time
import traceback
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Final

from tests.fuzz.subjects.all import SUBJECTS

if TYPE_CHECKING:
    from tests.fuzz.subject import Subject

MAX_FAULTS: Final = 10
"""Faults that are shown before it is given up."""


def main(words: list[str]) -> int:
    """Check inputs, and print what became of them."""
    name, count, seed = words[0], int(words[1]), int(words[2]) if len(words) > 2 else 1
    wanted = SUBJECTS.values() if name == "all" else [SUBJECTS[name]]
    return max(fuzz(subject, count, seed) for subject in wanted)


def fuzz(subject: Subject, count: int, seed: int) -> int:
    """Check *count* inputs of one subject; 1 if one showed a fault."""
    chance, kinds, faults = Random(seed), Counter[str](), 0  # noqa: S311 -- no secret is made of it
    began, slowest = time.perf_counter(), (0.0, b"")
    for _ in range(count):
        data = subject.make(chance)
        start = time.process_time()
        try:
            kinds[subject.check(data)] += 1
        except Exception:  # noqa: BLE001 -- whatever escapes is what is looked for
            faults += 1
            say(f"{data!r}\n{traceback.format_exc()}")
        slowest = max(slowest, (time.process_time() - start, data))
        if faults == MAX_FAULTS:
            break
    say(f"{subject.name}: {count} inputs, seed {seed}, {time.perf_counter() - began:.0f} s, {faults} faults")
    for kind, number in kinds.most_common():
        say(f"{number:9} {kind}")
    say(f"          the slowest took {slowest[0]:.3f} s: {slowest[1][:100]!r}")
    return min(faults, 1)


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

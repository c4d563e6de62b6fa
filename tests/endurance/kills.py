"""`python -m tests.endurance.kills [--times 200] [--seed 1]`: a server killed at random moments; 1 on any fault.

Each time the history must open whole, what ran be lost, no number be given again, no process be left, and each tag
point at what it did before or at what it was to point at.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.docker_registry import DockerRegistry
from tests.endurance.evidence import read_log
from tests.endurance.past import Past, faults, look
from tests.endurance.processes import adopt, below, everything, left, ours
from tests.endurance.report import say
from tests.endurance.victim import Victims
from tests.running import Running

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LIVES: Final = (0.0, 1.5)
"""Seconds between the start of a server's first runs and its death."""
_GONE_WITHIN: Final = 5.0
_FORGET: Final = 5
"""Kills after which copies are made anew."""


@dataclass(slots=True)
class Toll:
    """What came of the kills."""

    kills: int = 0
    wrong: list[str] = field(default_factory=list)
    killed_with: list[int] = field(default_factory=list)
    """Processes below the server when it was killed."""
    lost: int = 0
    """Runs that were going on."""
    stand_ins: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


class Killing:
    """One server that is started and killed in turn, on the same state."""

    def __init__(self, server: Running, victims: Victims, own: set[int], chance: random.Random, toll: Toll) -> None:
        self._server, self._victims, self._own = server, victims, own
        self._chance, self._toll = chance, toll
        self._past = Past((), "ok")

    def once(self) -> None:
        """Start it, kill it, look at what is left."""
        server, toll = self._server, self._toll
        server.log = server.folder / f"log-{toll.kills}"
        server.start()
        server.told("Script started")
        time.sleep(self._chance.uniform(*LIVES))
        alive = below(server.pid, everything())
        server.signal(signal.SIGKILL)
        server.ended()
        toll.kills += 1
        toll.killed_with.append(len(alive))
        self._note(f"{each} is left" for each in left(self._own, _GONE_WITHIN))
        self._compare()
        self._note(self._victims.wrong())
        if toll.kills % _FORGET == 0:
            self._note(self._victims.wrong_copies())
            self._victims.forget_copies()

    def _compare(self) -> None:
        now = look(self._server.folder / "state", self._server.folder / "copy")
        whole, _half_a_line = self._server.log.read_bytes().rsplit(b"\n", 1)
        self._note(faults(self._past, now, read_log(whole.split(b"\n"))))
        self._toll.lost += len(now.running)
        self._past = now

    def _note(self, found: Iterable[str]) -> None:
        self._toll.wrong += [f"kill {self._toll.kills}: {each}" for each in found]

    def end(self) -> None:
        """Start it once more, have it stop by itself, and see that everything has ended."""
        self._server.log = self._server.folder / "log-last"
        self._server.start()
        self._server.told("Server started")
        status = self._server.stop()
        now = look(self._server.folder / "state", self._server.folder / "copy")
        self._note([f"run {number} still goes on at the end" for number in now.running])
        self._note([f"exit status {status}"] if status else [])
        self._toll.outcomes.update(run.outcome for run in now.runs)


def kill_often(folder: Path, times: int, seed: int) -> Toll:
    """Do it in *folder*."""
    adopt()
    toll, began = Toll(), time.monotonic()
    with ExitStack() as stack:
        first = stack.enter_context(DockerRegistry(folder / "first"))
        second = stack.enter_context(DockerRegistry(folder / "second"))
        own, victims = ours(), Victims(first, second)
        server = Running(folder / "server", victims.config(), "--state", "state", "--grace", "0s")
        stack.push(server.__exit__)
        killing = Killing(server, victims, own, random.Random(seed), toll)  # noqa: S311 -- no secret is made of it
        for _ in range(times):
            killing.once()
            if toll.kills % 20 == 0:
                say(f"{toll.kills} kills, {len(toll.wrong)} faults, {time.monotonic() - began:.0f} s")
        killing.end()
        toll.stand_ins = victims.stand_ins
    toll.seconds = time.monotonic() - began
    return toll


def main(words: Sequence[str]) -> int:
    """Kill, and print how it came out."""
    parser = argparse.ArgumentParser(prog="python -m tests.endurance.kills")
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as name:
        toll = kill_often(Path(name), given.times, given.seed)
    say(
        f"{toll.kills} kills in {toll.seconds:.0f} s; {min(toll.killed_with)} to {max(toll.killed_with)} processes each"
    )
    say(f"{sum(toll.outcomes.values())} runs: {dict(toll.outcomes)}; {toll.lost} went on when their server died")
    say(f"{toll.stand_ins} tags were at the manifest that is deleted with them, whole")
    say("\n".join(f"FAULT {each}" for each in toll.wrong[:50]) or "no fault")
    return 1 if toll.wrong or not all(toll.killed_with) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

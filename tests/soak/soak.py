"""Thousands of runs in one supervisor: hostile scripts, taken-over children, and honest scripts between them."""

from __future__ import annotations

import io
import random
import re
import time
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

import trio

from regbot.config.model import Script
from regbot.registry.files.files import Files
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.registries import Registries
from regbot.supervisor.audit.trail import Trail
from regbot.supervisor.children.launcher import open_launcher
from regbot.supervisor.gates import Gates, Means
from regbot.supervisor.logs import Writer, open_log
from regbot.supervisor.runs.outcome import Verdict
from regbot.supervisor.runs.run import Run
from tests.images import image, push
from tests.soak.census import Census, settled, take
from tests.soak.corpus import HONEST_REPOSITORY, HOSTED, REGISTRY, TAGS, Task, honest, hostile, taken_over
from tests.supervisor.processes import STAND_IN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence
    from pathlib import Path

    from tests.docker_registry import DockerRegistry

AT_ONCE: Final = 4
RESERVE: Final = 2
SHARES: Final = (5, 4, 1)
"""Of honest scripts, hostile scripts, and children that are taken over."""
DEADLINE: Final = 0.3
"""Seconds for a hostile script."""
_SIGNAL: Final = re.compile(r"was killed by (SIG[A-Z]+)|ended with status (\d+)")


class Listener(io.StringIO):
    """The end of the log: keeps nothing but what it must not hold, and the number of its bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.size = 0
        self.escaped: set[str] = set()

    def write(self, text: str) -> int:
        """Take a record."""
        self.size += len(text)
        if "ESCAPED" in text and len(self.escaped) < 100:
            self.escaped.add(text[text.index("script=") :][:300])
        return len(text)


@dataclass(slots=True)
class Figures:
    """What came of a soak."""

    runs: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    """Kind of task, and how it ended."""
    ends: Counter[str] = field(default_factory=Counter)
    """What crashed children died of."""
    wrong: list[str] = field(default_factory=list)
    """Runs that did not end as they had to."""
    escaped: set[str] = field(default_factory=set)
    logged: int = 0
    seconds: float = 0.0
    early: Census | None = None
    """The tree after the first runs."""
    late: Census | None = None
    """The tree after the last."""

    def note(self, task: Task, verdict: Verdict, error: str) -> None:
        """Take down the end of one run."""
        self.runs += 1
        self.outcomes[f"{task.name.partition(':')[0]}: {verdict.value}"] += 1
        if verdict is Verdict.CRASHED and (match := _SIGNAL.search(error)):
            self.ends[match[1] or f"status {match[2]}"] += 1
        if verdict in {Verdict.DEFECT, Verdict.UNSTARTED} or task.due not in {None, verdict}:
            self.wrong.append(f"{task.name}: {verdict.value}: {error}"[:400])

    def lines(self) -> Iterator[str]:
        """Return it for people."""
        yield f"{self.runs} runs in {self.seconds:.0f} s, {self.logged >> 10} KiB of log"
        yield from (f"{count:7} {kind}" for kind, count in sorted(self.outcomes.items()))
        yield from (f"{count:7} children ended by {end}" for end, count in self.ends.most_common())
        for name, census in (("after the first runs", self.early), ("at the end", self.late)):
            yield from (f"{name}:", *(census.lines() if census else ()))
        yield f"{len(self.wrong)} runs ended in a way they must not; {len(self.escaped)} said that they escaped"
        yield from (*self.wrong[:50], *self.escaped)


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and with what: *first* runs are made before the tree is counted for the first time."""

    runs: int
    first: int
    folder: Path | None = None
    skipped: frozenset[str] = frozenset()
    seed: int = 1

    def tasks(self) -> Iterator[Task]:
        """Draw tasks: every script of the corpus in turn, in an order that the seed decides."""
        chance = random.Random(self.seed)  # noqa: S311 -- no secret is made of it
        good, bad, foul = honest(), hostile(self.folder, DEADLINE), taken_over(DEADLINE)
        bad = [task for task in bad if task.name not in self.skipped]
        decks = [_deck(kind, chance) for kind in (good, bad, foul)]
        for _ in range(self.runs):
            (deck,) = chance.choices(decks, SHARES)
            yield next(deck)


def _deck(tasks: Sequence[Task], chance: random.Random) -> Iterator[Task]:
    while True:
        yield from chance.sample(tasks, len(tasks))


class Soak:
    """One supervisor with two launchers: a real one, and one whose children are taken over."""

    def __init__(self, means: Means, enemy: Means, figures: Figures) -> None:
        self._figures, self._log = figures, means.log
        self._means, self._enemy = means, enemy
        self._gates = {False: Gates(means), True: Gates(enemy)}

    async def run(self, tasks: Iterator[Task]) -> None:
        """Run tasks, some at once."""
        async with trio.open_nursery() as nursery:
            for _ in range(AT_ONCE):
                nursery.start_soon(self._work, tasks)

    async def _work(self, tasks: Iterator[Task]) -> None:
        for task in tasks:
            await self._one(task)

    async def _one(self, task: Task) -> None:
        script = Script(task.name, task.text, 1, task.timeout, None, None, HOSTED)
        launcher = (self._enemy if task.taken_over else self._means).launcher
        trail = Trail()
        gate = self._gates[task.taken_over].of(script, trail)
        outcome = await Run(script, gate, self._log, trail).execute(launcher)
        self._figures.note(task, outcome.verdict, outcome.error)


async def soak(registry: DockerRegistry, folder: Path, plan: Plan, say: Callable[[str], None]) -> Figures:
    """Do it, with *folder* for files and a real registry, and return the figures."""
    for name in TAGS:
        push(registry, HONEST_REPOSITORY, name, image(labels={"version": name}, layers=[name.encode()]))
    push(registry, "repo", "tag", image(labels={"owner": "repo"}))
    figures, listener, began = Figures(), Listener(), time.monotonic()
    tasks = plan.tasks()
    async with _opened(registry, folder, listener, figures) as runner:
        await runner.run(islice(tasks, plan.first))
        figures.early = await settled()
        say("\n".join(["after the first runs:", *figures.early.lines()]))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(partial(_report, figures, say))
            await runner.run(tasks)
            nursery.cancel_scope.cancel()
        figures.late = await settled()
    figures.escaped, figures.logged, figures.seconds = listener.escaped, listener.size, time.monotonic() - began
    return figures


@asynccontextmanager
async def _opened(registry: DockerRegistry, folder: Path, listener: Listener, figures: Figures) -> AsyncIterator[Soak]:
    log, files = open_log(Writer(stream=listener)), Files(folder)
    hosts = Hosts([Host(REGISTRY, registry.host, Tls.DISABLED)])
    async with AsyncExitStack() as stack:
        registries = await stack.enter_async_context(Registries(hosts, files=files, user_agent="soak"))
        real = await stack.enter_async_context(open_launcher(reserve=RESERVE))
        enemy = await stack.enter_async_context(open_launcher(entry=STAND_IN, reserve=RESERVE))
        means = Means(real, registries, registries, files, log, AT_ONCE, dry_run=False)
        yield Soak(means, replace(means, launcher=enemy), figures)


async def _report(figures: Figures, say: Callable[[str], None]) -> None:
    """Say every now and then how far it is."""
    while True:
        await trio.sleep(30)
        say(f"{figures.runs} runs, {len(figures.wrong)} wrong, supervisor: {take().of('supervisor')[0].rss} KiB")

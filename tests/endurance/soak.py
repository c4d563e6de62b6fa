"""`python -m tests.endurance.soak [--minutes 30] [--scripts 200] [--seed 1] [--keep FOLDER]`: 1 on any breach.

A real server with hundreds of scripts at second scale, two real registries, one of them behind a proxy that injects
faults; reloads of good and broken files, kills of launchers and children.  Afterwards its schedule, its memory, its
history and its processes are judged.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from tests.docker_registry import DockerRegistry
from tests.endurance.chaos import Chaos
from tests.endurance.evidence import read_history, read_log
from tests.endurance.processes import Sample, adopt, left, ours, sample
from tests.endurance.proxy import Proxy
from tests.endurance.report import Findings, judged, say
from tests.endurance.scripts import config, specs
from tests.images import image, push
from tests.running import Running

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.endurance.scripts import Spec

PERIOD: Final = 5.0
"""Seconds between two samples."""
_WORDS: Final = ("--state", "state", "--history-runs", "1000000", "--grace", "5s")
_GONE_WITHIN: Final = 5.0


class Sampler:
    """Looks at a server every few seconds, in a thread of its own; *own* are the other processes that we started."""

    def __init__(self, server: Running, own: set[int]) -> None:
        self.samples: list[Sample] = []
        self._server, self._own, self._over = server, own, threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(PERIOD):
            with suppress(FileNotFoundError, ProcessLookupError):
                self.samples.append(sample(self._server.pid, self._own | {self._server.pid}))


def soak(folder: Path, number: int, seconds: float, seed: int) -> Findings:
    """Do it in *folder*, and judge."""
    adopt()
    with ExitStack() as stack:
        first = stack.enter_context(DockerRegistry(folder / "first"))
        second = stack.enter_context(DockerRegistry(folder / "second"))
        proxy = stack.enter_context(Proxy(second.host, seed))
        own = ours()
        for registry in (first, second):
            for tag in ("v1", "v2"):
                for repository in ("app", "slow/app"):
                    push(registry, repository, tag, image(layers=[tag.encode() * 2000]))
        hosts = (first.host, proxy.host)
        scripts = specs(number, *hosts)
        server = stack.enter_context(Running(folder / "server", config(scripts, hosts), *_WORDS))
        chaos = Chaos(server, scripts, hosts, seed)
        findings = _live(server, scripts, chaos, own, seconds)
        findings.faults = dict(proxy.faults)
        findings.orphans = left(own, _GONE_WITHIN)
    return findings


def _live(server: Running, scripts: Sequence[Spec], chaos: Chaos, own: set[int], seconds: float) -> Findings:
    """Let it live through what comes, end it, and read what it left."""
    with Sampler(server, own) as sampler:
        machine = busy()
        chaos.rage(time.monotonic() + seconds)
        machine = busy() - machine
    before = os.times()
    status = server.stop()
    after = os.times()
    with server.log.open("rb") as lines:
        log = read_log(lines)
    return Findings(
        log=log,
        kept=read_history(server.folder / "state" / "history.db"),
        chaos=chaos,
        operations={each.name: each.operations for each in scripts if each.operations is not None},
        samples=sampler.samples,
        status=status,
        machine=machine / seconds / (os.cpu_count() or 1),
        cpu=(after.children_user + after.children_system - before.children_user - before.children_system) / seconds,
    )


def busy() -> float:
    """Return the seconds that the processors of this machine have worked, for whomever (proc(5), /proc/stat)."""
    user, nice, system, _idle, _waiting, *interrupts = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    return sum(map(int, (user, nice, system, *interrupts[:2]))) / os.sysconf("SC_CLK_TCK")


def main(words: Sequence[str]) -> int:
    """Soak, and print how it came out."""
    parser = argparse.ArgumentParser(prog="python -m tests.endurance.soak")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--scripts", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="work in this folder and leave everything there")
    given = parser.parse_args(words)
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
        folder = given.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        findings = soak(folder, given.scripts, given.minutes * 60, given.seed)
    lines, breaches = judged(findings)
    say("\n".join(lines))
    say("\n".join(f"BREACH {each}" for each in breaches) or "no breach")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

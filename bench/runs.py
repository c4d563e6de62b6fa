"""What a run costs: the command from start to end, a run in a supervisor that stands, and one operation in a run."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import trio

from bench.table import Figure, median, percentile
from regbot.config.loading import load
from regbot.protocol.messages import Call, Start
from regbot.protocol.values import pack
from regbot.registry.files.files import Files
from regbot.registry.hosts import Hosts
from regbot.registry.registries import Registries
from regbot.supervisor.children.child import ChildLimits
from regbot.supervisor.children.launcher import open_launcher
from regbot.supervisor.gate import Gate
from regbot.supervisor.logs import Writer, open_log
from regbot.supervisor.runs.run import Run

if TYPE_CHECKING:
    from regbot.config.model import Script
    from regbot.supervisor.children.launcher import Launcher

HELLO: Final = "scripts: [{name: hello, script: log('hello world')}]"
CALLS: Final = 2000
RUNS: Final = 200
WARM: Final = 20
"""Runs before any is measured."""
ALIVE: Final = 8
COLD: Final = "import lupa.luajit21 as l; l.LuaRuntime().execute('return 1')"
LIMITS: Final = ChildLimits(memory=128 << 20)
SETTINGS: Final = pack({"seed": 1, "inFlight": 64, "large": 1 << 20, "logBytes": 1 << 20, "messageBytes": 16 << 20})
LOG: Final = open_log(Writer(8))
SITE: Final = "import sys; sys.path.append(sys.argv[1]); "


def command() -> list[Figure]:
    """Measure `regbot once` with a script that says hello."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "regbot.yml")
        config.write_text(HELLO)
        program = str(Path(sys.executable).with_name("regbot"))
        taken = [_command([program, "once", "-c", str(config)]) for _ in range(15)]
    return [Figure("regbot once, hello world, start to end (p50)", median(taken), "s", aim="<= 0.4 s")]


async def started() -> list[Figure]:
    """Measure runs, operations and memory in a supervisor that stands already."""
    slots = trio.CapacityLimiter(1)
    async with (
        open_launcher() as launcher,
        Registries(Hosts(), files=Files("."), read_only=True, user_agent="bench") as registry,
    ):
        gate = Gate(registry=registry, slots=slots)
        runs = [await run("local x = 1", gate, launcher) for _ in range(WARM + RUNS)][WARM:]
        both = await _two_at_a_time(gate, launcher)
        trips = [await run(f'for i = 1, {CALLS} do reference.new("a/b") end', gate, launcher) for _ in range(5)]
        trip = (median(trips) - median(runs)) / CALLS
        supervisor, children = await _memory(launcher)
        async with open_launcher(reserve=2) as kept:
            begun = [await _first_call(kept) for _ in range(WARM + RUNS)][WARM:]
            both_kept = await _two_at_a_time(gate, kept)
    cold = [_command([sys.executable, "-I", "-S", "-c", SITE + COLD, _site()]) for _ in range(15)]
    found = [
        Figure(
            "a run, request to exit (p50)", median(runs) * 1e3, "ms", median(cold) * 1e3, "cold python -I -S", "<= 6 ms"
        ),
        Figure("a run, request to exit (p99)", percentile(runs, 0.99) * 1e3, "ms"),
        Figure(
            "one operation, round trip (p50)",
            trip * 1e6,
            "us",
            _echo() * 1e6,
            "one byte to a process and back",
            "<= 150 us",
        ),
        Figure("a waiting child: request to first call (p50)", median(begun) * 1e3, "ms", aim="<= 1.5 ms"),
        Figure("a waiting child: request to first call (p99)", percentile(begun, 0.99) * 1e3, "ms"),
        Figure("runs a second, two at a time", both, "1/s", aim=">= 200 /s"),
        Figure("runs a second, two at a time, with a reserve", both_kept, "1/s", aim=">= 200 /s"),
        Figure("supervisor, PSS", supervisor, "MB"),
        Figure(f"a child, PSS, {ALIVE} alive", children, "MB", aim="<= 4 MB"),
    ]
    if shutil.which("bwrap") and shutil.which("luajit"):
        jail = ["bwrap", "--ro-bind", "/", "/", "--unshare-all", "--die-with-parent", "luajit", "-e", "local x = 1"]
        found.insert(
            1,
            Figure(
                "a run (p50)",
                median(runs) * 1e3,
                "ms",
                median([_command(jail) for _ in range(50)]) * 1e3,
                "bwrap luajit",
            ),
        )
    return found


async def run(source: str, gate: Gate, launcher: Launcher) -> float:
    """Return the seconds that a run of *source* takes."""
    made = Run(script(source), gate, LOG)
    begin = time.perf_counter()
    outcome = await made.execute(launcher)
    taken = time.perf_counter() - begin
    assert not outcome.failed, outcome
    return taken


async def _first_call(launcher: Launcher) -> float:
    """Return the seconds from the request for a child until its script has made its first call: Lua has begun."""
    await trio.sleep(0.02)  # The child before it was replaced meanwhile, as it is where runs come now and then.
    begin = time.perf_counter()
    async with launcher.child(LIMITS) as child:
        await child.receive()
        await child.send(Start("bench", b'reference.new("a/b")', SETTINGS))
        first = await child.receive()
        taken = time.perf_counter() - begin
    assert isinstance(first, Call), first
    return taken


async def _two_at_a_time(gate: Gate, launcher: Launcher) -> float:
    async def worker() -> None:
        for _ in range(RUNS // 2):
            await run("local x = 1", gate, launcher)

    begin = time.perf_counter()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(worker)
        nursery.start_soon(worker)
    return RUNS / (time.perf_counter() - begin)


async def _memory(launcher: Launcher) -> tuple[float, float]:
    """Return the PSS of this process and of a child, in MB, with several children that wait for their script."""
    before = _children()
    async with trio.open_nursery() as nursery:
        for _ in range(ALIVE):
            await nursery.start(_waiting_child, launcher)
        alive = _children() - before
        found = _pss(os.getpid()), median([_pss(child) for child in alive])
        assert len(alive) == ALIVE, alive
        nursery.cancel_scope.cancel()
    return found


async def _waiting_child(launcher: Launcher, task_status: trio.TaskStatus[None]) -> None:
    async with launcher.child(LIMITS) as child:
        await child.receive()
        task_status.started()
        await trio.sleep_forever()


def _children() -> set[int]:
    """Return the processes below this one: the launcher's children are its grandchildren."""
    below: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:  # It has ended meanwhile.
                continue
            below.setdefault(parent, []).append(int(entry.name))
    return {grandchild for child in below.get(os.getpid(), []) for grandchild in below.get(child, [])}


def _pss(process: int) -> float:
    rows = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("Pss:")) / 1024


def _echo() -> float:
    """Return the seconds of a byte to another process and back: what the machine takes, whoever asks."""
    ours, theirs = socket.socketpair()
    with ours, theirs, subprocess.Popen(["/bin/cat"], stdin=theirs.fileno(), stdout=theirs.fileno()):
        taken: list[float] = []
        for _ in range(CALLS):
            begin = time.perf_counter()
            ours.send(b"x")
            ours.recv(1)
            taken.append(time.perf_counter() - begin)
        ours.shutdown(socket.SHUT_WR)
    return median(taken)


def script(source: str) -> Script:
    """Return a script as a configuration has it."""
    return load(f"scripts: [{{name: bench, script: '{source}'}}]".encode(), "bench", environ={}).config.scripts[0]


def _command(words: list[str]) -> float:
    begin = time.perf_counter()
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    return time.perf_counter() - begin


def _site() -> str:
    import lupa  # noqa: PLC0415 -- only to say where packages are

    return str(Path(lupa.__file__).parent.parent)

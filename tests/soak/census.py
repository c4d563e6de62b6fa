"""What a supervisor, its launchers and their children hold, as the kernel counts it."""

from __future__ import annotations

import ctypes
import gc
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import trio

from tests.supervisor.processes import offspring

if TYPE_CHECKING:
    from collections.abc import Iterator

_OTHERS: Final = {"docker-registry"}
"""Programs that a test started beside the supervisor."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process: KiB of memory (resident; and its share, with pages of others divided), descriptors.

    Connections to registries, which are kept for a while for the next request, are counted apart.
    """

    pid: int
    role: str
    rss: int
    pss: int
    descriptors: int
    connections: int


@dataclass(frozen=True, slots=True)
class Census:
    """The whole tree of processes, the supervisor first."""

    processes: tuple[Process, ...]

    def of(self, role: str) -> list[Process]:
        """Return the processes of one role."""
        return [process for process in self.processes if process.role == role]

    @property
    def descriptors(self) -> list[tuple[str, int]]:
        """How many descriptors each process holds."""
        return [(process.role, process.descriptors) for process in self.processes]

    def lines(self) -> list[str]:
        """Return it for people."""
        row = "{:12} pid {:7}  rss {:7} KiB  pss {:7} KiB  {:3} descriptors, {} connections"
        return [row.format(p.role, p.pid, p.rss, p.pss, p.descriptors, p.connections) for p in self.processes]


def take() -> Census:
    """Count this process, which is the supervisor, and everything below it.

    Memory that Python and the C library keep for later is given back first, so that what is left is in use.
    """
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    found = [*_process(os.getpid(), "supervisor")]
    for pid in sorted(offspring(os.getpid())):
        for process in _process(pid, "launcher"):
            found += [process, *(each for below in _all_below(pid) for each in _process(below, "below"))]
    return Census(tuple(found))


async def settled() -> Census:
    """Count when no process has come or gone for a while: the last children have ended then."""
    before, calm = take(), 0
    with trio.move_on_after(10):
        while calm < 4:
            await trio.sleep(0.05)
            now = take()
            calm = calm + 1 if [p.pid for p in now.processes] == [p.pid for p in before.processes] else 0
            before = now
    return before


def _all_below(pid: int) -> list[int]:
    direct = sorted(offspring(pid))
    return [each for child in direct for each in (child, *_all_below(child))]


def _process(pid: int, role: str) -> Iterator[Process]:
    """Give one process, nothing if it is not the supervisor's or ends while we look."""
    with suppress(FileNotFoundError, ProcessLookupError):
        # The kernel cuts a program's name at 15 characters, which is as long as the one we look for.
        if Path(f"/proc/{pid}/comm").read_text().strip() in _OTHERS:
            return
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
        sizes = {name: int(size) for name, size, *_ in map(str.split, lines)}
        descriptors, known = list(_open_in(pid)), _connections()
        connections = sum(each in known for each in descriptors)
        yield Process(pid, role, sizes["Rss:"], sizes["Pss:"], len(descriptors) - connections, connections)


def _open_in(pid: int) -> Iterator[str]:
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # the one that this very listing had
            yield str(entry.readlink())


def _connections() -> set[str]:
    """Return what /proc calls the TCP connections of our network namespace."""
    rows = Path("/proc/self/net/tcp").read_text().splitlines()[1:]
    return {f"socket:[{row.split()[9]}]" for row in rows}

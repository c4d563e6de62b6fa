"""The processes of a server, as /proc has them, and what they hold."""

from __future__ import annotations

import ctypes
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SET_CHILD_SUBREAPER: Final = 36
"""PR_SET_CHILD_SUBREAPER of prctl(2)."""
_LOOK: Final = 0.02


@dataclass(frozen=True, slots=True)
class Process:
    """One process; *state* is a letter of proc(5): Z is a zombie."""

    pid: int
    parent: int
    state: str


def adopt() -> None:
    """Become the parent of every process below us that loses its own, so that none can hide behind init."""
    if ctypes.CDLL(None, use_errno=True).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def ours() -> set[int]:
    """Return our children."""
    return {each.pid for each in everything().values() if each.parent == os.getpid()}


def everything() -> Mapping[int, Process]:
    """Return all processes by number."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(FileNotFoundError, ProcessLookupError):
                # The name in brackets may hold anything, so count from its end: state, parent.
                state, parent, *_ = (entry / "stat").read_text().rpartition(")")[2].split()
                found[int(entry.name)] = Process(int(entry.name), int(parent), state)
    return found


def below(pid: int, known: Mapping[int, Process] | None = None) -> list[Process]:
    """Return all processes below one, parents before their children."""
    known = everything() if known is None else known
    found = [each for each in known.values() if each.parent == pid]
    for each in found:
        found += [other for other in known.values() if other.parent == each.pid]
    return found


def orphans(own: set[int], known: Mapping[int, Process] | None = None) -> list[Process]:
    """Return the living processes that became ours because their parent died; *own* are those that we started.

    The dead among them are reaped: that is init's work elsewhere.
    """
    known = everything() if known is None else known
    alive = []
    for each in known.values():
        if each.parent == os.getpid() and each.pid not in own:
            with suppress(ChildProcessError):
                if os.waitpid(each.pid, os.WNOHANG) == (0, 0):
                    alive.append(each)
    return alive


def left(own: set[int], within: float) -> list[Process]:
    """Wait until no orphan lives any more; return those that still do after *within* seconds."""
    end = time.monotonic() + within
    while (alive := orphans(own)) and time.monotonic() < end:
        time.sleep(_LOOK)
    return alive


@dataclass(frozen=True, slots=True)
class Sample:
    """What a server holds at one moment: memory in KiB, of itself and of all below it; counts."""

    at: float
    rss: int
    pss: int
    pss_below: int
    descriptors: int
    threads: int
    processes: int
    """Below it."""
    zombies: frozenset[int]
    orphans: frozenset[int]


def sample(pid: int, own: set[int]) -> Sample:
    """Look at the server whose process is *pid*; FileNotFoundError or ProcessLookupError if it is gone."""
    known = everything()
    children = below(pid, known)
    memory = _memory(pid)
    return Sample(
        at=time.time(),
        rss=memory["Rss"],
        pss=memory["Pss"],
        pss_below=sum(each["Pss"] for child in children for each in _memory_if_there(child.pid)),
        descriptors=sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()),
        threads=sum(1 for _ in Path(f"/proc/{pid}/task").iterdir()),
        processes=len(children),
        zombies=frozenset(child.pid for child in children if child.state == "Z"),
        orphans=frozenset(each.pid for each in orphans(own, known)),
    )


def _memory(pid: int) -> Mapping[str, int]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {name.rstrip(":"): int(size) for name, size, *_ in map(str.split, lines)}


def _memory_if_there(pid: int) -> Iterator[Mapping[str, int]]:
    with suppress(FileNotFoundError, ProcessLookupError):
        yield _memory(pid)

"""Noticing that files of the configuration have changed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, TypeAlias

import trio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from pathlib import Path

PAUSE: Final = 1.0
"""Seconds between two looks.  inotify would not hear of a file system that is changed from elsewhere."""
MAX_FILES: Final = 10_000
"""Files that are looked at, of all folders together."""

Fingerprint: TypeAlias = frozenset[tuple[str, int, int, int]]
"""Path, inode, time of the last change in nanoseconds and size of each file."""


def fingerprint(paths: Iterable[Path]) -> Fingerprint:
    """Return what changes when one of the files does, or one in or below a folder comes or goes."""
    found: set[tuple[str, int, int, int]] = set()
    for path in paths:
        for name in [str(path), *_below(path)]:
            try:
                entry = os.stat(name)  # noqa: PTH116 -- a Path for each of thousands of files costs more than the call
            except OSError:
                continue
            found.add((name, entry.st_ino, entry.st_mtime_ns, entry.st_size))
            if len(found) >= MAX_FILES:
                return frozenset(found)
    return frozenset(found)


def _below(folder: Path) -> Iterable[str]:
    for where, _, names in os.walk(folder):
        yield where
        for name in names:
            yield f"{where}/{name}"


async def watch(
    paths: Callable[[], Iterable[Path]],
    known: Fingerprint,
    act: Callable[[], Awaitable[object]],
    pause: float = PAUSE,
) -> None:
    """Do *act* whenever one of the files that *paths* returns is no more as *known*, and none changes any more."""
    while True:
        await trio.sleep(pause)
        now = await look(paths)
        if now == known:
            continue
        # Whoever writes it may not have finished: not before it stays the same for once.
        await trio.sleep(pause)
        if await look(paths) == now:
            await act()
            known = now


async def look(paths: Callable[[], Iterable[Path]]) -> Fingerprint:
    """Return the fingerprint of now."""
    return await trio.to_thread.run_sync(fingerprint, tuple(paths()))

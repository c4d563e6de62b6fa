"""Who is at work in which layout, so that nobody's blobs are collected before something names them.

Whoever writes to a layout, or looks whether it has a blob that need not be written then, shares the lock of its folder
of blobs until the end.  Garbage is collected in the end, under that lock alone; while another process shares it, none
is.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING, Final

import trio
from trio.to_thread import run_sync

from regbot.registry.errors import NotFound, RegistryError
from regbot.registry.layouts.blobs import read_bounded
from regbot.registry.layouts.garbage import BLOBS, closure, collect
from regbot.registry.layouts.index import INDEX, MAX_INDEX

if TYPE_CHECKING:
    from collections.abc import Iterable

    from regbot.registry.digest import Digest
    from regbot.registry.files.files import Files, Folder
    from regbot.registry.observer import Observer

LOCK_POLL: Final = 0.02
"""Seconds between looks at a lock that is taken: waiting in flock(2) could not be cancelled."""
MAX_LOCKS: Final = 400
"""Layouts whose locks are held: each is an open folder."""


class Sessions:
    """The layouts beneath one files folder that this process writes, by the canonical path of each."""

    def __init__(self, files: Files, observer: Observer) -> None:
        self._files, self._observer = files, observer
        self._locks: OrderedDict[str, Folder] = OrderedDict()
        self._suspects: dict[str, set[Digest]] = {}
        self._paths: dict[str, str] = {}
        """How each layout was called."""

    async def begin(self, path: str, *, create: bool = False) -> None:
        """Share the lock of a layout from now on; a layout that is not there has none, unless *create*."""
        name = self._files.canonical(path)
        if name in self._locks:
            self._locks.move_to_end(name)
            return
        try:
            folder = await run_sync(partial(self._files.folder, f"{path}/{BLOBS}", create=create))
        except NotFound:
            return
        try:
            while not await run_sync(partial(folder.try_lock, shared=True)):  # noqa: ASYNC110 -- nobody tells
                await trio.sleep(LOCK_POLL)
        except BaseException:
            folder.close()
            raise
        # Somebody here may have been faster.
        self._locks.setdefault(name, folder)
        if self._locks[name] is not folder:
            folder.close()
        while len(self._locks) > MAX_LOCKS:
            _, oldest = self._locks.popitem(last=False)
            oldest.close()

    def suspect(self, path: str, digests: Iterable[Digest]) -> None:
        """Take note of content that was written here, or has lost a name: it may be garbage in the end."""
        name = self._files.canonical(path)
        self._paths.setdefault(name, path)
        self._suspects.setdefault(name, set()).update(digests)

    async def suspect_all(self, path: str, digest: Digest) -> None:
        """Take note of a manifest that is about to lose a name, and of everything below it."""
        with await run_sync(self._files.folder, path) as folder:
            check = trio.from_thread.check_cancelled
            self.suspect(path, await run_sync(partial(closure, folder, [digest], check=check)))

    async def aclose(self) -> None:
        """Collect the garbage of all layouts, and let go of them."""
        try:
            for name, suspects in self._suspects.items():
                await run_sync(self._collect, name, suspects)
        finally:
            for folder in self._locks.values():
                folder.close()
            self._locks.clear()
            self._suspects.clear()

    def _collect(self, name: str, suspects: set[Digest]) -> None:
        path = self._paths[name]
        try:
            with self._files.folder(path) as layout, layout.folder(BLOBS) as blobs:
                mine = self._locks.pop(name, None)
                if mine is not None:
                    mine.close()
                if not blobs.try_lock():
                    self._observer.debug(f"ocidir://{path}: another process writes it, so no garbage is collected")
                    return
                removed = _collected(layout, suspects)
        except NotFound:
            return
        except RegistryError as exc:
            self._observer.warn(f"ocidir://{path}: the garbage stays: {exc}")
            return
        if removed:
            self._observer.debug(f"ocidir://{path}: {len(removed)} blobs that nothing names were removed")


def _collected(layout: Folder, suspects: set[Digest]) -> list[Digest]:
    try:
        with layout.open(INDEX) as file:
            index = read_bounded(file, MAX_INDEX, f"the {INDEX}")
    except NotFound:
        # Our copy came to nothing, and what else lies here is none of our business, however old.
        return collect(layout, b"", suspects, now=0.0)
    return collect(layout, index, suspects)

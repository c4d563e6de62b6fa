"""Doing one thing for many items, some at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import trio

from regbot.registry.errors import InvalidText, RegistryError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

WORKERS: Final = 8
"""Items that are worked on at once; the registries' own limits are narrower."""

_Item = TypeVar("_Item")


async def each(work: Callable[[_Item], Awaitable[None]], items: Collection[_Item], workers: int = WORKERS) -> None:
    """Do *work* for every item, some at a time; the first failure ends the others and is raised as it is."""
    failures: list[Exception] = []
    waiting = iter(items)

    async def worker() -> None:
        for item in waiting:
            try:
                await work(item)
            except (RegistryError, InvalidText) as exc:
                failures.append(exc)
                nursery.cancel_scope.cancel()
                return

    async with trio.open_nursery() as nursery:
        for _ in range(min(workers, len(items))):
            nursery.start_soon(worker)
    if failures:
        raise failures[0]

"""Work that a signal ends: what is under way is undone as if cancelled."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, TypeVar

import trio

from regbot.supervisor.signals import STOP_SIGNALS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

T = TypeVar("T")


class Stopped(Exception):
    """A signal came before the work was done: *by*."""

    def __init__(self, by: signal.Signals) -> None:
        super().__init__(by.name)
        self.by = by


async def unless_stopped(work: Callable[[], Awaitable[T]]) -> T:
    """Return what *work* does; Stopped if SIGINT, SIGTERM or SIGHUP came first, and an error of *work* as it is."""
    done: list[T] = []
    failed: list[Exception] = []
    stopped: list[int] = []

    async def watch(signals: AsyncIterator[int]) -> None:
        async for number in signals:
            stopped.append(number)
            nursery.cancel_scope.cancel()

    with trio.open_signal_receiver(*STOP_SIGNALS) as signals:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch, signals)
            try:
                done.append(await work())
            except Exception as exc:  # noqa: BLE001 -- a nursery would wrap it into a group
                failed.append(exc)
            nursery.cancel_scope.cancel()
    if failed:
        raise failed[0]
    if not done:
        raise Stopped(signal.Signals(stopped[0]))
    return done[0]

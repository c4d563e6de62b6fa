"""Large documents are read beside the event loop: an enemy's 8 MiB take half a second, and nobody else shall wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import trio

if TYPE_CHECKING:
    from collections.abc import Callable

LARGE: Final = 256 << 10
"""Bytes of a document, up to which a thread would cost more than it spares the others."""

_Read = TypeVar("_Read")
_turn: Final = trio.lowlevel.RunVar[trio.CapacityLimiter]("documents that are read in a thread")


async def read(size: int, reading: Callable[[], _Read]) -> _Read:
    """Do *reading*, which takes a document of *size* bytes to pieces.

    In a thread if it is large, one at a time: with the event loop it shares the interpreter's lock, and takes half of
    the time at most.
    """
    if size <= LARGE:
        return reading()
    try:
        turn = _turn.get()
    except LookupError:
        turn = trio.CapacityLimiter(1)
        _turn.set(turn)
    return await trio.to_thread.run_sync(reading, limiter=turn)

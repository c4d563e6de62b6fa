"""Documents that are read beside the event loop."""

from __future__ import annotations

import threading

import pytest
import trio

from regbot.registry import aside


@pytest.mark.parametrize("size", [0, aside.LARGE, aside.LARGE + 1])
async def test_only_large_documents_take_a_thread(size: int) -> None:
    """What is read is the same; the thread is another one only where that pays."""
    here = threading.get_ident()
    found = await aside.read(size, threading.get_ident)
    assert (found == here) == (size <= aside.LARGE)


async def test_one_large_document_is_read_at_a_time() -> None:
    """However many runs have one, the event loop shares the interpreter with one thread."""
    together, most = 0, 0

    def reading() -> None:
        nonlocal together, most
        together += 1
        most = max(most, together)
        sum(range(100_000))
        together -= 1

    async with trio.open_nursery() as nursery:
        for _ in range(10):
            nursery.start_soon(aside.read, aside.LARGE + 1, reading)
    assert most == 1


async def test_an_error_is_the_callers() -> None:
    """What is wrong with a document is told where it was to be read."""
    with pytest.raises(ZeroDivisionError):
        await aside.read(aside.LARGE + 1, lambda: 1 // 0)

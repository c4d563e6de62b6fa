"""A clock that jumps when nothing is left to be done, be it in a thread."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final

import trio
import trio.testing

if TYPE_CHECKING:
    from trio.testing import MockClock

_LOOK: Final = 0.001
"""Real seconds between two looks at whether the threads are done."""


async def keep_time(clock: MockClock) -> None:
    """Have *clock* jump to the next deadline whenever every task waits, and no thread works; for ever.

    What trio itself offers (`autojump_threshold`) takes waiting for a thread for waiting for the clock.
    """
    threads = trio.to_thread.current_default_thread_limiter()
    while True:
        await trio.testing.wait_all_tasks_blocked(_LOOK if threads.borrowed_tokens else 0.0)
        wait = trio.lowlevel.current_statistics().seconds_to_next_deadline
        if not threads.borrowed_tokens and 0 < wait < inf:
            clock.jump(wait)

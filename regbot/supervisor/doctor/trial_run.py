"""One run of our own, in a child of a real launcher: whether it ends well, and how long it takes to begin."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import trio

from regbot.protocol.errors import WireError
from regbot.protocol.messages import Done, Failed, Log, Start
from regbot.protocol.values import pack
from regbot.supervisor.children.child import ChildEnded, ChildLimits
from regbot.supervisor.children.launcher import LauncherFailed, open_launcher

if TYPE_CHECKING:
    from regbot.supervisor.children.child import Child

MEMORY: Final = 64 << 20
PATIENCE: Final = 60.0
"""Seconds that all of it may take."""
# What a just-in-time compiler compiles; that takes memory that can be written to and run, and the filter kills for it.
HOT_LOOP: Final = b"log('begun') local sum = 0 for i = 1, 1e6 do sum = sum + i % 7 end log('ended')"


@dataclass(frozen=True, slots=True)
class TrialRun:
    """How the run went: *fault* is "" if well.

    *launcher* is the milliseconds from the start of a launcher until it is ready, *run* those from asking for a child
    until the first line of its script.
    """

    fault: str
    launcher: float = 0.0
    run: float = 0.0


async def trial_run() -> TrialRun:
    """Run a hot loop."""
    begun = time.perf_counter()
    try:
        with trio.move_on_after(PATIENCE):
            async with open_launcher() as launcher:
                await launcher.layers()
                ready = time.perf_counter()
                async with launcher.child(ChildLimits(MEMORY)) as child:
                    first = await _first_line(child)
                    return TrialRun(await _fault(child), 1000 * (ready - begun), 1000 * (first - ready))
    except (LauncherFailed, ChildEnded, WireError) as exc:
        return TrialRun(str(exc))
    return TrialRun(f"it takes longer than {PATIENCE:g} s")


async def _first_line(child: Child) -> float:
    await child.receive()  # Ready: nothing else may come first.
    await child.send(Start("doctor", HOT_LOOP, pack({"seed": 1})))
    while not isinstance(message := await child.receive(), Log):
        if isinstance(message, Failed):
            raise WireError(message.text.decode(errors="replace"))
    return time.perf_counter()


async def _fault(child: Child) -> str:
    while True:
        match await child.receive():
            case Done():
                return ""
            case Failed(_, text):
                return text.decode(errors="replace")
            case _:
                pass

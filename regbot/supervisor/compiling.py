"""Whether scripts are Lua, said by LuaJIT itself: each is compiled in a child of its own, and not run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import trio

from regbot.protocol.errors import WireError
from regbot.protocol.messages import Done, Failed, Reason, Start
from regbot.protocol.values import pack
from regbot.supervisor.children.child import ChildEnded, ChildLimits
from regbot.supervisor.children.launcher import open_launcher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regbot.supervisor.children.child import Child
    from regbot.supervisor.children.launcher import Launcher

PATIENCE: Final = 30.0
"""Seconds within which a script is compiled; the largest takes one."""
NAME: Final = "script"
"""What the child calls each script: short, so that no error repeats only a part of it."""
_POSITION: Final = re.compile(rf"{NAME}:([0-9]+): ")


@dataclass(frozen=True, slots=True)
class Source:
    """A text to be compiled, in as many bytes of *memory* as it will have when it runs."""

    text: bytes
    memory: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a script cannot be compiled.  *line* is its own, from 1."""

    line: int
    message: str


async def faults(sources: Sequence[Source]) -> list[Fault | None]:
    """Return the fault of each text, as `fault` does."""
    if not sources:
        return []
    async with open_launcher(reserve=1) as launcher:
        launcher.expect(ChildLimits(memory=source.memory) for source in sources if source.text.strip())
        return [await fault(launcher, source) for source in sources]


async def fault(launcher: Launcher, source: Source, *, patience: float = PATIENCE) -> Fault | None:
    """Return the fault in the syntax of a text, None if it can be run; LauncherFailed if no child can be had here.

    *patience* is the seconds within which the child must have said it.
    """
    if not source.text.strip():
        return None
    with trio.move_on_after(patience):
        async with launcher.child(ChildLimits(memory=source.memory)) as child:
            try:
                return await _compiled(child, source)
            except (ChildEnded, WireError) as exc:
                return Fault(1, f"it cannot be compiled: {exc}")
    return Fault(1, f"it cannot be compiled within {patience:g}s")


async def _compiled(child: Child, source: Source) -> Fault | None:
    await child.receive()  # Ready: nothing else may come first.
    await child.send(Start(NAME, source.text, pack({"check": True})))
    match await child.receive():
        case Done():
            return None
        case Failed(reason, text) if reason is Reason.MEMORY:
            return Fault(1, f"it cannot be compiled: {text.decode()} (limit: memory of {source.memory >> 20} MiB)")
        case Failed(_, text):
            return _placed(text.decode("utf-8", "replace"), source)
        case other:
            raise WireError(f"{type(other).__name__} is no answer to a script that is not run")


def _placed(text: str, source: Source) -> Fault:
    found = _POSITION.match(text)
    if found is None:
        return Fault(1, text)
    # What is missing at the end is missing on the last line, not on the one after it.
    last = source.text.rstrip(b"\n").count(b"\n") + 1
    return Fault(min(int(found[1]), last), text[found.end() :])

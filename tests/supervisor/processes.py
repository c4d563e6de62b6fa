"""What /proc says of launchers and children, and short ways to talk with a child."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from regbot.protocol.messages import Call, Done, Failed, Log, Ready, Result, Start
from regbot.protocol.values import pack
from regbot.supervisor.children.child import ChildLimits

if TYPE_CHECKING:
    from regbot.protocol.messages import Message
    from regbot.supervisor.children.child import Child
    from regbot.supervisor.children.launcher import Launcher

STAND_IN: Final = Path(__file__).parents[1] / "sandbox" / "stand_in.py"
LIMITS: Final = ChildLimits(memory=64 << 20)
ENVIRONMENT: Final = pack({"seed": 1})


def offspring(parent: int) -> list[int]:
    """Return the processes whose parent this is, zombies included, but for one that only holds a namespace."""
    return [pid for pid, holds in _children(parent) if not holds]


def holders(launcher: int) -> list[int]:
    """Return the process that holds the namespace of a launcher's children, none where there is no such namespace."""
    return [pid for pid, holds in _children(launcher) if holds]


def _children(parent: int) -> list[tuple[int, bool]]:
    """Return the processes whose parent this is, and whether each only holds a namespace."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                # The name in brackets may hold anything, so count from its end: state, parent.
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                first = status(int(entry.name))["NSpid"].split()[1:] == ["1"]
            except (FileNotFoundError, ProcessLookupError):
                continue  # It ended while we looked.
            if int(fields[1]) == parent:
                found.append((int(entry.name), first))
    return found


def launchers() -> list[int]:
    """Return our processes that are launchers."""
    return [pid for pid in offspring(os.getpid()) if b"sandbox/" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def descriptors() -> set[str]:
    """Return our open descriptors with what they are open on."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found.add(f"{entry.name} {entry.readlink()}")
        except FileNotFoundError:
            continue  # The one that the listing itself had.
    return found


def status(pid: int) -> dict[str, str]:
    """Return the lines of /proc/PID/status."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def open_in(pid: int) -> dict[str, str]:
    """Return what the descriptors of a process are open on; only root may look into one that hides itself."""
    return {entry.name: str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()}


def files_of(pid: int) -> list[str]:
    """Return the names in the root of a process."""
    return [entry.name for entry in Path(f"/proc/{pid}/root").iterdir()]


def environment_of(pid: int) -> bytes:
    """Return the environment that a process was started with."""
    return Path(f"/proc/{pid}/environ").read_bytes()


async def start(child: Child, source: str) -> None:
    """Send a child its script."""
    assert await child.receive() == Ready()
    await child.send(Start("test", source.encode(), ENVIRONMENT))


async def converse(child: Child, source: str) -> list[Message]:
    """Run a script to its last word, and return its messages; each call is answered with its own payload."""
    await start(child, source)
    heard: list[Message] = []
    while not heard or not isinstance(heard[-1], Done | Failed):
        heard.append(await child.receive())
        if isinstance(call := heard[-1], Call):
            await child.send(Result(call.number, call.payload))
    return heard


async def logged(launcher: Launcher, source: str) -> str:
    """Run a Lua script that logs one thing, and return that."""
    async with launcher.child(LIMITS) as child:
        first, last = await converse(child, source)
    assert isinstance(first, Log)
    assert last == Done()
    return first.text.decode()

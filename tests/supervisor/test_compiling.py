from __future__ import annotations

import pytest

from regbot.supervisor.children.launcher import LauncherFailed, open_launcher
from regbot.supervisor.compiling import Fault, Source, fault
from tests.supervisor.processes import STAND_IN

MEMORY = 64 << 20


async def compiled(text: str, memory: int = MEMORY) -> Fault | None:
    """Compile a text in a real child."""
    async with open_launcher() as launcher:
        return await fault(launcher, Source(text.encode(), memory))


@pytest.mark.parametrize("text", ["", " \n", "log('a')", "#!/usr/bin/env regbot\nlog(1)", "while true do end"])
async def test_no_fault(text: str) -> None:
    """What LuaJIT compiles has no fault, and nothing of it is run."""
    assert await compiled(text) is None


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("log(1)\n\nlocal x = = 1", 3, "unexpected symbol near '='"),
        ("if x then\n\n", 1, "'end' expected (to close 'if' at line 1) near '<eof>'"),
        ('log "a" .. b', 1, "unexpected symbol near '..'; write log(\"a\" .. b)"),
        ("\x1bLJ", 1, "this is bytecode; only source text is run here"),
    ],
)
async def test_fault(text: str, line: int, message: str) -> None:
    """A fault has the line that LuaJIT names, and what it says of it."""
    assert await compiled(text) == Fault(line, message)


async def test_memory() -> None:
    """A text that is too large for its run's memory cannot be compiled."""
    found = await compiled("x = {" + "{}," * 100_000 + "}", 1 << 20)
    assert found
    assert "memory" in found.message


async def test_patience() -> None:
    """A child that says nothing for long is given up."""
    async with open_launcher() as launcher:
        found = await fault(launcher, Source(b"x = 1", MEMORY), patience=0)
    assert found == Fault(1, "it cannot be compiled within 0s")


async def test_no_honest_child() -> None:
    """A child that answers something else is told, and so is one that ends."""
    async with open_launcher(entry=STAND_IN) as launcher:
        found = [await fault(launcher, Source(text, MEMORY)) for text in (b"!three_calls!", b"!leave!")]
    assert [each and each.message.split(":")[0] for each in found] == ["it cannot be compiled"] * 2


async def test_no_child() -> None:
    """Where no launcher can be had, nothing is said of any text."""
    async with open_launcher(entry=STAND_IN.with_name("nosuch.py")) as launcher:
        with pytest.raises(LauncherFailed):
            await fault(launcher, Source(b"x = 1", MEMORY))

"""Running out of memory is the end of a run, and no script can live on after it."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

from regbot.protocol import frames
from regbot.protocol.messages import Failed, Reason
from regbot.sandbox import lua
from tests.sandbox.scripted import start

MIB: Final = 1 << 20
LIMITED: Final = f"""
import resource, sys
from pathlib import Path
from tests.sandbox.scripted import prelude, run
prelude()
size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + {64 * MIB}, size + {64 * MIB}))
done = run(sys.argv[1])
print(*done.logs, getattr(done.messages[-1], "reason", "done"))
"""
"""Runs a script with 64 MiB to spare, prints what it logged and how it ended."""

FILL: Final = "local t = {} for i = 1, 1e9 do t[i] = {i} end"


def limited(source: str) -> str:
    """Return what LIMITED prints."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, source], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_control() -> None:
    """A script that needs little comes to its end."""
    assert limited("local t = {} for i = 1, 1e5 do t[i] = i end log('fine')") == "fine done"


@pytest.mark.parametrize(
    "source",
    [
        FILL,
        "local s = 'x' while true do s = s .. s end",
        "string.rep('x', 2^30)",
        "table.concat((function() local t, s = {}, ('x'):rep(2^20) for i = 1, 500 do t[i] = s end return t end)())",
        "keep = {} while true do keep[#keep + 1] = coroutine.wrap(function() coroutine.yield() end) keep[#keep]() end",
    ],
)
def test_memory_ends_a_run(source: str) -> None:
    """However a script fills its memory, its run fails for that reason."""
    assert limited(source).endswith("Reason.MEMORY")


@pytest.mark.parametrize(
    "source",
    [
        f"pcall(function() {FILL} end)",
        f"pcall(pcall, function() {FILL} end)",
        f"xpcall(function() {FILL} end, function() log('handled') end)",
        f"xpcall(error, function() {FILL} end)",
        f"coroutine.resume(coroutine.create(function() {FILL} end))",
        f"pcall(coroutine.wrap(function() {FILL} end))",
        f"load(function() {FILL} end)",
        f"try(function() {FILL} end)",
        f"pcall(parallel.each, {{1, 2}}, function() {FILL} end)",
        f"parallel.each({{1, 2}}, function() try(function() {FILL} end) end)",
        f"pcall(table.sort, {{2, 1}}, function() {FILL} end)",
        f"pcall(string.gsub, 'a', 'a', function() {FILL} end)",
        f"setmetatable(_G, {{__index = function() {FILL} end}}) pcall(function() return nosuch end)",
    ],
)
def test_memory_cannot_be_caught(source: str) -> None:
    """Nothing of the script runs after its memory ran out, whatever was to catch the error."""
    assert limited(f"{source} log('survived')") == "Reason.MEMORY"


def test_memory_of_the_driver() -> None:
    """Where memory runs out in the driver itself, the run ends with the frame that was made beforehand."""
    boot = b"""
        local driver = coroutine.create(function() coroutine.yield() error("not enough memory", 0) end)
        coroutine.resume(driver)
        return driver"""
    script = lua.Script(lua.Prelude(boot, ()))
    assert frames.decode(script.resume(start("")) or b"") == Failed(Reason.MEMORY, b"out of memory", b"", 0)
    assert script.resume(b"") is None

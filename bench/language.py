"""Lua itself: the same chunks in regbot's jailed state (JIT off), in LuaJIT with the JIT on, and in PUC Lua 5.1."""

from __future__ import annotations

import time
from statistics import geometric_mean
from typing import TYPE_CHECKING, Final

from lupa import lua51, luajit21

from bench.table import Figure, median
from regbot.protocol.frames import HEADER, decode, encode
from regbot.protocol.messages import Done, Start
from regbot.protocol.values import pack
from regbot.sandbox import lua

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CHUNKS: Final[Mapping[str, str]] = {
    "fib(30)": "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end fib(30)",
    "sort of 200 k strings": (
        "local t, x = {}, 42 for i = 1, 200000 do x = (x * 16807) % 2147483647 t[i] = tostring(x) end table.sort(t)"
    ),
    "200 k pattern matches": (
        "local n = 0 for i = 1, 200000 do "
        'if ("v" .. i .. ".2.3-rc"):match("^v(%d+)%.(%d+)%.(%d+)") then n = n + 1 end end'
    ),
    "1e6 small tables": "local t for i = 1, 1000000 do t = {i, i + 1, name = i} end",
}
ROUNDS: Final = 3


def figures() -> list[Figure]:
    """Measure every chunk in every interpreter."""
    found: list[Figure] = []
    ratios: list[float] = []
    for name, chunk in CHUNKS.items():
        ours = _seconds(lambda chunk=chunk: _in_the_jail(chunk))  # type: ignore[misc]
        puc = _seconds(lambda chunk=chunk: lua51.LuaRuntime().execute(chunk))  # type: ignore[misc]
        jit = _seconds(lambda chunk=chunk: luajit21.LuaRuntime().execute(chunk))  # type: ignore[misc]
        found.append(Figure(f"Lua: {name}", ours, "s", puc, "lua51"))
        found.append(Figure(f"Lua: {name}", ours, "s", jit, "LuaJIT, JIT on"))
        ratios.append(puc / ours)
    found.append(
        Figure("Lua: how many times as fast as lua51 (geometric mean)", geometric_mean(ratios), "x", aim=">= 1.5 x")
    )
    return found


def _seconds(work: Callable[[], object]) -> float:
    taken: list[float] = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return median(taken)


def _in_the_jail(chunk: str) -> None:
    script = lua.Script(lua.read_prelude())
    start = encode(Start("bench", chunk.encode(), pack({"seed": 1, "modules": {}})))
    answer = script.resume(start[HEADER.size :])
    assert answer is not None
    ended = decode(answer)
    assert ended == Done(), ended

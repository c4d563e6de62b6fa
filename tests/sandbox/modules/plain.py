"""A plain LuaJIT with regbot's modules: quick where no sandbox is asked about, and it can count what it does."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from lupa import luajit21

from regbot.supervisor.operations.modules import own

if TYPE_CHECKING:
    from collections.abc import Callable

_SOURCE: Final = """
    jit.off() jit.flush()
    local require, sethook = require, debug.sethook
    local plain = {}
    function plain.add(name, source) package.preload[name] = assert(loadstring(source, '=' .. name)) end
    function plain.run(source, ...) return assert(loadstring(source))(...) end
    function plain.work(source, ...)
      local chunk, count = assert(loadstring(source)), 0
      sethook(function() count = count + 1 end, '', 100)
      chunk(...)
      sethook()
      return count
    end
    return plain"""


def evaluated(source: str, *arguments: str | int) -> object:
    """Run a chunk, return what it returns.  Text is Latin-1: a character is a byte."""
    return _plain()["run"](source, *arguments)


def work(source: str, *arguments: str | int) -> int:
    """Run a chunk, return how many hundreds of instructions that took."""
    count = _plain()["work"](source, *arguments)
    assert isinstance(count, int)
    return count


@cache
def _plain() -> dict[str, Callable[..., object]]:
    runtime = luajit21.LuaRuntime(encoding="latin-1", unpack_returned_tuples=True)
    plain = runtime.execute(_SOURCE)
    for name, source in own().items():
        plain["add"](name, source.decode("latin-1"))
    return {"run": plain["run"], "work": plain["work"]}

"""Payloads: Python's half of the codec, and Lua's half against it."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Final

import msgpack

from regbot.protocol.errors import WireError
from regbot.protocol.values import pack, unpack
from regbot.sandbox import lua
from tests.fuzz.subject import Subject, mutated
from tests.sandbox.scripted import prelude

if TYPE_CHECKING:
    from random import Random

    from regbot.protocol.values import Value

ECHO: Final = b"""
    local files, loaded = {}, {}
    for i = 1, select("#", ...), 2 do
      local name, bytecode = select(i, ...)
      files[name] = bytecode
    end
    local function use(name)
      loaded[name] = loaded[name] or load(files[name], nil, "b")(use)
      return loaded[name]
    end
    local pack, unpack = use("codec/pack"), use("codec/unpack")
    local echo = coroutine.create(function()
      local text = coroutine.yield()
      while true do
        text = coroutine.yield(pack.list({ unpack(text) }, 1, 2 ^ 24, error))
      end
    end)
    coroutine.resume(echo)
    return echo
"""
"""Answers each payload with that of a list of its value."""
_CORPUS: Final = [msgpack.packb(each) for each in ([], {}, [1, 2.5, b"x", None, True], {"a": [{"b": -1}]}, -(1 << 63))]
_TOKENS: Final = [
    b"\x90", b"\x91", b"\x81\xa1k", b"\xdd\xff\xff\xff\xff", b"\xdf\0\0\0\1", b"\xc4\x01\xff", b"\xa1\xff", b"\xc1",
    b"\xcb\x7f\xf8\0\0\0\0\0\0", b"\xca\x7f\x80\0\0", b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\xd3\x80\0\0\0\0\0\0\0", b"\xd4\x05\0", b"\xc0", b"\xa3\xed\xa0\x80", b"\xc4\x00", b"\xd9\x05abcde",
    b"\x91" * 70, b"\x81\x01\x01",
]  # fmt: skip


def make(chance: Random) -> bytes:
    """Return the payload of a tree, changed or not."""
    found: bytes = msgpack.packb(_tree(chance, 4))
    for _ in range(chance.choice((0, 0, 1, 3))):
        found = mutated(chance, found, _CORPUS, _TOKENS)
    return found


def _tree(chance: Random, depth: int) -> object:  # noqa: PLR0911 -- one return a kind
    kind = chance.randint(0, 9 if depth else 6)
    match kind:
        case 0:
            return chance.choice((None, True, False))
        case 1 | 2:
            return chance.choice((1, -1)) * chance.getrandbits(chance.choice((3, 8, 16, 33, 53, 63)))
        case 3:
            return chance.choice((0.5, -0.0, 1e300, math.inf, math.nan, chance.random(), 2.0**60))
        case 4 | 5:
            return chance.randbytes(chance.choice((0, 1, 5, 31, 33, 300)))
        case 6:
            return "".join(chance.choice("ab\0é€😀\n") for _ in range(chance.choice((0, 3, 40))))
        case 7 | 8:
            return [_tree(chance, depth - 1) for _ in range(chance.choice((0, 1, 3, 17)))]
    return {f"{chance.choice('abé')}{i}": _tree(chance, depth - 1) for i in range(chance.choice((0, 1, 3, 17)))}


def check(data: bytes) -> str:
    """Hold that any bytes are a value or a WireError, and that a value packs to what is that very value."""
    try:
        value = unpack(data)
    except WireError:
        return "refused"
    again = unpack(packed := pack(value))
    # NaN is not equal to itself; its bytes are.
    assert pack(again) == packed
    return f"accepted: {type(value).__name__}"


def check_lua(data: bytes) -> str:
    """Hold that Lua reads what Python sends, and that Python reads the same again; in one state for all of them."""
    try:
        value = _as_lua(unpack(data))
    except WireError:
        return "refused"
    answer = _echo().resume(pack(value))
    assert answer is not None
    match unpack(answer):
        case [found]:
            # NaN is not equal to itself; its text is.  A table of Lua has no order.
            assert repr(_as_lua(found)) == repr(value)
        case other:
            assert (other, value) == ([], None)
    return f"accepted: {type(value).__name__}"


@functools.cache
def _echo() -> lua.Script:
    return lua.Script(lua.Prelude(ECHO, prelude().files))


def _as_lua(value: Value) -> Value:
    """Return a value as it comes back: text as bytes, numbers as doubles, tables without nil, one empty table."""
    match value:
        case bool() | None | bytes():
            return value
        case str():
            return value.encode("utf-8", "surrogatepass")
        case int() | float():
            number = float(value)
            whole = abs(number) <= 2**53 and number == int(number) and (number or math.copysign(1, number) > 0)
            return int(number) if whole else number
        case dict():
            found = {key: _as_lua(item) for key, item in sorted(value.items()) if item is not None}
            return found or []
    assert isinstance(value, list)
    return [_as_lua(item) for item in value if item is not None]


VALUES: Final = Subject("values", make, check)
LUA: Final = Subject("lua", make, check_lua)

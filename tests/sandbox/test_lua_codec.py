"""Lua's half of the payloads against Python's, regbot/protocol/values.py."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbot.protocol import values
from regbot.sandbox import lua
from tests.sandbox.scripted import prelude

if TYPE_CHECKING:
    from regbot.protocol.values import Value

BENCH: Final = b"""
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
    local function full(bytes)
      error("full at " .. bytes)
    end
    local function answer(text)
      if text:sub(1, 7) == "return " then
        return pack.list({ loadstring(text)() }, 1, 2 ^ 24, full)
      end
      return pack.list({ unpack(text) }, 1, 2 ^ 24, full)
    end
    local bench = coroutine.create(function()
      local text = coroutine.yield()
      while true do
        local _, result = pcall(answer, text)
        text = coroutine.yield(result)
      end
    end)
    coroutine.resume(bench)
    return bench
"""
"""Answers a payload with that of its value, Lua source with that of what it returns; or with the text of the error."""

LIST_OF_ONE: Final = b"\x91"

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(1 << 53), 1 << 53), st.floats(allow_nan=False), st.binary(max_size=300)
)
trees: st.SearchStrategy[Value] = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner.filter(lambda item: item is not None), max_size=20),
        st.dictionaries(st.text(max_size=40), inner.filter(lambda item: item is not None), min_size=1, max_size=20),
    ),
    max_leaves=40,
)


def bench(text: bytes) -> bytes:
    """Return what Lua's codec makes of a payload, or of Lua source that begins with "return"."""
    answer = lua.Script(lua.Prelude(BENCH, prelude().files)).resume(text)
    assert answer is not None
    return answer


def packed(expression: str) -> Value:
    """Return the value that Lua's codec sends for an expression."""
    match values.unpack(bench(f"return {expression}".encode())):
        case [value]:
            return value
    raise AssertionError(expression)


def refusal(source: str) -> str:
    """Return the text of the error that Lua's codec has for what *source* returns."""
    return bench(f"return {source}".encode()).decode()


@given(trees)
def test_there_and_back(value: Value) -> None:
    """What Python packs Lua reads, and what Lua packs of it Python reads as the same; integral floats are integers."""
    assert values.unpack(bench(values.pack(value))) == [value]


@given(st.floats(allow_nan=True, width=64))
def test_every_double(number: float) -> None:
    """A double crosses bit by bit, the smallest and the endless ones too."""
    (back,) = msgpack.unpackb(bench(msgpack.packb(number)))
    assert (
        math.isnan(back) if math.isnan(number) else (back, math.copysign(1, back)) == (number, math.copysign(1, number))
    )


@given(st.floats(width=32, allow_nan=False))
def test_every_single(number: float) -> None:
    """A single-precision float, which we do not send, is read."""
    assert msgpack.unpackb(bench(msgpack.packb(number, use_single_float=True))) == [number]


@pytest.mark.parametrize(
    "number",
    [0, -1, 127, 128, -32, -33, 255, 256, -128, -129, 65535, 65536, -(1 << 31), (1 << 32) - 1, 1 << 32, -(1 << 53)],
)
def test_every_size_of_integer(number: int) -> None:
    """Integers are read from each of msgpack's forms, and written as integers."""
    (back,) = msgpack.unpackb(bench(msgpack.packb(number)))
    assert (type(back), back) == (int, number)


@pytest.mark.parametrize("number", [(1 << 64) - 1, -(1 << 63), (1 << 53) + 1])
def test_integers_beyond_a_double(number: int) -> None:
    """An integer that no double holds becomes the nearest that is one."""
    assert msgpack.unpackb(bench(msgpack.packb(number))) == [float(number)]


@pytest.mark.parametrize("length", [0, 31, 32, 255, 256, 65535, 65536])
def test_every_length(length: int) -> None:
    """Text, bytes, lists and maps are read from each of msgpack's forms, and written again."""
    value: list[Value] = [
        "x" * length,
        b"x" * length,
        [1] * length,
        {str(i): 1 for i in range(min(length, 20000) or 1)},
    ]
    assert values.unpack(bench(msgpack.packb(value))) == [[b"x" * length, *value[1:]]]


def test_text_is_bytes() -> None:
    """A string of a script travels as bytes, whatever is in it."""
    assert packed(r"'\0\255'") == b"\0\xff"


def test_keys_need_not_be_text() -> None:
    """A key that is no UTF-8 does not end the run of the child that sent it."""
    assert packed(r"{['\255'] = 1}") == {"\\xff": 1}


def test_an_empty_table_is_a_list() -> None:
    """Lua has one empty table for both."""
    assert packed("{}") == []


def test_metatables_are_not_looked_at() -> None:
    """What is sent of a table is what is in it."""
    assert packed("setmetatable({1, 2}, {__index = error, __len = error, __pairs = error})") == [1, 2]


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("(function() local t = {} t[1] = t return t end)()", "a table is nested deeper than 64, or holds itself"),
        (
            "(function() local t = {} for _ = 1, 200000 do t = {t} end return t end)()",
            "a table is nested deeper than 64",
        ),
        ("(function() local t = {1} for _ = 1, 60 do t = {t, t} end return t end)()", "more than 100000 values"),
        ("{[0/0 ~= 0/0] = 1}", "a key that is a boolean"),
        ("{[{}] = 1}", "a key that is a table"),
        ("{1, 2, x = 3}", "neither a list without gaps nor a map with text as its keys"),
        ("{[1] = 1, [3] = 3}", "neither a list without gaps nor a map with text as its keys"),
        ("{[1.5] = 1}", "neither a list without gaps nor a map with text as its keys"),
        ("{[2^53] = 1}", "neither a list without gaps nor a map with text as its keys"),
        ("{print}", "a function cannot be sent"),
        ("{coroutine.create(print)}", "a thread cannot be sent"),
        ("1LL", "a cdata cannot be sent"),
        ("(function() local t = {} for i = 1, 100000 do t[i] = 0 end return t end)()", "more than 100000 values"),
        (
            "(function() local s, t = ('x'):rep(2^20), {} for i = 1, 16 do t[i] = s end return t end)()",
            "full at 16777217",
        ),
        ("{[('x'):rep(2^24)] = 1}", "full at 16777218"),
        ("('x'):rep(2^24 + 1)", "full at 16777217"),
    ],
)
def test_hostile_tables(expression: str, text: str) -> None:
    """Cycles, depth, breadth, odd keys and what has no form are errors, at once."""
    assert text in refusal(expression)


def test_depth_is_that_of_the_other_half() -> None:
    """What Lua sends at its deepest, Python reads."""
    deepest = "(function() local t = 1 for _ = 1, 62 do t = {t} end return t end)()"
    assert values.unpack(bench(f"return {deepest}".encode())) != []
    assert "nested deeper" in refusal(deepest.replace("62", "63"))


def test_breadth_is_that_of_the_other_half() -> None:
    """What Lua sends at its widest, Python reads."""
    widest = "(function() local t = {} for i = 1, 99998 do t[i] = 0 end return t end)()"
    assert values.unpack(bench(f"return {widest}".encode())) == [[0] * 99998]


@given(st.binary(min_size=1, max_size=60))
def test_any_bytes(data: bytes) -> None:
    """Bytes are a payload or not one; none makes our own code stumble."""
    result = bench(data)
    assert result[:1] == LIST_OF_ONE or b"attempt to" not in result


@pytest.mark.parametrize(
    "data", [b"\xc1", b"\xd4\x01\x02", b"\xc4\x05abc", b"\x92\x01", b"\x81\x01\x01", b"\x01\x01", b"\x91" * 70]
)
def test_malformed(data: bytes) -> None:
    """Extensions, what is cut off, keys that are numbers, a second value, and depth are errors."""
    assert bench(data).endswith(b": the answer to a call is malformed")

"""The module json."""

from __future__ import annotations

import json
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.scripted import config, error_of, logs

REQUIRED: Final = "local json = require 'json' "


def quoted(text: str) -> str:
    """Return a text as a string of Lua."""
    return '"' + "".join(f"\\{byte:03d}" for byte in text.encode("utf-8", "surrogatepass")) + '"'


def encoded(expression: str) -> str:
    """Return what a value is encoded as."""
    (text,) = logs(f"{REQUIRED}log(json.encode({expression}))")
    return text


def again(text: str) -> str:
    """Return a text that was decoded and encoded."""
    return encoded(f"json.decode({quoted(text)})")


def fault_of(expression: str) -> str:
    """Return the error of a call of the module, which stands at the script's line."""
    text = error_of(f"{REQUIRED}\nlocal x = {expression}")
    assert text.startswith("main:2: json.")
    return text.removeprefix("main:2: json.")


numbers = st.integers(-(1 << 70), 1 << 70) | st.floats(allow_nan=False, allow_infinity=False)
documents = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=16,
)


@given(documents, st.booleans(), st.sampled_from([None, 1]))
def test_round_trip(document: object, ascii_only: bool, indent: int | None) -> None:  # noqa: FBT001 -- hypothesis hands it over
    """What Python writes is the same after it was decoded and encoded: also null, big integers and empty arrays."""
    text = again(json.dumps(document, ensure_ascii=ascii_only, indent=indent))
    assert json.loads(text) == document
    assert again(text) == text


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("{b = 1, a = {1, 'x', true, false, {}}}", '{"a":[1,"x",true,false,{}],"b":1}'),
        ("{json.null, json.array(), json.array({}), json.number('1e999')}", "[null,[],[],1e999]"),
        ("'a/<\\0\\31\\127\\\\\\\"\\n\\t\\r\\b\\fé'", '"a/<\\u0000\\u001f\x7f\\\\\\"\\n\\t\\r\\b\\fé"'),
        ("{1.5, -0.1, 1e15, 2^53, 2^60}", "[1.5,-0.1,1000000000000000,9007199254740992,1.152921504606847e+18]"),
        ("setmetatable({}, {__jsontype = 'array', __index = error})", "[]"),
        ("{['1'] = 1}", '{"1":1}'),
        ("json.null", "null"),
    ],
)  # fmt: skip
def test_encode(expression: str, text: str) -> None:
    """Values are written shortly, keys sorted, and escaped only what must be."""
    assert encoded(expression) == text


def test_indent() -> None:
    """With an indent each level has lines of its own, and what is empty does not."""
    value = "{a = {1, {b = 2}}, c = {}, d = json.array()}"
    assert encoded(f"{value}, {{indent = 2}}") == json.dumps({"a": [1, {"b": 2}], "c": {}, "d": []}, indent=2)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1.10", "1.1"), ("1e3", "1000"), ("-0", "-0"), ("5e-324", "4.9406564584125e-324"),
        ("0.10000000000000001", "0.1"),
        ("9007199254740992", "9.007199254741e+15"), ("0e9", "0"), ("123456789012345.5", "1.2345678901235e+14"),
    ],
)  # fmt: skip
def test_numbers(text: str, shown: str) -> None:
    """A number that a double says is one."""
    assert logs(f"{REQUIRED}local n = json.decode('{text}') log(type(n) .. ' ' .. tostring(n))") == [f"number {shown}"]


@pytest.mark.parametrize(
    "text", ["9007199254740993", "-12345678901234567890", "1e400", "3.141592653589793238", "4e-324", "0." + 200 * "1"]
)
def test_exact_numbers(text: str) -> None:
    """A number that no double says keeps its digits, and gives the nearest double when it is asked to."""
    source = (
        f"local n = json.decode('{text}') log(type(n) .. tostring(n) .. tostring(n:number() == tonumber('{text}')))"
    )
    assert logs(REQUIRED + source) == [f"userdata{text}true"]
    assert again(f"[{text}]") == f"[{text}]"


def test_arrays_are_known_when_they_are_copied() -> None:
    """An empty array that was decoded is one also as a copy with the same metatable, or with a copy of that."""
    source = """
        local a = json.decode('[]')
        log(json.encode(setmetatable({}, getmetatable(a))))
        local meta = {} for key, value in pairs(getmetatable(a)) do meta[key] = value end
        log(json.encode(setmetatable({}, meta)))
        table.insert(a, 1) log(json.encode(a)) a[1] = nil a.x = 1 log(json.encode(a))"""
    assert logs(REQUIRED + source) == ["[]", "[]", "[1]", '{"x":1}']


def test_parts_of_a_document() -> None:
    """A part of a manifest or a config is what it says, without what it does not say."""
    source = "local c = image.config('a') c.config.User = 'u' log(json.encode({a = c.config, b = c.history}))"
    document = '{"config": {"x": [], "Cmd": ["y"]}, "history": [{"created_by": "<"}]}'
    expected = '{"a":{"User":"u","Cmd":["y"],"x":{}},"b":[{"created_by":"<"}]}'
    assert logs(REQUIRED + source, {"image.config": lambda _: config(document)}) == [expected]


def test_null() -> None:
    """Null is one value, which is not nil and has nothing to change."""
    source = """log(tostring(json.decode('{"a": null}').a == json.null)) log(tostring(json.null) .. type(json.null))
        log(tostring(json.null.x) .. tostring((pcall(function() json.null.x = 1 end))))"""
    assert logs(REQUIRED + source) == ["true", "nulluserdata", "nilfalse"]


def test_a_script_may_change_its_copy() -> None:
    """What a script does to the module changes nothing for exports and other modules."""
    assert logs("local json = require 'json' json.null = 1 log(tostring(require('json').null))") == ["1"]
    source = "require('json').encode = nil local c = image.config('a') log(tostring(c:export()):sub(1, 1))"
    assert logs(source, {"image.config": lambda _: config("{}")}) == ["{"]


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("json.decode('{\"a\": tru}')", "decode: it is no JSON: neither a value nor the end at byte 7"),
        ("json.decode(('['):rep(200))", "decode: it is no JSON: more than 128 levels at byte 129"),
        ("json.decode(5)", "decode: the text should be a string, not a number"),
        ("json.decode((' '):rep(8388609))", "decode: the text has 8388609 bytes: at most 8388608 are read"),
        ("json.encode()", "encode: the value is nil; null is json.null"),
        ("json.encode({a = {print}})", "encode: a.1 is a function, and JSON has no such value"),
        ("json.encode(print)", "encode: the value is a function, and JSON has no such value"),
        ("json.encode({a = 'x\\255'})", "encode: a is not UTF-8 at byte 2"),
        ("json.encode({1, nil, 3})", "encode: the value has a gap at 2: a list has none"),
        ("json.encode({1, a = 2})",
         'encode: the value has positions and names, such as "a": it is neither a list nor an object'),
        ("json.encode(0/0)", "encode: the value is no number that JSON has"),
        ("json.encode({}, {indnt = 1})", 'encode: there is no option "indnt"; there are indent'),
        ("json.encode({}, {indent = 17})", 'encode: the option "indent" should be at most 16'),
        ("json.number('0x10')", "number: a number of JSON was expected, such as 12345678901234567890"),
        ("json.number(10)", "number: the number should be a string, not a number"),
        ("json.array(1)", "array: a table was expected, not a number"),
        ("json.array(setmetatable({}, {}))", "array: the table has a metatable of its own"),
    ],
)  # fmt: skip
def test_errors(expression: str, fault: str) -> None:
    """What is wrong is said at the script's line, with the place in the text or in the value."""
    assert fault_of(expression) == fault


def test_a_circle() -> None:
    """A table that contains itself is refused; one that is there twice is not."""
    assert logs(f"{REQUIRED}local t = {{}} log(json.encode({{t, t}}))") == ["[{},{}]"]
    assert error_of(f"{REQUIRED}local t = {{}} t.x = {{t}} json.encode(t)").endswith("x.1 contains itself")


@pytest.mark.parametrize("text", ["\x7f\x80\u07ff\u0800\ud7ff\ue000\uffff", "\U00010000\U0010ffff"])
def test_utf8(text: str) -> None:
    """What is UTF-8 stays as it is."""
    assert encoded(quoted(text)) == f'"{text}"'


@pytest.mark.parametrize(
    "code",
    [
        "c080",
        "c1bf",
        "e08080",
        "eda080",
        "f0808080",
        "f4908080",
        "f5808080",
        "80",
        "c3",
        "c341",
        "e282",
        "f09f98",
        "ff",
    ],
)
def test_what_is_not_utf8(code: str) -> None:
    """Longer forms than there need be, halves of pairs, and what is cut off are refused."""
    escaped = "".join(f"\\{byte:03d}" for byte in bytes.fromhex(code))
    assert fault_of(f"json.encode('x{escaped}')") == "encode: the value is not UTF-8 at byte 2"

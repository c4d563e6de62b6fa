"""The library functions that are not LuaJIT's own, held to what Lua 5.1's manual says of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lupa import luajit21

from tests.sandbox.scripted import error_of, logs

PLAIN = luajit21.LuaRuntime(encoding="latin-1")
GSUB = PLAIN.eval("""function(s, p, n)
    local function new(a, b) return '<' .. tostring(a) .. tostring(b) .. '>' end
    local ok, text, count = pcall(string.gsub, s, p, new, n)
    return ok and text .. ' ' .. count or 'error'
end""")

subjects = st.text(alphabet="ab1 .%", max_size=12)
# `find`, and so ours, takes a pattern with no other special character than a lone ) for plain text; gsub does not.
patterns = st.text(alphabet="ab.%w()[]^$*+-?1f", max_size=8).filter(lambda text: ")" not in text.partition("(")[0])


def quoted(text: str) -> str:
    """Return a Lua literal of ASCII text."""
    return '"' + "".join(f"\\{ord(char):03d}" for char in text) + '"'


@given(subjects, patterns, st.none() | st.integers(0, 3))
def test_gsub_with_a_function(subject: str, pattern: str, limit: int | None) -> None:
    """Gsub with a function gives what LuaJIT's own does, or an error where that does."""
    source = f"""
        local ok, text, count = pcall(string.gsub, {quoted(subject)}, {quoted(pattern)}, function(a, b)
          return '<' .. tostring(a) .. tostring(b) .. '>'
        end, {"nil" if limit is None else limit})
        log(ok and text .. ' ' .. count or 'error')"""
    assert logs(source) == [GSUB(subject, pattern, limit)]


@pytest.mark.parametrize(
    ("call", "result"),
    [
        ("('hello world'):gsub('%w+', function(w) if w == 'hello' then return nil end return 5 end)", "hello 5 2"),
        ("('abc'):gsub('b', setmetatable({}, {__index = function(_, k) return k:upper() end}))", "aBc 1"),
        ("('abc'):gsub('^a', function() return 'x' end)", "xbc 1"),
        ("('THE (quick) fox'):gsub('%f[%a]%a+', function(w) return #w end)", "3 (5) 3 3"),
        ("('f(a(b)c)'):gsub('%b()', function(w) return #w end)", "f7 1"),
        ("('abc'):gsub('()', function(at) return at end)", "1a2b3c4 4"),
        ("(12):gsub", None),
    ],
)
def test_gsub_forms(call: str, result: str | None) -> None:
    """Replacement by nothing, anchors, frontiers, balanced pairs and positions are Lua 5.1's."""
    if result is None:
        assert "attempt to index a number value" in error_of(f"log({call}())")
    else:
        assert logs(f"local text, count = {call} log(text .. ' ' .. count)") == [result]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("'a', '[', function() end", "malformed pattern (missing ']')"),
        ("'a', 'a', function() return {} end", "invalid replacement value (a table)"),
        ("'a', 'a', function() error('x', 0) end", "x"),
        ("nil, 'a', function() end", "bad argument #1 to 'gsub' (string expected, got nil)"),
        ("'a', {}, function() end", "bad argument #2 to 'gsub' (string expected, got table)"),
        ("'a', 'a', function() end, 'x'", "bad argument #4 to 'gsub' (number expected, got string)"),
        ("'a', 'a'", "bad argument #3 to 'gsub' (string/function/table expected)"),
    ],
)
def test_gsub_misuse(arguments: str, text: str) -> None:
    """Misuse of gsub is an error at the script's line; the function's own errors pass as they are."""
    assert error_of(f"string.gsub({arguments})") in (f"main:1: {text}", text)


@pytest.mark.parametrize(
    ("call", "result"),
    [
        ("'%d %5.2f %s %%', 7, 1/3, 'x'", "7  0.33 x %"),
        ("'%s %s %s', nil, true, setmetatable({}, {__tostring = function() return 'shown' end})", "nil true shown"),
        ("'%-6s|%.2s|', setmetatable({}, {__tostring = function() return 'abc' end}), 'abc'", "abc   |ab|"),
        ("'%q', 'a\"b\\\\c\\nd'", '"a\\"b\\\\c\\nd"'),
        ("'%%p %%q %s', 'x'", "%p %q x"),
        ("'%5.1f', '3'", "  3.0"),
    ],
)
def test_format(call: str, result: str) -> None:
    """Format shows what plain Lua's does; a line break in %q stays on its line."""
    assert logs(f"log(string.format({call}))") == [result]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("'%p', {}", "main:1: invalid option '%p' to 'format': there are no addresses here"),
        ("'%-20p', 'x'", "main:1: invalid option '%p' to 'format': there are no addresses here"),
        ("'%s', setmetatable({}, {__tostring = function() end})", "main:1: '__tostring' must return a string"),
        ("'%d', 'x'", "main:1: bad argument #2 to 'format' (number expected, got string)"),
        ("'%s'", "main:1: bad argument #2 to 'format' (value expected)"),
        ("'%q'", "main:1: bad argument #2 to 'format' (value expected)"),
    ],
)
def test_format_misuse(call: str, text: str) -> None:
    """What format refuses it refuses at the script's line, an address before all."""
    assert error_of(f"local text = string.format({call})") == text


@pytest.mark.parametrize("count", ["6e9", "2^31", "'6000000000'", "1/0"])
def test_rep_beyond_what_a_string_can_be(count: str) -> None:
    """LuaJIT's own gives an empty string for some of these."""
    assert error_of(f"local text = ('x'):rep({count})") == "main:1: resulting string too large"


@given(st.lists(st.integers(0, 9), max_size=40))
def test_sort_with_a_function(items: list[int]) -> None:
    """Sort with a comparison sorts, and keeps the order of what compares as equal."""
    source = f"""
        local t = {{{",".join(f"{{{item}, {i}}}" for i, item in enumerate(items))}}}
        table.sort(t, function(a, b) return a[1] > b[1] end)
        for _, v in ipairs(t) do log(v[1] .. ' ' .. v[2]) end"""
    expected = sorted(enumerate(items), key=lambda pair: -pair[1])
    assert logs(source) == [f"{item} {i}" for i, item in expected]


@pytest.mark.parametrize("order", ["return true", "return false", "return a ~= b", "return math.random() < 0.5"])
def test_sort_with_an_order_that_is_none(order: str) -> None:
    """A comparison that contradicts itself is called a bounded number of times, and nothing is lost."""
    source = f"""
        local t, calls = {{}}, 0
        for i = 1, 256 do t[i] = i end
        table.sort(t, function(a, b) calls = calls + 1 {order} end)
        local sum = 0
        for _, v in ipairs(t) do sum = sum + v end
        log(sum .. ' ' .. tostring(calls <= 256 * 8))"""
    assert logs(source, environment={"seed": 1}) == [f"{256 * 257 // 2} true"]


@pytest.mark.parametrize(
    ("items", "result"), [("3, 1, 2", "1,2,3"), ("'b', 'a'", "a,b"), ("", ""), ("2", "2"), ("1, 0/0, 2", None)]
)
def test_sort_without_a_function(items: str, result: str | None) -> None:
    """Numbers and strings are sorted by <."""
    seen = logs(f"local t = {{{items}}} pcall(table.sort, t, nil) log(table.concat(t, ','))")
    assert result is None or seen == [result]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("{1, 'x', 2}", "main:1: attempt to compare string with number"),
        ("{{}, {}}", "main:1: attempt to compare two table values"),
        ("{2, 1}, function() error('x', 0) end", "x"),
        ("{}, 1", "main:1: bad argument #2 to 'sort' (function expected, got number)"),
        ("1", "main:1: bad argument #1 to 'sort' (table expected, got number)"),
    ],
)
def test_sort_misuse(arguments: str, text: str) -> None:
    """What cannot be compared is an error at the script's line."""
    assert error_of(f"table.sort({arguments})") == text


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("select(2, loadstring('\\27LJ'))", "this is bytecode; only source text is run here"),
        ("select(2, load('x =', '=[regbot driver]'))", "?:1: unexpected symbol near '<eof>'"),
        ("select(2, load(function() error('x', 0) end))", "x"),
        ("select(2, load((' '):rep(2^20 + 1)))", "a chunk of 1048577 bytes is over the limit of 1048576"),
        ("tostring(load('return log', 'c', 't', nil)())", "nil"),
        ("tostring(load('return log')() == log)", "true"),
    ],
)
def test_load(expression: str, result: str) -> None:
    """Load and loadstring make functions of text, with the script's globals or the ones given."""
    assert logs(f"log({expression})") == [result]


def test_load_reads_all_before_it_checks() -> None:
    """A reader that splits bytecode is seen through."""
    source = """
        local pieces, i = {'\\27', 'LJ\\2'}, 0
        log(select(2, load(function() i = i + 1 return pieces[i] end)))
        log(select(2, load(function() return ('x'):rep(2^19) end)))"""
    assert logs(source) == [
        "this is bytecode; only source text is run here",
        f"a chunk of {3 * 2**19} bytes is over the limit of {2**20}",
    ]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("loadstring(1)", "bad argument #1 to 'loadstring' (string expected, got number)"),
        ("load({})", "bad argument #1 to 'load' (function or string expected, got table)"),
        ("load('', '', 't', 1)", "bad argument #4 to 'load' (table expected, got number)"),
        ("assert(load(function() return 1 end))", "reader function must return a string"),
    ],
)
def test_load_misuse(call: str, text: str) -> None:
    """What is no source is an error at the script's line."""
    assert error_of(f"local f = {call}") == f"main:1: {text}"


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("os.time({year = 2024})", "main:1: field 'day' missing in date table"),
        ("os.date('%E')", 'main:1: os.date: there is no conversion "%E"'),
        ("os.date('%9999999d')", 'main:1: os.date: there is no conversion "%9"'),
        ("os.date('x%')", 'main:1: os.date: there is no conversion "%"'),
        ("os.date(('x'):rep(1025))", "main:1: os.date: the format is longer than 1024 bytes"),
    ],
)
def test_os_misuse(call: str, text: str) -> None:
    """A date without its day, and formats that a C library alone would understand, are errors."""
    assert error_of(f"local x = {call}") == text


def test_print_of_what_has_no_text() -> None:
    """Print refuses a __tostring that gives none."""
    text = error_of("print(setmetatable({}, {__tostring = function() end}))")
    assert text == "main:1: 'tostring' must return a string to 'print'"


def test_log() -> None:
    """Log takes a string or a number and ignores what follows; bytes pass as they are."""
    assert logs("log('a', 'b') log(1.5) log('') log('\\226\\152\\131\\0')") == ["a", "1.5", "", "☃\0"]


def test_a_long_message_is_cut() -> None:
    """A message of more than 1 MiB goes out as 1 MiB, which says so."""
    (text,) = logs("log(('x'):rep(2^21))")
    assert len(text.encode()) == 1 << 20
    assert text.endswith("x … (2097152 bytes in all)")

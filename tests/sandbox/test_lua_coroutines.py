"""Coroutines of scripts, and operations called out of them."""

from __future__ import annotations

import pytest

from tests.sandbox.scripted import error_of, logs

TAGS = {"tag.ls": lambda _: ["v1", "v2"]}


def test_values_go_both_ways() -> None:
    """Resume and yield hand each other their arguments, nil among them."""
    source = """
        local co = coroutine.create(function(a, b) local c = coroutine.yield(a + b, nil) return c end)
        log(select('#', coroutine.resume(co, 1, 2)))
        log(coroutine.status(co)) log(select(2, coroutine.resume(co, 'x'))) log(coroutine.status(co))
        log(select(2, coroutine.resume(co)))"""
    assert logs(source) == ["3", "suspended", "x", "dead", "cannot resume dead coroutine"]


def test_an_operation_in_nested_coroutines() -> None:
    """An operation out of coroutines in coroutines is answered there, and nobody in between sees it."""
    source = """
        local function nest(n)
          if n == 0 then return #tag.ls('a/b') end
          local co = coroutine.create(nest)
          local ok, value = coroutine.resume(co, n - 1)
          return coroutine.status(co) .. tostring(ok) .. value
        end
        log(nest(3))"""
    assert logs(source, TAGS) == ["deadtruedeadtruedeadtrue2"]


def test_a_script_yields_beside_its_operations() -> None:
    """What a coroutine yields itself goes to its resumer, whatever it called before."""
    source = """
        local each = coroutine.wrap(function()
          for _, tag in ipairs(tag.ls('a/b')) do log('got') coroutine.yield(tag) end
        end)
        log(each()) log(each())"""
    assert logs(source, TAGS) == ["got", "v1", "got", "v2"]


@pytest.mark.parametrize("value", ["nil", "{}", "'call'", "tag.ls", "1, 'tag.ls'"])
def test_a_request_cannot_be_forged(value: str) -> None:
    """Nothing that a script can yield reaches the supervisor."""
    source = f"log(tostring((coroutine.resume(coroutine.create(function() coroutine.yield({value}) end)))))"
    assert logs(source) == ["true"]


def test_the_script_itself_is_no_coroutine() -> None:
    """Outside of coroutines there is nothing to yield to, and running() is nil, as in plain Lua."""
    assert logs("log(tostring(coroutine.running()))") == ["nil"]
    assert error_of("coroutine.yield()") == "main:1: attempt to yield from outside a coroutine"


def test_running() -> None:
    """Inside of one, running() is it."""
    source = "local co co = coroutine.create(function() return coroutine.running() == co end)"
    assert logs(f"{source} log(tostring(select(2, coroutine.resume(co))))") == ["true"]


def test_errors_of_wrap_keep_their_position() -> None:
    """An error in a wrapped coroutine is raised with the position where it happened."""
    assert error_of("local f = coroutine.wrap(function()\nerror('x') end)\nf()") == "main:2: x"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("local f = coroutine.wrap(function() end) f() f()", "main:1: cannot resume dead coroutine"),
        ("coroutine.wrap(1)", "main:1: bad argument #1 to 'wrap' (function expected, got number)"),
        ("coroutine.resume(1)", "main:1: bad argument #1 to 'resume' (coroutine expected, got number)"),
    ],
)
def test_misuse(source: str, text: str) -> None:
    """Misuse is an error at the script's line."""
    assert error_of(source) == text


def test_a_coroutine_cannot_resume_itself() -> None:
    """To resume the running coroutine answers false, and an error in it still finds its line."""
    source = """
        local co co = coroutine.create(function() log(tostring((coroutine.resume(co)))) pcall(log) end)
        log(tostring((coroutine.resume(co))))"""
    assert logs(source) == ["false", "true"]


def test_an_api_function_as_the_body() -> None:
    """A coroutine that is an API function alone fails at the line that resumed it."""
    source = "\nlog(select(2, coroutine.resume(coroutine.create(log))))"
    assert logs(source) == ["main:2: log: the message should be a string or a number, not nothing"]


def test_nesting_is_bounded() -> None:
    """Coroutines that resume coroutines without end are an error before the C stack is."""
    source = "local function nest() return coroutine.wrap(nest)() end log(select(2, pcall(nest)))"
    assert logs(source) == ["C stack overflow"]


@pytest.mark.parametrize(
    "operator",
    [
        "__index = function() log('in') end, use = function(t) return t.x end",
        "__newindex = function() log('in') end, use = function(t) t.x = 1 end",
        "__call = function() log('in') end, use = function(t) t() end",
        "__add = function() log('in') end, use = function(t) return t + 1 end",
        "__unm = function() log('in') end, use = function(t) return -t end",
        "__concat = function() log('in') end, use = function(t) return t .. 'x' end",
        "__eq = function() log('in') end, use = function(t, u) return t == u end",
        "__lt = function() log('in') end, use = function(t, u) return t < u end",
        "__le = function() log('in') end, use = function(t, u) return t <= u end",
        "__tostring = function() log('in') return '' end, use = function(t) tostring(t) end",
        "__tostring = function() log('in') return '' end, use = function(t) string.format('%s', t) end",
        "__lt = function() log('in') return false end, use = function(t, u) table.sort({t, u}) end",
        "__index = function() log('in') end, use = function(t) ('a'):gsub('a', t) end",
        "__index = function(_, k) if k == 'year' then log('in') end return 1 end, use = function(t) os.time(t) end",
        "use = function() table.sort({1, 2}, function(a, b) log('in') return a < b end) end",
        "use = function() ('a'):gsub('a', function() log('in') end) end",
        "use = function() load(function() log('in') end) end",
        "use = function() for _ in function() log('in') end do end end",
    ],
)
def test_an_operation_can_wait_anywhere(operator: str) -> None:
    """Wherever Lua calls a function of the script, that may log and call operations, and yield."""
    source = f"""
        local meta = {{{operator}}}
        local function object() return setmetatable({{}}, meta) end
        meta.use(object(), object())"""
    assert logs(source) == ["in"]

"""parallel.map and parallel.each: operations of many items in flight together, and what an error does to the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings, strategies

from regbot.protocol.messages import Call, Reason
from tests.sandbox.scripted import Refused, error_of, first, last, logs, run

if TYPE_CHECKING:
    from random import Random

    from regbot.protocol.values import Value
    from tests.sandbox.scripted import Answers, Arguments, Choose

TEN: Final = "local list = {} for i = 1, 10 do list[i] = 'a/' .. i end "


def echo(arguments: Arguments) -> Value:
    """Answer with the first argument, but for one that is refused."""
    if arguments[0] == b"a/3":
        raise Refused('tag.ls "a/3": no', code="DENIED", status=403)
    return arguments[0]


ANSWERS: Final[Answers] = {"tag.ls": echo, "blob.put": lambda _: {"digest": "d", "size": 1}}


@dataclass
class Plan:
    """What a function does: so many calls, then fail or do what is below, side by side."""

    calls: int
    fails: bool = False
    caught: bool = False
    limit: int = 8
    below: list[Plan] = field(default_factory=list)

    @property
    def lua(self) -> str:
        """It as a Lua table."""
        below = ", ".join(plan.lua for plan in self.below)
        flags = f"fails = {str(self.fails).lower()}, caught = {str(self.caught).lower()}"
        return f"{{calls = {self.calls}, {flags}, limit = {self.limit}, below = {{{below}}}}}"

    @property
    def result(self) -> str | None:
        """What a loop gives; None if it fails."""
        below = [plan.result or ("caught" if plan.caught else None) for plan in self.below]
        found = [each for each in below if each is not None]
        return None if self.fails or len(found) < len(below) else f"{self.calls}{''.join(found)}"


def middle(calls: list[Call]) -> Call:
    """Choose one of the calls in between."""
    return calls[len(calls) // 2]


@pytest.mark.parametrize("choose", [first, middle, last])
@pytest.mark.parametrize("limit", [1, 3, 8, 64])
def test_results_are_in_the_order_of_the_list(choose: Choose, limit: int) -> None:
    """Whatever is answered first, and however many are in flight, the results are those of a loop."""
    source = f"""local list = {{}} for i = 1, 20 do list[i] = 'b/' .. i end
        local function work(x, ...) return tag.ls(x) .. select('#', ...), 'dropped' end
        local found = parallel.map(list, work, {{limit = {limit}}})
        print(unpack(found))"""
    done = run(source, ANSWERS, choose=choose)
    assert done.logs == ["\t".join(f"b/{i}0" for i in range(1, 21))]
    assert done.most_open == min(limit, 20)


def test_the_usual_limit_is_eight() -> None:
    """Without the option eight items are begun."""
    assert (
        run(
            "local l = {} for i = 1, 20 do l[i] = 'b' end parallel.each(l, function(x) tag.ls(x) end)", ANSWERS
        ).most_open
        == 8
    )


def test_a_nil_leaves_a_hole() -> None:
    """Where the function gives nothing, there is nothing."""
    source = "local r = parallel.map({1, 2, 3}, function(x) if x ~= 2 then return x end end) print(r[1], r[2], r[3])"
    assert logs(source) == ["1\tnil\t3"]


def test_each_gives_nothing() -> None:
    """parallel.each calls the function for every item, and returns no results."""
    assert logs("print(select('#', parallel.each({'a', 'b'}, log)))") == ["a", "b", "0"]


def test_an_empty_list() -> None:
    """Of nothing there is nothing, and nothing is called."""
    assert logs("print(#parallel.map({}, error), select('#', parallel.each({}, error)))") == ["0\t0"]


def test_the_list_is_the_one_at_the_start() -> None:
    """What is put into the list, or taken out, while the function runs changes nothing."""
    source = """local l = {'b/1', 'b/2', 'b/3'}
        parallel.each(l, function(x) l[3], l[4] = nil, 'more' log(tag.ls(x)) end, {limit = 1})"""
    assert logs(source, ANSWERS) == ["b/1", "b/2", "b/3"]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("map()", "map: the first argument should be a list, not nil"),
        ("each(reference.new, log)", "each: the first argument should be a list, not a function"),
        ("each({1, nil, 3}, log)", "each: the list should have no holes and no names, but entry 2 is nil"),
        ("each({1, x = 2}, log)", "each: the list should have no holes and no names, but entry 2 is nil"),
        ("map({1})", "map: the second argument should be a function, not nil"),
        ("map({1}, 'log')", "map: the second argument should be a function, not a string"),
        ("map({1}, log, 8)", "map: the options should be a table with limit, not 8"),
        ("map({1}, log, {limit = 0})", 'map: the option "limit" should be a whole number from 1 to 64, not 0'),
        ("map({1}, log, {limit = 65})", 'map: the option "limit" should be a whole number from 1 to 64, not 65'),
        ("map({1}, log, {limit = 1.5})", 'map: the option "limit" should be a whole number from 1 to 64, not 1.5'),
        ("map({1}, log, {limits = 1})", 'map: there is no option "limits"; there are limit'),
    ],
)
def test_wrong_arguments(call: str, text: str) -> None:
    """A wrong argument is an error that says which, and what it should be."""
    assert error_of(f"\nparallel.{call}") == f"main:2: parallel.{text}"


def test_the_list_is_bounded() -> None:
    """A list that no run comes to the end of is refused."""
    assert error_of("local l = {} for i = 1, 100001 do l[i] = i end parallel.each(l, log)").endswith("100000 entries")


def test_the_first_error_is_raised() -> None:
    """The first error in time is the caller's, at the line where it happened, and no further item is begun."""
    source = TEN + "\nparallel.each(list, function(x)\nlog('begin ' .. x) tag.ls(x) log('end ' .. x) end, {limit = 4})"
    done = run(source, ANSWERS)
    assert done.error == 'main:3: tag.ls "a/3": no'
    assert done.logs == [*(f"begin a/{i}" for i in range(1, 5)), "end a/1", "begin a/5", "end a/2", "begin a/6"]


def test_the_first_error_cancels_what_is_in_flight() -> None:
    """The open calls of the others are cancelled once each, and their answers waited for, before the caller goes on."""
    source = TEN + "log(select(2, pcall(parallel.each, list, function(x) tag.ls(x) end))) tag.ls('b')"
    done = run(source, ANSWERS)
    assert sorted(done.cancelled) == list(range(4, 11))
    assert done.logs == ['main:1: tag.ls "a/3": no']
    assert done.calls[-1][0] == "tag.ls"
    assert len(done.calls) == 11


def test_a_cancelled_call_cannot_be_caught() -> None:
    """Nothing of a cancelled function runs on, whatever it is in the middle of."""
    source = (
        TEN
        + """
        local function stubborn(x)
          if x == 'a/3' then return tag.ls(x) end
          local each = coroutine.wrap(function() while true do pcall(tag.ls, x) log('went on') end end)
          pcall(pcall, each) log('went on')
        end
        pcall(parallel.each, list, stubborn) tag.ls('b') log('over')"""
    )
    assert run(
        source, ANSWERS, choose=lambda calls: next((c for c in calls if b"a/3" in c.payload), calls[0])
    ).logs == ["over"]


def test_nested_calls_are_cancelled() -> None:
    """An error ends calls inside of calls, and the outermost caller waits for all of their answers."""
    source = """local function inner(y) return tag.ls(y) end
        local function outer(x) if x == 3 then tag.ls('a/3') end parallel.each({'b', 'c'}, inner) end
        log(select(2, pcall(parallel.each, {1, 2, 3}, outer))) log(#tag.ls('d'))"""
    done = run(source, ANSWERS, choose=lambda calls: next((c for c in calls if b"a/3" in c.payload), calls[-1]))
    assert sorted(done.cancelled) == [2, 3, 4, 5]
    assert done.logs == ['main:2: tag.ls "a/3": no', "1"]


def test_an_error_while_another_is_waited_out() -> None:
    """A call that waits for the end of its cancelled ones can be cancelled itself, and everything is still answered."""
    source = """local function fail() tag.ls('b') error('first', 0) end
        local function outer(x)
          if x == 1 then parallel.each({fail, tag.ls, tag.ls}, function(f) f('c') end) end
          tag.ls('c') error('second', 0)
        end
        log(select(2, pcall(parallel.each, {1, 2}, outer))) tag.ls('d')"""
    done = run(source, ANSWERS)
    assert (done.logs, len(done.calls)) == (["second"], 5)


@pytest.mark.parametrize("value", ["{}", "12", "true"])
def test_any_error_value(value: str) -> None:
    """What is raised is what the caller catches."""
    source = f"local v = {value} log(tostring(select(2, pcall(parallel.each, {{1}}, function() error(v, 0) end)) == v))"
    assert logs(source) == ["true"]


def test_an_error_without_operations() -> None:
    """An error of Lua itself has its own line, also where the function is one of ours."""
    assert error_of("parallel.each({1}, function()\nlocal x = nil + 1 end)").startswith("main:2: attempt to perform")
    assert error_of("\nparallel.each({{}}, tag.ls)") == (
        "main:2: tag.ls: the repository should be a string, a reference, a manifest or a config, not a table"
    )


def test_held_calls_of_the_cancelled_are_not_sent() -> None:
    """A call that waits for its turn on the pipe is not made any more when it is cancelled."""
    done = run(TEN + "parallel.each(list, function(x) tag.ls(x) end)", ANSWERS, environment={"inFlight": 3})
    assert (done.most_open, done.cancelled, len(done.calls)) == (3, [4, 5], 5)


def test_no_more_calls_than_allowed() -> None:
    """However many functions call at once, the calls in flight are within the bound, and each gets its answer."""
    source = """local l = {} for i = 1, 12 do l[i] = i end
        local function inner(x) return parallel.map(l, function(y) return tag.ls(x .. '/' .. y) end) end
        local n = 0 for i, r in ipairs(parallel.map(l, inner)) do
          for j, v in ipairs(r) do assert(v == i .. '/' .. j) n = n + 1 end
        end log(n)"""
    done = run(source, ANSWERS, choose=last)
    assert (done.logs, done.most_open) == (["144"], 64)


def test_large_calls_go_one_at_a_time() -> None:
    """Of calls with large arguments one is open at a time, and small ones pass them meanwhile."""
    source = """parallel.each({1, 2, 3, 4}, function(x)
          if x == 4 then return tag.ls('b') end blob.put('a', ('x'):rep(2000))
        end)"""
    done = run(source, ANSWERS, environment={"large": 1000}, choose=last)
    assert ([name for name, _ in done.calls], done.most_open) == (["blob.put", "tag.ls", "blob.put", "blob.put"], 2)


@pytest.mark.parametrize(
    "wrapped",
    [
        "coroutine.wrap(function() work() end)()",
        "pcall(pcall, work)",
        "table.sort({2, 1, 3}, function(a, b) work() return a < b end)",
        "local x = ('x'):gsub('x', work)",
        "local t = setmetatable({}, {__index = work, __concat = work, __call = work}) local x = t.x t() x = t .. 1",
        "load(work)",
        "parallel.each({1}, function() work() end)",
    ],
)
def test_it_works_wherever_an_operation_does(wrapped: str) -> None:
    """Wherever a script can call an operation it can call many, and functions called so can do all of that again."""
    source = f"""local function work() local r = parallel.map({{'a', 'b'}}, function(x) return tag.ls(x) end)
          log(r[1] .. r[2]) end
        parallel.each({{1, 2}}, function() {wrapped} end)"""
    done = run(source.replace("{wrapped}", wrapped), ANSWERS)
    assert set(done.logs) == {"ab"}
    assert done.most_open == 4


def test_there_is_no_coroutine_to_yield_from() -> None:
    """The function is called in no coroutine of the script's: it can yield to nobody, and running() is nil."""
    assert logs("parallel.each({1}, function() print(coroutine.running()) end)") == ["nil"]
    source = "coroutine.wrap(function() parallel.each({1}, function()\ncoroutine.yield() end) end)()"
    assert error_of(source) == "main:2: attempt to yield from outside a coroutine"


def test_levels_are_bounded() -> None:
    """Calls that call themselves without end are an error."""
    assert error_of("local function f() parallel.each({1}, f) end f()") == (
        "main:1: parallel.each: more than 32 calls inside each other"
    )


def test_messages_are_in_the_order_of_execution() -> None:
    """What the functions log comes as they run: in turns, at each operation."""
    source = "parallel.each({'a', 'b'}, function(x) log('1' .. x) tag.ls(x) log('2' .. x) tag.ls(x) log('3' .. x) end)"
    assert logs(source, ANSWERS) == ["1a", "1b", "2a", "2b", "3a", "3b"]


def test_tasks_do_not_pile_up() -> None:
    """What was needed to call a function beside others is given back: thousands of calls take no megabytes."""
    source = """local before, eight = collectgarbage('count'), {1, 2, 3, 4, 5, 6, 7, 8}
        for i = 1, 1000 do parallel.each(eight, function() end) end
        log(collectgarbage('count') - before)"""
    (grown,) = logs(source)
    assert float(grown) < 1500


def test_a_traceback_goes_on_at_the_caller() -> None:
    """The traceback of an error in a function shows its frames first, then those of whoever called parallel.each."""
    source = """local function inner(x) tag.ls(x) end
local function work(x)
  inner(x) end
local function outer()
  parallel.each({'b', 'a/3'}, work) end
outer()"""
    lines = run(source, ANSWERS).failed.traceback.decode().splitlines()
    assert lines == [
        "main:1: in inner",
        "main:3: in a function",
        "main:5: in outer",
        "main:6: in the main chunk",
    ]


def test_the_end_names_the_call() -> None:
    """An error that ends the script names the call that it was the failure of, and none if it was none."""
    end = run(TEN + "parallel.each(list, function(x) tag.ls(x) end)", ANSWERS).failed
    assert (end.reason, end.call) == (Reason.ERROR, 3)
    assert run("parallel.each({1}, function() error('x') end)").failed.call == 0


WHATEVER: Final = """
    local function work(plan, path)
      for i = 1, plan.calls do tag.ls(path .. i) end
      if plan.fails then error('failed', 0) end
      local i = 0
      local below = parallel.map(plan.below, function(each)
        i = i + 1
        local path = path .. i
        if each.caught then local ok, found = pcall(work, each, path) return ok and found or 'caught' end
        return work(each, path)
      end, {limit = plan.limit})
      return plan.calls .. table.concat(below)
    end
    local ok, found = pcall(work, %s, 'b/') log(found) log(tag.ls('after'))"""
"""Calls operations and itself as a plan says, which is a table of tables."""

PLANS: Final = strategies.recursive(
    strategies.builds(Plan, strategies.integers(0, 3), fails=strategies.booleans(), caught=strategies.booleans()),
    lambda below: strategies.builds(
        Plan,
        strategies.integers(0, 2),
        caught=strategies.booleans(),
        limit=strategies.integers(1, 4),
        below=strategies.lists(below, max_size=5),
    ),
    max_leaves=12,
)


@settings(max_examples=60)
@given(plan=PLANS, order=strategies.randoms(use_true_random=False), in_flight=strategies.integers(1, 5))
def test_whatever_happens(plan: Plan, order: Random, in_flight: int) -> None:
    """In whatever order calls are answered and fail, the result is a loop's, and everything is answered at the end."""
    environment = {"inFlight": in_flight}
    done = run(WHATEVER % plan.lua, ANSWERS, environment=environment, choose=order.choice)
    assert done.logs == [plan.result or "failed", "after"]
    assert done.most_open <= in_flight

"""Where the prelude itself stops at a limit, so that an honest script never meets the supervisor's own check."""

from __future__ import annotations

from functools import partial
from io import StringIO
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings, strategies

from regbot.protocol import frames
from regbot.protocol.messages import Call, Log, Reason
from regbot.supervisor.logs import Writer, open_log
from regbot.supervisor.runs.script_log import ScriptLog
from tests.sandbox.scripted import run

if TYPE_CHECKING:
    from tests.sandbox.scripted import Answers, Run

KIB: Final = 1 << 10
LEAST: Final = 64 * KIB
"""The least that messageBytes can be."""
ANSWERS: Final[Answers] = {"blob.put": lambda _: {"digest": "d", "size": 1}, "tag.ls": lambda _: []}
PUT: Final = "blob.put('a', ('x'):rep(2^16))"


def small(source: str) -> Run:
    """Run a script with the least messages that there can be."""
    return run(source, ANSWERS, environment={"messageBytes": LEAST})


def logged(source: str, limit: int) -> list[Log]:
    """Run a script that may log so much, return its messages; the supervisor takes all of them."""
    messages = [one for one in run(source, environment={"logBytes": limit}).messages if isinstance(one, Log)]
    said = ScriptLog(open_log(Writer(8, stream=StringIO())), limit)
    for message in messages:
        said.write(message.level, message.text, message.fields)
    return messages


def test_an_endless_log_is_sent_as_far_as_it_is_cut() -> None:
    """Each message counts its text, its fields and 128 bytes; the first beyond the limit is sent, and none after it."""
    assert len(logged("for i = 1, 1000 do log('0123456') end", 10 * (7 + 1 + 128))) == 11
    assert len(logged("for i = 1, 1000 do print() logger.debug('', {a = true}) end", 2 * 129 + 2 * 132 - 1)) == 4
    assert len(logged("for i = 1, 1000 do log('x') end", 0)) == 1


@settings(max_examples=30)
@given(
    sizes=strategies.lists(strategies.tuples(strategies.integers(0, 300), strategies.integers(0, 3)), max_size=20),
    limit=strategies.integers(0, 4000),
)
def test_both_ends_count_the_same(sizes: list[tuple[int, int]], limit: int) -> None:
    """Whatever a script logs, the supervisor never gets a message after the one that it cuts the log at."""
    fields = ["nil", "{}", "{a = ('y'):rep(200)}", "{a = 1, b = false, c = -0.5}"]
    source = "".join(f"logger.info(('x'):rep({size}), {fields[kind]}) " for size, kind in sizes)
    messages = logged(source, limit)
    assert len(messages) == len(sizes) or sum(len(m.text) + len(m.fields) + 128 for m in messages) > limit


def test_arguments_beyond_a_message_end_the_run() -> None:
    """The end names operation, bytes, limit and the script's line, and has its traceback."""
    failed = small(f"local function f()\n  {PUT}\nend\nf()").failed
    assert (failed.reason, failed.call) == (Reason.MESSAGE, 0)
    assert failed.text.decode() == (
        "main:2: blob.put: the operation with its arguments has 65537 bytes or more (limit: messageBytes of 64 KiB)"
    )
    assert failed.traceback.decode() == "main:2: in f\nmain:4: in the main chunk"


@pytest.mark.parametrize(
    ("limit", "shown"), [(LEAST, "64 KiB"), (1 << 20, "1 MiB"), (1000 * KIB, "1000 KiB"), (65537, "65537 bytes")]
)
def test_the_limit_is_named_as_people_write_it(limit: int, shown: str) -> None:
    """An amount of whole MiB or KiB is told as such."""
    error = run("blob.put('a', ('x'):rep(2^21))", environment={"messageBytes": limit}).error
    assert error.endswith(f"(limit: messageBytes of {shown})")


@pytest.mark.parametrize(
    "source",
    [
        f"pcall({PUT[:8]}, 'a', ('x'):rep(2^16))",
        f"pcall(pcall, function() {PUT} end)",
        f"xpcall(function() {PUT} end, log)",
        f"try(function() {PUT} end)",
        f"coroutine.resume(coroutine.create(function() {PUT} end))",
        f"pcall(coroutine.wrap(function() pcall(function() {PUT} end) log('inside') end))",
        f"pcall(parallel.each, {{1, 2}}, function() pcall(function() {PUT} end) log('inside') end)",
        f"pcall(table.sort, {{2, 1}}, function() {PUT} end)",
        f"pcall(string.gsub, 'a', 'a', function() {PUT} end)",
        f"setmetatable(_G, {{__index = function() {PUT} end}}) pcall(function() return nosuch end)",
        f"load(function() {PUT} end)",
        "pcall(tag.ls, 'a', {last = ('x'):rep(2^16)})",
    ],
)
def test_it_cannot_be_caught(source: str) -> None:
    """Nothing of the script runs on, whatever was to catch an error, nor is the operation called."""
    done = small(f"{source} log('survived')")
    assert (done.failed.reason, done.logs, done.calls) == (Reason.MESSAGE, [], [])


def test_control() -> None:
    """An operation that just fits is called, and its frame is one that the supervisor takes."""
    source = "for i = 1, 200 do blob.put('a', ('x'):rep(%d)) end"
    room = LEAST - 15 - len(b"\xa8blob.put\x01\xc5\0\0\x92\xc4\x01a\xc5\0\0")
    calls = [message for message in small(source % room).messages if isinstance(message, Call)]
    assert max(len(frames.encode(call)) - frames.HEADER.size for call in calls) <= LEAST
    assert small(source % (room + 1)).failed.reason is Reason.MESSAGE


LARGE: Final = """
    local fields = {} for i = 1, 16 do fields[('f'):rep(62) .. (i + 10)] = ('\\226\\152\\131'):rep(2000) end
    logger.error(('x'):rep(2^21), fields) log(('x'):rep(2^21)) print(('x'):rep(2^15), ('x'):rep(2^16))"""


@pytest.mark.parametrize("limit", [LEAST, 1 << 20, 16 << 20])
def test_a_message_for_the_log_is_cut_to_fit(limit: int) -> None:
    """However much is logged at once, it fits into a message, and the text says that it was cut."""
    environment = {"messageBytes": limit, "logBytes": 1 << 30}
    messages = run(LARGE, environment=environment).messages[:-1]
    assert [len(frames.encode(message)) - frames.HEADER.size <= limit for message in messages] == [True] * 3
    first, second, _ = (message for message in messages if isinstance(message, Log))
    assert first.text.endswith(" … (2097152 bytes in all)".encode())
    assert second.text.endswith(" … (2097152 bytes in all)".encode())


def test_the_last_word_fits() -> None:
    """The end of a run is told within the least message, however long its error and its traceback are."""
    source = "local function f(n) if n == 0 then error(('x'):rep(2^20)) end return (f(n - 1)) end f(100)"
    done = run(source, name="n" * 200, environment={"messageBytes": LEAST})
    assert len(frames.encode(done.messages[-1])) < LEAST


@pytest.mark.parametrize("most", [1, 3])
def test_in_flight(most: int) -> None:
    """No more operations are in flight than allowed, and the results are in the order of the list."""
    source = """local l = {} for i = 1, 20 do l[i] = 'a/' .. i end
        print(unpack(parallel.map(l, function(x) return tag.ls(x) .. x end)))"""
    run_with = partial(run, source, {"tag.ls": lambda given: given[0]}, environment={"inFlight": most})
    for choose in (lambda calls: calls[0], lambda calls: calls[-1]):
        done = run_with(choose=choose)
        assert done.logs == ["\t".join(2 * f"a/{i}" for i in range(1, 21))]
        assert done.most_open == most

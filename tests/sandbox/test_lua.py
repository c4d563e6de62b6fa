"""The contract between the child's Python and a script's state: bodies of frames in, bodies of frames out."""

from __future__ import annotations

import pytest
from lupa import luajit21

from regbot.protocol import frames, values
from regbot.protocol.messages import Call, Done, Failed, Log, Reason, Result
from regbot.sandbox import lua
from tests.sandbox.scripted import Refused, body, error_of, logs, prelude, run, start


def test_the_first_answer_is_a_frame_to_send() -> None:
    """A log message goes out at once, before the script goes on."""
    script = lua.Script(prelude())
    assert frames.decode(script.resume(start("log('one') log('two')")) or b"") == Log("info", b"one", b"\x80")


def test_an_empty_answer_asks_for_a_frame() -> None:
    """After a call was sent, the driver wants the answer to it."""
    script = lua.Script(prelude())
    script.resume(start("tag.ls('a/b')"))
    assert script.resume(b"") == b""


def test_over() -> None:
    """After the last frame there is nothing more, however often one asks."""
    script = lua.Script(prelude())
    assert frames.decode(script.resume(start("")) or b"") == Done()
    assert [script.resume(b""), script.resume(b"")] == [None, None]


def test_a_call_names_operation_line_and_arguments() -> None:
    """A call carries the script's line and the payload of its arguments."""
    (call, _) = run("\n\ntag.ls('a/b')", {"tag.ls": lambda _: []}).messages
    assert call == Call(1, "tag.ls", 3, values.pack([b"a/b"]))


def test_numbers_rise() -> None:
    """Each call has a number greater than the last one's, failed calls among them."""

    def refuse(_: object) -> None:
        raise Refused("no")

    messages = run("for _ = 1, 3 do pcall(tag.ls, 'a/b') end", {"tag.ls": refuse}).messages
    assert [message.number for message in messages if isinstance(message, Call)] == [1, 2, 3]


def test_a_failure_is_an_error_at_the_line_of_the_call() -> None:
    """A failed operation raises the supervisor's sentence where the script called it."""

    def refuse(_: object) -> None:
        raise Refused("the registry said no")

    assert error_of("\ntag.ls('a/b')", {"tag.ls": refuse}) == "main:2: the registry said no"


def test_an_answer_to_nothing_is_our_bug() -> None:
    """An answer to a call that nobody made is no error of the script: the driver ends with ours."""
    script = lua.Script(prelude())
    script.resume(start("tag.ls('a/b')"))
    script.resume(b"")
    with pytest.raises(luajit21.LuaError, match="which nothing waits for"):
        script.resume(body(Result(7, values.pack(None))))


@pytest.mark.parametrize("source", [b"\x1bLJ\x02\x02\x05", b"\x1bLua", b"\xef\xbb\xbf\x1bLJ\x02", b"#!\n\x1bLJ\x02"])
def test_bytecode_is_refused(source: bytes) -> None:
    """A script of bytecode is not loaded, whichever dialect it is of and whatever stands before it."""
    assert run(source).failed.reason is Reason.SYNTAX


def test_syntax_error() -> None:
    """A script that is no Lua fails with its name and line, and nothing of it runs."""
    end = run("log('x')\nif then end", name="nightly").messages
    assert end == [Failed(Reason.SYNTAX, b"nightly:2: unexpected symbol near 'then'", b"", 0)]


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ('log "Found tag " .. t', 'log("Found tag " .. t)'),
        ("  log 'a' .. b", "log('a' .. b)"),
        ("log [[a]] .. b", "log([[a]] .. b)"),
        ("if t then log 'a' .. b end", 'log("text " .. value)'),
    ],
)
def test_concatenation_without_parentheses(line: str, remedy: str) -> None:
    """The commonest mistake is answered with what to write."""
    assert error_of(f"local t\n{line}\n") == f"main:2: unexpected symbol near '..'; write {remedy}"


def test_a_name_cannot_break_a_line() -> None:
    """A script's name with control characters is shown without them."""
    assert run("error('x')", name="a\nb").error == "a?b:1: x"


def test_a_name_like_ours() -> None:
    """A script that is named like a file of the prelude is still the script to its errors."""
    assert run("log()", name="[regbot driver]").error.startswith("?:1: log: ")


def test_random_numbers_are_seeded() -> None:
    """The same seed gives the same numbers, another one others."""
    draws = [logs("log(math.random(2^30))", environment={"seed": seed}) for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]


def test_states_share_nothing() -> None:
    """What one script leaves behind another does not find."""
    run("shared = 1; string.shared = 1; math.shared = 1")
    assert logs("log(tostring(shared or string.shared or math.shared))") == ["nil"]


def test_no_look_at_python_is_granted() -> None:
    """A Python object that got into a state would show nothing of itself."""
    with pytest.raises(AttributeError):
        lua.new_runtime().execute(b"return (...).__class__", object())

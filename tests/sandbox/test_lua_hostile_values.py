"""Values that were made to hurt, in every place of every function that a script can call (hostile.lua)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from regbot.protocol.messages import Done, Log
from tests.sandbox.scripted import DIGEST, Refused, blob, config, error_of, logs, manifest, reference, required, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from regbot.protocol.values import Value
    from tests.sandbox.scripted import Answers, Arguments

HOSTILE: Final = Path(__file__).with_name("hostile.lua").read_text("utf-8")


def patient(answer: Callable[[Arguments], Value]) -> Callable[[Arguments], Value]:
    """Return *answer*, which refuses what it cannot read, as an operation does."""

    def guarded(arguments: Arguments) -> Value:
        try:
            return answer(arguments)
        except (AssertionError, AttributeError, UnicodeDecodeError, ValueError) as exc:
            raise Refused("that is no such thing") from exc

    return guarded


KNOWN: Final[Answers] = {
    "blob.content": lambda _: b"content",
    "blob.get": lambda _: blob(),
    "blob.head": lambda _: blob(),
    "blob.put": lambda _: {"digest": DIGEST, "size": 7},
    "image.config": lambda _: config('{"architecture": "amd64"}'),
    "image.copy": lambda _: None,
    "image.created": lambda _: 1,
    "image.exportTar": lambda _: None,
    "image.importTar": lambda _: None,
    "image.ratelimitWait": lambda _: True,
    "manifest.delete": lambda _: None,
    "manifest.export": lambda _: manifest("{}"),
    "manifest.get": lambda _: manifest('{"layers": []}'),
    "manifest.getList": lambda _: manifest("{}"),
    "manifest.head": lambda _: manifest(None),
    "manifest.put": lambda _: None,
    "reference.new": reference,
    "referrer.ls": lambda _: [],
    "repo.ls": lambda _: [b"a"],
    "require": required({}),
    "tag.delete": lambda _: None,
    "tag.ls": lambda _: [b"a"],
}
ANSWERS: Final = {name: patient(answer) for name, answer in KNOWN.items()}

LEAKS: Final = """
    function try_this.address() error("table: 0x7f5a12345678") end
    function try_this.ours() error("[regbot wire]:3: x") end
    function try_this.endless() while true do coroutine.yield() end end
    function try_this.shown() return "function: 0x7f5a12345678" end"""
"""Functions that do what none may."""


def findings(before: str = "") -> tuple[int, set[str]]:
    """Return how many calls hostile.lua made, and of what it found something wrong with."""
    done = run(f"{before}\n{HOSTILE}", ANSWERS)
    assert isinstance(done.messages[-1], Done), done.messages[-1]
    count, found = [message.text.decode("latin-1") for message in done.messages if isinstance(message, Log)][-2:]
    return int(count.split()[0]), {line.split(" with ")[0] for line in found.splitlines()}


def test_every_function() -> None:
    """Every call of every function ends, with results or with a text, which shows no address and no line of ours."""
    calls, found = findings()
    assert found == set()
    assert calls > 40_000


def test_control() -> None:
    """Functions that show an address or a line of ours, or do not end, would be found."""
    _, found = findings(f"try_this = {{}} {LEAKS}")
    assert found == {f"try_this.{name}" for name in ("address", "ours", "endless", "shown")}


WIDE: Final = "local t = {} for i = 1, 1e6 do t[i] = 'x' end "


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("image.copy('a/b', 'a/c', {platforms = t})", "main:1: the arguments hold more than 100000 values"),
        ("parallel.each(t, log)", "main:1: parallel.each: the list has more than 100000 entries"),
        (
            "log('x', t) logger.info('x', t)",
            "main:1: logger.info: the name of a field should be a string, not a number",
        ),
        (
            "tag.ls(t)",
            "main:1: tag.ls: the repository should be a string, a reference, a manifest or",
        ),
        ("string.char(unpack(t, 1, 1e6))", "main:1: too many results to unpack"),
        ("json = require('json') json.encode({t, t, t})", "main:1: json.encode: the value would have more than"),
    ],
)
def test_a_wide_table(call: str, text: str) -> None:
    """A table of a million entries is refused, or used with a bound that the error names."""
    assert error_of(WIDE + call, ANSWERS).startswith(text)


def test_a_wide_table_is_shown_in_part() -> None:
    """What the log and `tostring` show of a table does not grow with it."""
    assert logs(f"{WIDE} print(t)") == ["table: #1"]

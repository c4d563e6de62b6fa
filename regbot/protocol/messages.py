"""The closed set of messages between supervisor and child, and their one form on the wire.

A message is a msgpack list: its name, then its fields in the order below.  Text that a script may have made travels as
bytes, because Lua's strings are bytes.  A *payload* is msgpack of its own (values.py), opaque here: the arguments of an
operation, its result, or the description of its failure.

The other end of this vocabulary is Lua (sandbox/prelude/driver.lua), and a taken-over child writes what it likes:
`parse` trusts no type, length or number.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum
from typing import Final, TypeAlias

from regbot.protocol.errors import WireError

MAX_NAME: Final = 256
"""Bytes of a script's, an operation's or a level's name."""
MAX_TEXT: Final = 64 << 10
"""Bytes of a last word, and of its traceback: the prelude cuts both far below."""
MAX_LINE: Final = 1 << 31
MAX_NUMBER: Final = 1 << 53
"""Lua counts calls in doubles."""
MAX_AMOUNT: Final = 1e300
"""Of which a run can add up many before they are beyond every number."""


class Reason(Enum):
    """Why a script failed, as its own child saw it."""

    ERROR = "error"
    """An error that the script did not catch."""
    SYNTAX = "syntax"
    """The source is no Lua 5.1."""
    MEMORY = "memory"
    """The memory limit was met."""
    MESSAGE = "message"
    """It asked for an operation that, with its arguments, is over the limit of a message."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Child: the doors are locked, send the script."""


@dataclass(frozen=True, slots=True)
class Start:
    """Supervisor: run this.  *environment* is a payload for the prelude (seed of random numbers; compile only)."""

    name: str
    source: bytes
    environment: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """Child: do this operation.  *number* rises from call to call, *line* is the script's (0: not known)."""

    number: int
    operation: str
    line: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Log:
    """Child: a message of the script for the log, at a level of the table in supervisor/logs.py.

    *fields* is a payload: a map of names to texts, numbers and booleans.
    """

    level: str
    text: bytes
    fields: bytes


@dataclass(frozen=True, slots=True)
class Metric:
    """Child: add *amount*, finite and not negative, to a counter of this run."""

    name: str
    amount: float


@dataclass(frozen=True, slots=True)
class Cancel:
    """Child: nobody wants the result of call *number* any more.  It is answered all the same, if it was not yet."""

    number: int


@dataclass(frozen=True, slots=True)
class Result:
    """Supervisor: call *number* succeeded."""

    number: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Failure:
    """Supervisor: call *number* failed; the payload is a map with at least `message`."""

    number: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Done:
    """Child: the script came to its end."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Child: the script did not; *text* says why, *traceback* where.  *call* is the one whose failure it was, or 0."""

    reason: Reason
    text: bytes
    traceback: bytes
    call: int


_REASONS: Final = frozenset(reason.value for reason in Reason)

Message: TypeAlias = Ready | Start | Call | Cancel | Log | Metric | Result | Failure | Done | Failed

_NAMES: Final[dict[type[Message], str]] = {
    Ready: "ready",
    Start: "start",
    Call: "call",
    Cancel: "cancel",
    Log: "log",
    Metric: "metric",
    Result: "result",
    Failure: "failure",
    Done: "done",
    Failed: "failed",
}


# dataclasses.astuple() would copy every payload.
_FIELDS: Final = {kind: tuple(each.name for each in fields(kind)) for kind in _NAMES}


def unparse(message: Message) -> list[object]:
    """Return the list that stands for *message*."""
    values = [getattr(message, name) for name in _FIELDS[type(message)]]
    return [_NAMES[type(message)], *(value.value if isinstance(value, Enum) else value for value in values)]


def parse(raw: object) -> Message:  # noqa: C901, PLR0911 -- one case and one return a message
    """Return the message that *raw* stands for; WireError if there is none."""
    match raw:
        case ["call", number, str(operation), line, bytes(payload)]:
            return Call(_number(number), _name(operation), _bounded(line, MAX_LINE), payload)
        case ["cancel", number]:
            return Cancel(_number(number))
        case ["log", str(level), bytes(text), bytes(fields)]:
            return Log(_name(level), text, fields)
        case ["metric", str(name), amount]:
            return Metric(_name(name), _amount(amount))
        case ["result", number, bytes(payload)]:
            return Result(_number(number), payload)
        case ["failure", number, bytes(payload)]:
            return Failure(_number(number), payload)
        case ["ready"]:
            return Ready()
        case ["start", str(name), bytes(source), bytes(environment)]:
            return Start(_name(name), source, environment)
        case ["done"]:
            return Done()
        case ["failed", str(reason), bytes(text), bytes(traceback), call] if reason in _REASONS:
            return Failed(Reason(reason), _text(text), _text(traceback), _number(call))
    raise WireError("not a message")


def _bounded(value: object, limit: int) -> int:
    # True is an int, and equals 1, too.
    if type(value) is not int or not 0 <= value <= limit:
        raise WireError("a number of a message is none, or out of bounds")
    return value


def _number(value: object) -> int:
    return _bounded(value, MAX_NUMBER)


def _amount(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MAX_AMOUNT:
        return float(value)
    raise WireError("an amount of a message is none, or out of bounds")


def _text(value: bytes) -> bytes:
    if len(value) > MAX_TEXT:
        raise WireError("a last word is too long")
    return value


def _name(value: str) -> str:
    if len(value.encode("utf-8", "surrogatepass")) > MAX_NAME:
        raise WireError("a name of a message is too long")
    return value

"""Payloads: the values that operations take and give, as msgpack with bounds.

A Lua string travels as msgpack `bin`, so text arrives in the supervisor as bytes and is decoded where it gets a
meaning; only the keys of a map are text already.  Towards Lua, text and bytes both become Lua strings, lone surrogates
(JSON may hold them) their three bytes, and integers beyond 64 bits floats.  Only the supervisor uses this module: Lua's
half is sandbox/prelude/codec/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias, cast

import msgpack

from regbot.protocol.errors import WireError

Value: TypeAlias = bool | int | float | str | bytes | Sequence["Value"] | Mapping[str, "Value"] | None

MAX_DEPTH: Final = 64
"""Lists and maps inside each other, with the value inside the last of them."""
MAX_VALUES: Final = 100_000
"""Values in a payload from a child, in all lists and maps together: few bytes can stand for many objects."""


def pack(value: Value) -> bytes:
    """Return the payload of *value*; WireError if it is nested deeper than Lua's half reads."""
    try:
        packed: bytes = msgpack.packb(_prepared(value, MAX_DEPTH), unicode_errors="surrogatepass")
    except (ValueError, TypeError, OverflowError) as exc:
        raise WireError(f"a value has no payload: {exc}") from exc
    return packed


class TooMany(WireError):
    """A payload is of more values than it may be.  What the prelude refuses far later, a script may have asked for."""


def unpack(payload: bytes, most: int = MAX_VALUES) -> Value:
    """Return the value of a payload from a child; WireError if it is none or too deep, TooMany beyond *most* values."""
    reader = _Reader(payload, most)
    try:
        value = reader.read(MAX_DEPTH)
    except (ValueError, IndexError, msgpack.UnpackException) as exc:
        raise WireError("a payload is not msgpack, or of values that have no meaning") from exc
    if reader.position != len(payload):
        raise WireError("a payload holds more than one value")
    return value


class _Reader:
    """Reads lists and maps entry by entry: msgpack itself makes room for as many as are announced."""

    def __init__(self, payload: bytes, most: int) -> None:
        self._payload = payload
        self._values, self._most = 0, most
        self._unpacker = msgpack.Unpacker(
            max_buffer_size=max(len(payload), 1), max_array_len=0, max_map_len=0, max_ext_len=0
        )
        self._unpacker.feed(payload)

    @property
    def position(self) -> int:
        """The bytes read so far."""
        return cast("int", self._unpacker.tell())

    def read(self, depth: int) -> Value:
        """Read one value, with all that is inside it."""
        self._values += 1
        if depth == 0:
            raise WireError(f"a payload is nested deeper than {MAX_DEPTH}")
        if self._values > self._most:
            raise TooMany(f"more than {self._most} values")
        match self._payload[self.position]:
            case first if 0x90 <= first <= 0x9F or first in (0xDC, 0xDD):
                return [self.read(depth - 1) for _ in range(self._unpacker.read_array_header())]
            case first if 0x80 <= first <= 0x8F or first in (0xDE, 0xDF):
                return {self._key(): self.read(depth - 1) for _ in range(self._unpacker.read_map_header())}
        value: Value | msgpack.ExtType = self._unpacker.unpack()
        if isinstance(value, msgpack.ExtType):
            raise WireError("a payload holds an extension type")
        return value

    def _key(self) -> str:
        match self._unpacker.unpack():
            case bytes(key):
                return key.decode("utf-8", "backslashreplace")
            case str(key):
                return key
        raise WireError("a key of a map is no string")


def _prepared(value: Value, depth: int) -> Value:
    if depth == 0:
        raise WireError(f"a value is nested deeper than {MAX_DEPTH}")
    match value:
        case None | bool() | float() | str() | bytes():
            return value
        case int():
            return value if -(1 << 63) <= value < 1 << 64 else float(value)
        case Mapping():
            return {key: _prepared(item, depth - 1) for key, item in value.items()}
        case _:
            return [_prepared(item, depth - 1) for item in value]

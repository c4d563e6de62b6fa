"""Payloads: the values that operations take and give, as msgpack with bounds.

A Lua string travels as msgpack `bin`, so text arrives in the supervisor as bytes and is decoded where it gets a meaning.
Towards Lua, text and bytes both become Lua strings; integers beyond 64 bits become floats.  Only the supervisor uses this
module: Lua's half is sandbox/prelude/codec.lua.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import msgpack

from regbot.protocol.errors import WireError

Value: TypeAlias = None | bool | int | float | str | bytes | Sequence["Value"] | Mapping[str, "Value"]

MAX_DEPTH: Final = 64
MAX_ITEMS: Final = 100_000
"""Entries of one list or map."""


def pack(value: Value) -> bytes:
    """Return the payload of *value*; WireError if it is nested deeper than Lua's half reads."""
    try:
        packed: bytes = msgpack.packb(_sized(value, MAX_DEPTH), use_bin_type=True)
    except (ValueError, TypeError, OverflowError) as exc:
        raise WireError(f"a value has no payload: {exc}") from exc
    return packed


def unpack(payload: bytes) -> Value:
    """Return the value of a payload from a child; WireError if it is none, too deep or too wide."""
    try:
        value: Value = msgpack.unpackb(
            payload,
            raw=False,
            strict_map_key=True,
            max_array_len=min(MAX_ITEMS, len(payload)),
            max_map_len=min(MAX_ITEMS, len(payload)),
            max_ext_len=0,
        )
    except (ValueError, msgpack.UnpackException, RecursionError, TypeError) as exc:
        raise WireError("a payload is not msgpack, or too much of it") from exc
    _sized(value, MAX_DEPTH)
    return value


def _sized(value: Value, depth: int) -> Value:
    if depth == 0:
        raise WireError(f"a value is nested deeper than {MAX_DEPTH}")
    match value:
        case None | bool() | float() | str() | bytes():
            return value
        case int():
            return value if -(1 << 63) <= value < 1 << 64 else float(value)
        case Mapping():
            return {key: _sized(item, depth - 1) for key, item in value.items()}
        case _:
            return [_sized(item, depth - 1) for item in value]

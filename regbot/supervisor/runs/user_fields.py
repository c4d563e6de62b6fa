"""Fields that a script gives to a log record, beside those of the record itself."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from regbot.protocol.errors import WireError
from regbot.protocol.values import unpack

if TYPE_CHECKING:
    from regbot.protocol.values import Value

RESERVED: Final = frozenset({"time", "level", "msg", "script", "message"})
"""What a record has already."""
MAX_FIELDS: Final = 16
MAX_TEXT: Final = 4096
"""Bytes of a value."""
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def read(payload: bytes) -> Mapping[str, object]:
    """Return the fields of a payload, by name; WireError if it holds what the prelude lets no script say."""
    given = unpack(payload)
    if not isinstance(given, Mapping) or len(given) > MAX_FIELDS:
        raise WireError(f"fields of a message are no map of at most {MAX_FIELDS}")
    return {_name(name): _value(value) for name, value in sorted(given.items())}


def _name(name: str) -> str:
    if name in RESERVED or _NAME.fullmatch(name) is None:
        raise WireError(f"{name[:80]!r} can be no field of a message")
    return name


def _value(value: Value) -> object:
    match value:
        case bool() | int() | float() if math.isfinite(value):
            return value
        case bytes() if len(value) <= MAX_TEXT:
            return value.decode("utf-8", "surrogateescape")
    raise WireError("a field of a message is neither a text within bounds nor a finite number")

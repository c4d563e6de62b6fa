"""Values as JSON: the fields of their dataclasses, times as RFC 3339 in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec


def encode(value: object) -> bytes:
    """Return a value as JSON.  A byte that is no character, as `surrogateescape` makes of it, is spelled out."""
    try:
        return msgspec.json.encode(value, enc_hook=_plain)
    except UnicodeEncodeError:
        return msgspec.json.encode(_spelled(msgspec.to_builtins(value, enc_hook=_plain)))


def _plain(value: object) -> object:
    match value:
        case Mapping():
            return dict(value)
        case datetime():  # A subclass of it, such as loguru has.
            return datetime.fromtimestamp(value.timestamp(), UTC)
    raise NotImplementedError(type(value))


def _spelled(value: object) -> object:
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {_spelled(key): _spelled(each) for key, each in value.items()}
        case list() | tuple():
            return [_spelled(each) for each in value]
        case _:
            return value

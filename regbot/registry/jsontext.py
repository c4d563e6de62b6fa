"""JSON from outside, with bounds: registries, layouts and caches all hand out bytes that somebody else wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn, TypeAlias

from regbot.registry.errors import Unverified

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None
Object: TypeAlias = Mapping[str, "Json"]

MAX_VALUES: Final = 250_000
"""Values of one document: what 8 MiB of it may cost in memory is bounded by their number, not by their bytes."""
MAX_DEPTH: Final = 60
"""Lists and objects in one another; a payload for a script holds a few more."""


def parse_object(text: bytes, what: str) -> Object:
    """Return the JSON object that *text* holds; Unverified, which names *what*, if it holds none or too much of it.

    Of several members of one name the last counts, as in Go's decoder.
    """
    document = _parse(text, what)
    if not isinstance(document, dict):
        raise Unverified(f"{what} is no JSON object", code="INVALID_JSON")
    return document


def parse_list(text: bytes, what: str) -> Sequence[Json]:
    """Return the JSON array that *text* holds; Unverified as of `parse_object`."""
    document = _parse(text, what)
    if not isinstance(document, list):
        raise Unverified(f"{what} is no JSON array", code="INVALID_JSON")
    return document


def _parse(text: bytes, what: str) -> Json:
    if text.count(b",") + text.count(b"{") + text.count(b"[") > MAX_VALUES:
        raise Unverified(f"{what} has more than {MAX_VALUES} values", code="TOO_LARGE")
    try:
        document: Json = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as exc:
        raise Unverified(f"{what} is no JSON: {exc}", code="INVALID_JSON") from exc
    if _depth(document) > MAX_DEPTH:
        raise Unverified(f"{what} is nested deeper than {MAX_DEPTH}", code="INVALID_JSON")
    return document


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")


def _depth(document: Json) -> int:
    """Return how deep lists and objects are nested, level by level: whatever their depth, without recursion."""
    depth, level = 0, [document]
    while level:
        depth += 1
        inner = [item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list)]
        level = [value for values in inner for value in values]
    return depth

"""What requests may say: the parameters of their URLs, and their bodies."""

from __future__ import annotations

from typing import Annotated, Final, TypeVar
from urllib.parse import parse_qsl

import msgspec

from regbot.web.problems import Problem

MAX_NUMBER: Final = (1 << 53) - 1
"""The largest number that every reader of JSON takes as it is (RFC 8259, 6)."""
MAX_PAGE: Final = 500
"""Runs that are given at once."""

Number = Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)]
T = TypeVar("T")


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No parameters, or an object without members."""


class Runs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which runs."""

    script: Annotated[str, msgspec.Meta(description="Of this script only.")] = ""
    before: Annotated[Number, msgspec.Meta(description="With numbers below this one; 0: the latest.")] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_PAGE, description="So many at most.")] = 50


class After(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known already."""

    after: Annotated[Number, msgspec.Meta(description="Without the first so many.")] = 0


class Resumption(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a stream goes on."""

    after: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^(?:[0-9]{1,15}\.[0-9]{1,15}\.[0-9]{1,15})?$",
            description="The id of the last event that was heard; the header Last-Event-ID goes before it.",
        ),
    ] = ""


class Start(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a run is made."""

    dry_run: Annotated[bool, msgspec.Meta(description="Whether nothing is written to registries.")] = False


def parameters(query: bytes, kind: type[T]) -> T:
    """Read the parameters behind "?"; Problem for one that is not known, comes twice, or has no such value."""
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError as exc:
        raise Problem(400, "the parameters of the URL are not encoded as they should be: UTF-8, %-escaped") from exc
    if len(dict(pairs)) != len(pairs):
        raise Problem(400, "a parameter of the URL stands there twice")
    return _converted(dict(pairs), kind, "a parameter of the URL")


def content(body: bytes, kind: type[T]) -> T:
    """Read a body, none being an empty object; Problem if it is no JSON, or not of that kind."""
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except msgspec.ValidationError as exc:
        raise Problem(422, f"the body: {exc}") from exc
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise Problem(400, f"the body is no JSON: {exc}") from exc


def resumption(header: str | None, query: Resumption) -> tuple[int, int, int]:
    """Return how many lines, operations and changes were heard of already."""
    if header:
        query = _converted({"after": header}, Resumption, "the header Last-Event-ID")
    if not query.after:
        return 0, 0, 0
    lines, steps, changes = map(int, query.after.split("."))
    return lines, steps, changes


def _converted(named: dict[str, str], kind: type[T], what: str) -> T:
    try:
        return msgspec.convert(named, kind, strict=False)
    except msgspec.ValidationError as exc:
        raise Problem(400, f"{what}: {exc}") from exc

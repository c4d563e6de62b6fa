"""Options of operations: tables in which each name may be left out, to values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from regbot.registry.copying.options import CopyOptions, IfExists, Referrers
from regbot.supervisor.operations.arguments import InvalidArgument, boolean, count, kind, table, text

if TYPE_CHECKING:
    from regbot.protocol.values import Value

MAX_PLATFORMS: Final = 100
"""Platforms that one copy names."""
_COPY: Final = (
    "digestTags",
    "fastCheck",
    "forceRecursive",
    "ifExists",
    "includeExternal",
    "platforms",
    "referrers",
)


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a listing: *limit* names (0: all) after *last*."""

    limit: int
    last: str


def page(value: Value) -> Page:
    """Return which part of a listing is wanted."""
    given = table("limit", "last")(value)
    return Page(count(given.get("limit", 0)), text(given.get("last", b"")))


def missing_ok(value: Value) -> bool:
    """Return whether what is to be deleted may be missing."""
    return boolean(table("missingOk")(value).get("missingOk", False))


def artifact_type(value: Value) -> str:
    """Return of which type referrers are wanted, "" for all."""
    return text(table("artifactType")(value).get("artifactType", b""))


def copy(value: Value) -> CopyOptions:
    """Return how to copy."""
    given = table(*_COPY)(value)

    def flag(name: str) -> bool:
        return boolean(given.get(name, False))

    return CopyOptions(
        force_recursive=flag("forceRecursive"),
        include_external=flag("includeExternal"),
        digest_tags=flag("digestTags"),
        fast_check=flag("fastCheck"),
        platforms=_platforms(given.get("platforms", ())),
        referrers=_referrers(given.get("referrers", False)),
        if_exists=_if_exists(given.get("ifExists", b"replace")),
    )


def _platforms(value: Value) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes) or len(value) > MAX_PLATFORMS:
        raise InvalidArgument(f"platforms are a list of at most {MAX_PLATFORMS} strings, not {kind(value)}")
    return tuple(text(each) for each in value)


def _referrers(value: Value) -> Referrers | None:
    if isinstance(value, bool):
        return Referrers() if value else None
    return Referrers(artifact_type(value))


def _if_exists(value: Value) -> IfExists:
    word = text(value)
    try:
        return IfExists(word)
    except ValueError:
        known = ", ".join(each.value for each in IfExists)
        raise InvalidArgument(f'ifExists is one of {known}, not "{word[:80]}"') from None

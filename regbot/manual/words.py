"""The types of the description in words, for those who read the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from regbot.manual.lines import split_at

if TYPE_CHECKING:
    from regbot.manual.model import Manual

_NAMES: Final = {
    "any": "anything",
    "boolean": "true or false",
    "integer": "whole number",
    "ConfigDescriptor": "descriptor",
    "ErrorObject": "error object",
    "Execution": "table",
    "FilePath": "file",
    "Healthcheck": "table",
    "History": "table",
    "JsonNumber": "exact number",
    "PlatformName": "platform",
    "R": "anything",
    "RateLimit": "rate limit",
    "RetentionItem": "item",
    "RetentionResult": "item",
    "RootFS": "table",
    "T": "anything",
    "Versioned": "table",
}
"""What types are called, where that is not their own name."""
_LINKS: Final = {
    "Blob": "#blobs",
    "Config": "#configs",
    "ConfigDescriptor": "#descriptors-and-platforms",
    "Descriptor": "#descriptors-and-platforms",
    "Duration": "#naming-images",
    "ErrorObject": "#errors",
    "FilePath": "#naming-images",
    "Image": "#naming-images",
    "Manifest": "#manifests",
    "Platform": "#descriptors-and-platforms",
    "PlatformName": "#naming-images",
    "RateLimit": "#pull-quotas",
    "Reference": "#references",
}
"""Where the page tells of the objects that functions take and return."""


def words(manual: Manual, kind: str) -> str:
    """Return a type in words."""
    if kind.startswith("fun("):
        return "function"
    return _joined([_alternative(manual, each) for each in split_at("|", kind)])


def _joined(alternatives: list[str]) -> str:
    *first, last = alternatives
    return f"{', '.join(first)} or {last}" if first else last


def _alternative(manual: Manual, kind: str) -> str:
    if kind.endswith("?"):
        return f"{words(manual, kind[:-1])} or nil"
    if kind.endswith("[]"):
        return f"list of {_several(manual, kind[:-2])}"
    if found := re.fullmatch(r"table<string, (.*)>", kind):
        return f"table of {_several(manual, found[1])} by name"
    return f"`{kind}`" if kind.startswith('"') else _one(manual, kind)


def _one(manual: Manual, kind: str) -> str:
    known = manual.classes.get(kind)
    if known and known.is_options:
        return "table"
    name = _NAMES.get(kind, kind.lower())
    return f"[{name}]({_LINKS[kind]})" if kind in _LINKS else name


def _several(manual: Manual, kind: str) -> str:
    """Return a type in the plural; alternatives may be in parentheses."""
    return _joined([_plural(_one(manual, each)) for each in split_at("|", kind.strip("()"))])


def _plural(name: str) -> str:
    if name in {_NAMES["any"], _NAMES["boolean"]}:
        return name
    return name.replace("]", "s]", 1) if name.startswith("[") else f"{name}s"

"""The types of the description in words, for those who read the page: with links to where it tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from regbot.manual import kinds

if TYPE_CHECKING:
    from regbot.manual.model import Manual

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
    return kinds.words(manual, kind, _shown)


def _shown(kind: str, name: str) -> str:
    if kind.startswith('"'):
        return f"`{name}`"
    return f"[{name}]({_LINKS[kind]})" if kind in _LINKS else name

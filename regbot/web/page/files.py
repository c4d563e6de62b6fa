"""The files of the page, read once: names, bytes, content types, entity tags."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

SHELL: Final = "index.html"
"""The file that is served at `/`; the others are served at `/page/NAME`, where it names them."""

_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its bytes, what they are, and a tag that changes with them (RFC 9110, 8.8.3)."""

    content: bytes
    content_type: str
    etag: str


@cache
def assets() -> Mapping[str, Asset]:
    """Return the files by name."""
    found = (file for file in files(__package__).iterdir() if file.name.rpartition(".")[2] in _TYPES)
    return {file.name: _asset(file.name, file.read_bytes()) for file in found}


def _asset(name: str, content: bytes) -> Asset:
    return Asset(content, _TYPES[name.rpartition(".")[2]], f'"{sha256(content).hexdigest()[:32]}"')

"""Arguments of operations: from what a child sent to values that cannot be wrong.

A script's own mistakes are told in its language by the prelude; what arrives here may also come from a child that
somebody took over, so every shape is checked again and no name is looked up but in a table.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from regbot.config.durations import parse_duration
from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import Unverified
from regbot.registry.manifest import Manifest
from regbot.registry.reference import Reference, Repository

if TYPE_CHECKING:
    from regbot.protocol.values import Value

MAX_TEXT: Final = 4096
"""Bytes of a reference, platform, duration or option."""
MAX_CONTENT: Final = 8 << 20
"""Bytes of a blob that a script hands over or gets."""
MAX_COUNT: Final = 1 << 53
"""The largest whole number that Lua has."""


class InvalidArgument(ValueError):
    """An argument of a call has the wrong type, or a value that means nothing."""


Parser: TypeAlias = Callable[["Value"], object]


@dataclass(frozen=True, slots=True)
class Image:
    """An image as a script names it: a reference, and the digest of the manifest that was got by it, if one was."""

    reference: Reference
    digest: Digest | None = None

    @property
    def pinned(self) -> Reference:
        """The reference of that very manifest, whatever the tag points at by now."""
        return self.reference.at(self.digest) if self.digest else self.reference

    def __str__(self) -> str:
        return str(self.reference)


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob as a script names it: where it is, and what was said of it when it was looked at."""

    repository: Repository
    descriptor: Descriptor


def text(value: Value) -> str:
    """Return a string argument."""
    if isinstance(value, bytes) and len(value) <= MAX_TEXT:
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise InvalidArgument("a text is not UTF-8") from None
    raise InvalidArgument(f"a string of at most {MAX_TEXT} bytes was expected, got {kind(value)}")


def image(value: Value) -> Image:
    """Return an image given by its reference, or by an object that was got from the registry."""
    if isinstance(value, Mapping):
        parts = table("reference", "digest")(value)
        return Image(Reference.parse(text(parts.get("reference"))), Digest.parse(text(parts.get("digest"))))
    return Image(Reference.parse(text(value)))


def source(value: Value) -> Image | Manifest:
    """Return what is to be stored as a manifest: one with its bytes, or the image whose manifest it is."""
    if not isinstance(value, Mapping) or "body" not in value:
        return image(value)
    # The reference only says in an error what was being done.
    parts = table("reference", "mediaType", "body")(value)
    try:
        return Manifest.read(_bytes(parts.get("body")), media_type=text(parts.get("mediaType")))
    except Unverified as exc:
        raise InvalidArgument(str(exc)) from exc


def blob(value: Value) -> Blob:
    """Return a blob that was looked at; its size is absent where nobody said."""
    if not isinstance(value, Mapping):
        raise InvalidArgument(f"a blob was expected, got {kind(value)}")
    parts = table("reference", "size")(value)
    reference = Reference.parse(text(parts.get("reference")))
    if reference.digest is None:
        raise InvalidArgument("a blob was expected, got a reference without a digest")
    size = -1 if parts.get("size") is None else count(parts.get("size"))
    return Blob(reference.repository, Descriptor("application/octet-stream", reference.digest, size))


def content(value: Value) -> bytes | Blob:
    """Return what is to be stored as a blob: bytes, or a blob that is somewhere."""
    return blob(value) if isinstance(value, Mapping) else _bytes(value)


def digest(value: Value) -> Digest:
    """Return a digest."""
    return Digest.parse(text(value))


def duration(value: Value) -> float:
    """Return the seconds of a Go duration that is a time to wait."""
    seconds = parse_duration(text(value))
    if seconds <= 0:
        raise InvalidArgument("a duration longer than 0s was expected")
    return seconds


def number(value: Value) -> float:
    """Return a finite number."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return value
    raise InvalidArgument(f"a number was expected, got {kind(value)}")


def count(value: Value) -> int:
    """Return a whole number that counts something."""
    found = number(value)
    if not 0 <= found <= MAX_COUNT or found != int(found):
        raise InvalidArgument(f"a whole number, 0 or more, was expected, got {found:.20g}")
    return int(found)


def boolean(value: Value) -> bool:
    """Return true or false."""
    if isinstance(value, bool):
        return value
    raise InvalidArgument(f"true or false was expected, got {kind(value)}")


def optional(parser: Parser) -> Parser:
    """Make a parser that lets nil through."""
    return lambda value: None if value is None else parser(value)


def table(*known: str) -> Callable[[Value], Mapping[str, Value]]:
    """Make a parser of a table with names: an unknown one is an error that lists the known ones."""

    def parse(value: Value) -> Mapping[str, Value]:
        # Lua has one kind of table: an empty one arrives as a list.
        if value is None or (isinstance(value, Sequence) and not isinstance(value, str | bytes) and not value):
            return {}
        if not isinstance(value, Mapping):
            raise InvalidArgument(f"a table of options was expected, got {kind(value)}")
        for name in value:
            if name not in known:
                raise InvalidArgument(f'there is no option "{name[:80]}"; there are {", ".join(known)}')
        return value

    return parse


def kind(value: Value) -> str:
    """Return what a value is, for the text of an error."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case bytes() | str():
            return f"a string of {len(value)} bytes"
    return "a table"


def _bytes(value: Value) -> bytes:
    if isinstance(value, bytes) and len(value) <= MAX_CONTENT:
        return value
    raise InvalidArgument(f"content of at most {MAX_CONTENT} bytes was expected, got {kind(value)}")

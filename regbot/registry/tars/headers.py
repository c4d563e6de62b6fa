"""The headers of a tar file (POSIX.1-2001 pax, ustar, GNU's long names), with bounds: anybody may have written it.

`tarfile` is not led over a whole archive here: it keeps every member it meets, reads an extended header into memory
whatever its size, and recurses from one to the next.  Of it we take what parses a single block, and walk ourselves.
Sparse files, devices and folders are stepped over: no image has any beside its layers.
"""

from __future__ import annotations

import re
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from regbot.registry.errors import Unverified
from regbot.registry.files.files import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_HEADERS: Final = 100_000
"""Headers of one archive, those that only extend another included."""
MAX_NAMES: Final = 8 << 20
"""Characters of all names and targets of links together."""
MAX_EXTENDED: Final = 1 << 20
"""Bytes of one extended header, as much as Go's archive/tar takes."""

_BLOCK: Final = tarfile.BLOCKSIZE
_PAX: Final = frozenset({tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE})
_LONG: Final = {tarfile.GNUTYPE_LONGNAME: "path", tarfile.GNUTYPE_LONGLINK: "linkpath"}
_KEYS: Final = frozenset({b"path", b"linkpath", b"size"})
_LENGTH: Final = re.compile(rb"([0-9]{1,7}) ")
_FILES: Final = frozenset({tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE})
_LINKS: Final = frozenset({tarfile.SYMTYPE, tarfile.LNKTYPE})
_WITHOUT_DATA: Final = _LINKS | {tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE}
_TYPE: Final = slice(156, 157)
_MORE_HOLES, _MORE_HOLES_STILL = 482, 504
"""Where the header of GNU's old sparse files, and each block that goes on with it, says that another one follows."""


class Source(Protocol):
    """Bytes of a known number that can be read anywhere.  *what* is the noun of errors."""

    @property
    def what(self) -> str:
        """What it is."""
        ...

    @property
    def size(self) -> int:
        """How many there are."""
        ...

    def read_at(self, offset: int, count: int) -> bytes:
        """Return *count* bytes from *offset* on, fewer only at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive, *size* bytes from *offset* on, or a link: then *target*, else None, is what it says."""

    name: str
    offset: int = 0
    size: int = 0
    target: str | None = None
    symbolic: bool = False


def members(source: Source, *, most: int = MAX_HEADERS) -> Iterator[Member]:
    """Yield the files and links of an archive in their order; Unverified if it is none, or has too many headers."""
    walk = _Walk(source, most)
    while (header := walk.header()) is not None:
        if header.type in _FILES:
            yield walk.named(Member(header.name, walk.data, header.size))
        elif header.type in _LINKS:
            symbolic = header.type == tarfile.SYMTYPE
            yield walk.named(Member(header.name, target=header.linkname, symbolic=symbolic))


class _Walk:
    """Goes from header to header."""

    def __init__(self, source: Source, most: int) -> None:
        self._source, self._what, self._most = source, source.what, most
        self._next, self._headers, self._characters = 0, 0, 0
        self._kind = b""
        self.data = 0
        """Where the last header's data begins."""

    def header(self) -> tarfile.TarInfo | None:
        """Return the next header that is one of a member, with what extended it; None at the end."""
        extended: dict[str, str] = {}
        while (header := self._step()) is not None:
            if header.type in _PAX:
                extended |= self._records(self._extension(header))
            elif header.type in _LONG:
                name = self._extension(header).partition(b"\0")[0]
                extended[_LONG[header.type]] = _text(name)
            elif header.type != tarfile.XGLTYPE:
                return self._apply(header, extended)
            self._pass(header)
        if extended:
            raise self._fault("ends after a header that should extend another")
        return None

    def named(self, member: Member) -> Member:
        """Return *member*, and count the characters of its names."""
        self._characters += len(member.name) + len(member.target or "")
        if self._characters > MAX_NAMES:
            raise Unverified(f"{self._what} has names of more than {MAX_NAMES} characters", code="TOO_LARGE")
        return member

    def _step(self) -> tarfile.TarInfo | None:
        """Read the next header, whatever it is; None at the end, which need not be marked."""
        block = self._source.read_at(self._next, _BLOCK)
        if not block or block == bytes(_BLOCK):
            return None
        self._headers += 1
        if self._headers > self._most:
            raise Unverified(f"{self._what} has more than {self._most} headers", code="TOO_LARGE")
        try:
            header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.HeaderError as exc:
            raise self._fault(f"has no header at byte {self._next} ({exc})") from exc
        self._kind = block[_TYPE]
        self.data = self._next + _BLOCK
        if header.type == tarfile.GNUTYPE_SPARSE:
            self._pass_holes(block)
        return header

    def _pass_holes(self, block: bytes) -> None:
        more = block[_MORE_HOLES]
        while more:
            block = self._source.read_at(self.data, _BLOCK)
            if len(block) < _BLOCK:
                raise self._fault("ends in a header")
            self.data += _BLOCK
            more = block[_MORE_HOLES_STILL]

    def _extension(self, header: tarfile.TarInfo) -> bytes:
        if not 0 <= header.size <= MAX_EXTENDED:
            what = f"{self._what} has an extended header of {header.size} bytes; at most {MAX_EXTENDED} are read"
            raise Unverified(what, code="TOO_LARGE")
        return self._source.read_at(self.data, header.size)

    def _records(self, data: bytes) -> dict[str, str]:
        """Return what we go by of a pax header: "LENGTH KEY=VALUE" and a line feed, the length that of all of it."""
        found: dict[str, str] = {}
        start = 0
        while start < len(data):
            match = _LENGTH.match(data, start)
            end = start + int(match[1]) if match else start
            key, equals, value = data[match.end() : end - 1].partition(b"=") if match else (b"", b"", b"")
            if not equals or data[end - 1 : end] != b"\n":
                raise self._fault("has an extended header that is none")
            if key in _KEYS:
                found[key.decode()] = _text(value)
            start = end
        return found

    def _apply(self, header: tarfile.TarInfo, extended: dict[str, str]) -> tarfile.TarInfo:
        header.name = extended.get("path", header.name)
        header.linkname = extended.get("linkpath", header.linkname)
        if "size" in extended:
            header.size = self._number(extended["size"])
        if self._kind == tarfile.AREGTYPE and "path" in extended:
            # A slash at the end of the name makes this kind a folder; what was parsed is only the name's beginning.
            header.type = tarfile.DIRTYPE if header.name.endswith("/") else tarfile.REGTYPE
        if header.type in _WITHOUT_DATA:
            header.size = 0  # some writers say there how large the file is that a link means
        self._pass(header)
        return header

    def _number(self, text: str) -> int:
        # More digits than any file's size has are no number to convert.
        if not (text.isascii() and text.isdecimal() and len(text) < 20):
            raise self._fault(f"says that the size of a file is {quoted(text)}")
        return int(text)

    def _pass(self, header: tarfile.TarInfo) -> None:
        """Go on behind the data of *header*, which must be there."""
        end = self.data + header.size
        if header.size < 0 or end > self._source.size:
            name = quoted(header.name)
            raise self._fault(f"has {self._source.size} bytes, and {name} in it should have {header.size} of them")
        self._next = end + -end % _BLOCK

    def _fault(self, why: str) -> Unverified:
        return Unverified(f"{self._what} is no whole tar file: it {why}", code="INVALID_TAR")


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")

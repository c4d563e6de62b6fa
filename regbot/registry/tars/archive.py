"""Tar files to read from: any member at once, in any order, as often as wanted.

Members are found by one walk over the headers; an archive that is compressed is unpacked into a file without a name
first (compression.py).  Names are keys in a table and never paths of a file system, and absolute ones, and those
with "..", are in no table.  Of two members with one name the last counts, as it does for tar.
"""

from __future__ import annotations

import os
import posixpath
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

import trio
from trio.to_thread import run_sync

from regbot.registry.errors import NotFound, RegistryError, Unverified
from regbot.registry.files.files import quoted
from regbot.registry.layouts.blobs import PIECE
from regbot.registry.tars.compression import compression_of, scratch_beside, unpack
from regbot.registry.tars.headers import members

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable
    from hashlib import _Hash
    from io import FileIO

    from regbot.registry.descriptor import Descriptor
    from regbot.registry.files.files import Files
    from regbot.registry.tars.headers import Member

_MAX_LINKS: Final = 32
"""Links that are followed to one file."""


class Disk:
    """A file, read at any byte from worker threads; satisfies tar_headers.Source.

    *what* is the noun of errors.  A thread that reads ends when its task is cancelled.
    """

    def __init__(self, file: FileIO, what: str) -> None:
        self._file, self.what = file, what
        self.size = os.fstat(file.fileno()).st_size

    def read_at(self, offset: int, count: int) -> bytes:
        """Return *count* bytes from *offset* on, fewer only at the end."""
        trio.from_thread.check_cancelled()
        try:
            return os.pread(self._file.fileno(), count, offset)
        except OSError as exc:
            raise RegistryError(f"{self.what} cannot be read: {exc.strerror}", code="UNAVAILABLE") from exc


class Archive:
    """The files in an archive, by their names."""

    def __init__(self, source: Disk, found: dict[str, Member], scratch: Callable[[], FileIO]) -> None:
        self.source, self._members, self.what = source, found, source.what
        self.scratch = scratch
        """Opens a temporary file, in a thread."""

    def find(self, name: str) -> Member:
        """Return the file of a name, at the end of all links; NotFound, or Unverified where they lead out."""
        member = self._members.get(_key(name))
        for _ in range(_MAX_LINKS):
            if member is None:
                raise NotFound(f"{self.what} has no {quoted(name)}", code="NAME_UNKNOWN")
            if member.target is None:
                return member
            member = self._members.get(self._target(member, member.target))
        raise Unverified(f"{self.what}: the links of {quoted(name)} do not end", code="INVALID_TAR")

    def has(self, name: str) -> bool:
        """Say whether there is a member of that name, a file or a link to whatever."""
        return _key(name) in self._members

    async def read(self, name: str, limit: int) -> bytes:
        """Return a file; Unverified if it has more than *limit* bytes."""
        member = self.find(name)
        if member.size > limit:
            what = f"{quoted(name)} in {self.what} has {member.size} bytes; at most {limit} are read"
            raise Unverified(what, code="TOO_LARGE")
        data = await run_sync(self.source.read_at, member.offset, member.size)
        if len(data) < member.size:
            raise _shrunk(self.what)
        return data

    def section(self, name: str, descriptor: Descriptor) -> Section:
        """Return a file as the content that *descriptor* describes; Unverified if it has another size."""
        member, what = self.find(name), f"{quoted(name)} in {self.what}"
        if member.size != descriptor.size:
            message = f"{what} has {member.size} bytes instead of {descriptor.size}"
            raise Unverified(message, code="SIZE_INVALID")
        return Section(self.source, member.offset, descriptor, what)

    def _target(self, link: Member, target: str) -> str:
        base = posixpath.dirname(link.name) if link.symbolic else ""
        if not (key := _key(posixpath.normpath(posixpath.join(base, target)))):
            what = f"{self.what}: the link {quoted(link.name)} leads out of the archive, to {quoted(target)}"
            raise Unverified(what, code="INVALID_TAR")
        return key


class Section:
    """Content that lies in a file, from *start* on; it can be opened as long as the file is, and satisfies Content.

    Its digest is checked before the last piece is given out: Unverified, which names *what*.
    """

    def __init__(self, source: Disk, start: int, descriptor: Descriptor, what: str) -> None:
        self._source, self._start, self._descriptor, self._what = source, start, descriptor, what

    @asynccontextmanager
    async def open(self, offset: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        """Stream the bytes; those before *offset* are read and dropped, since they are part of the digest."""
        pieces = self._pieces(offset)
        try:
            yield pieces
        finally:
            await pieces.aclose()

    async def _pieces(self, offset: int) -> AsyncGenerator[bytes]:
        hasher, size, done = self._descriptor.digest.hasher(), self._descriptor.size, 0
        while done < size:
            piece = await run_sync(self._read, done, hasher)
            done += len(piece)
            if done == size:
                self._check(hasher)
            if done > offset:
                yield piece[max(0, len(piece) - (done - offset)) :]
        if not size:
            self._check(hasher)

    def _read(self, done: int, hasher: _Hash) -> bytes:
        piece = self._source.read_at(self._start + done, min(PIECE, self._descriptor.size - done))
        if not piece:
            raise _shrunk(self._what)
        hasher.update(piece)
        return piece

    def _check(self, hasher: _Hash) -> None:
        digest = self._descriptor.digest
        if (found := hasher.hexdigest()) != digest.encoded:
            what = f"{self._what} should have the digest {digest} and has {digest.algorithm}:{found}"
            raise Unverified(what, code="DIGEST_INVALID")


@asynccontextmanager
async def opened(files: Files, path: str) -> AsyncIterator[Archive]:
    """Open the tar file *path*, compressed by gzip or zstd or not at all."""
    what, scratch = quoted(path), partial(scratch_beside, files, path)
    async with AsyncExitStack() as stack:
        file = stack.enter_context(await run_sync(files.open, path))
        source = Disk(file, what)
        if kind := await run_sync(compression_of, source):
            unpacked = stack.enter_context(await run_sync(scratch))
            await run_sync(unpack, source, kind, unpacked)
            source = Disk(unpacked, what)
        yield Archive(source, await run_sync(_table, source), scratch)


def _table(source: Disk) -> dict[str, Member]:
    return {key: member for member in members(source) if (key := _key(member.name))}


def _key(name: str) -> str:
    """Return the one spelling of a name in an archive; "" of one that leads out of it."""
    parts = [part for part in name.split("/") if part not in {"", "."}]
    return "" if name.startswith("/") or ".." in parts else "/".join(parts)


def _shrunk(what: str) -> Unverified:
    return Unverified(f"{what} became shorter while it was read", code="SIZE_INVALID")

"""Compressed files, unpacked and made, each into a file without a name: closing it, in whatever way, is its end.

Everything here blocks: an event loop calls it in a worker thread, which ends when its task is cancelled, since every
read asks (archive.Disk).
"""

from __future__ import annotations

import gzip
import hashlib
import importlib
import io
import posixpath
import re
import tempfile
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Protocol

from regbot.registry.digest import Digest
from regbot.registry.errors import RegistryError, Unverified
from regbot.registry.layouts.blobs import PIECE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import WriteableBuffer

    from regbot.registry.files.files import Files
    from regbot.registry.tars.headers import Source

MAX_RATIO: Final = 100
"""Bytes that one may become, beyond the floor: files become five, a bomb a thousand."""
FLOOR: Final = 1 << 30
"""Bytes that even the smallest file may become."""
MAX_UNPACKED: Final = 1 << 40
"""Bytes that not even the largest may become."""
MAX_WINDOW_LOG: Final = 23
"""Of zstd: 8 MiB of memory, what every decoder should have (RFC 8878, 3.1.1.1.2) and levels up to 19 need."""
ZSTD_LIBRARIES: Final = ("compression.zstd", "backports.zstd", "zstandard")
"""Modules that can do it, the best first; only Python 3.14 brings one."""

_MAGICS: Final = {
    "gzip": re.compile(rb"\x1f\x8b"),
    "zstd": re.compile(rb"\x28\xb5\x2f\xfd"),
    "bzip2": re.compile(rb"BZh[1-9]1AY&SY"),
    "xz": re.compile(rb"\xfd7zXZ\0"),
}
_GZIP: Final = 31
"""zlib's word for gzip with the largest window."""


class _Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


def compression_of(source: Source, start: int = 0) -> str:
    """Return what the bytes from *start* on are compressed with: gzip, zstd, bzip2, xz or "" for nothing known."""
    magic = source.read_at(start, 16)
    return next((kind for kind, form in _MAGICS.items() if form.match(magic)), "")


def scratch_beside(files: Files, path: str) -> io.FileIO:
    """Open an unnamed file in the folder of *path*; where there can be none, among the system's temporary files."""
    with suppress(RegistryError), files.folder(posixpath.dirname(path) or ".") as folder:
        return folder.scratch()
    try:
        return tempfile.TemporaryFile(buffering=0)
    except OSError as exc:
        raise RegistryError(f"there is no room for a temporary file: {exc.strerror}", code="UNAVAILABLE") from exc


def unpack(
    source: Source,
    kind: str,
    scratch: io.FileIO,
    *,
    floor: int = FLOOR,
    libraries: Sequence[str] = ZSTD_LIBRARIES,
) -> None:
    """Write what *source* holds, compressed by *kind*, to *scratch*.

    Unverified if it is broken, or becomes far more than such a file should; RegistryError if there is nothing here to
    unpack it with.
    """
    what = source.what
    limit = min(max(floor, MAX_RATIO * source.size), MAX_UNPACKED)
    reader, faults = _decompressor(source, kind, libraries)
    size = 0
    while True:
        try:
            piece = reader.read(PIECE)
        except faults as exc:
            raise Unverified(f"{what} cannot be unpacked by {kind}: {exc}", code="INVALID_TAR") from exc
        if not piece:
            return
        size += len(piece)
        if size > limit:
            said = f"{what} has {source.size} bytes and unpacks to more than {limit}; unpack it yourself if it is good"
            raise Unverified(said, code="TOO_LARGE")
        _write(scratch, piece, what)


def pack(source: Source, start: int, size: int, scratch: io.FileIO) -> tuple[Digest, Digest, int]:
    """Write part of a file to *scratch*, compressed by gzip, with nothing in it that changes from time to time.

    Return the digest of the part, and the digest and the size of what was written.  Another zlib may write other bytes.
    """
    plain, packed, written = hashlib.sha256(), hashlib.sha256(), 0
    packer = zlib.compressobj(wbits=_GZIP)

    def write(data: bytes) -> int:
        packed.update(data)
        _write(scratch, data, source.what)
        return len(data)

    for done in range(0, size, PIECE):
        piece = source.read_at(start + done, min(PIECE, size - done))
        plain.update(piece)
        written += write(packer.compress(piece))
    written += write(packer.flush())
    return Digest("sha256", plain.hexdigest()), Digest("sha256", packed.hexdigest()), written


class _Stream(io.RawIOBase):
    """A source as decompressors want it."""

    def __init__(self, source: Source) -> None:
        self._source, self._offset = source, 0

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer)
        data = self._source.read_at(self._offset, len(view))
        view[: len(data)] = data
        self._offset += len(data)
        return len(data)


def _decompressor(source: Source, kind: str, libraries: Sequence[str]) -> tuple[_Readable, tuple[type[Exception], ...]]:
    """Return what unpacks, and what it raises."""
    stream = _Stream(source)
    if kind == "gzip":
        return gzip.GzipFile(fileobj=stream, mode="rb"), (EOFError, gzip.BadGzipFile, zlib.error)
    if kind != "zstd":
        raise RegistryError(
            f"{source.what} is compressed by {kind}, and only gzip and zstd are read", code="UNSUPPORTED"
        )
    for name in libraries:
        with suppress(ModuleNotFoundError):
            return _zstd(importlib.import_module(name), stream)
    said = f"{source.what} is compressed by zstd, for which this Python needs backports.zstd or zstandard installed"
    raise RegistryError(said, code="UNSUPPORTED")


def _zstd(library: Any, stream: _Stream) -> tuple[_Readable, tuple[type[Exception], ...]]:  # noqa: ANN401 -- see ZSTD_LIBRARIES
    faults = (EOFError, library.ZstdError)
    if hasattr(library, "ZstdFile"):
        options = {library.DecompressionParameter.window_log_max: MAX_WINDOW_LOG}
        return library.ZstdFile(stream, options=options), faults
    decompressor = library.ZstdDecompressor(max_window_size=1 << MAX_WINDOW_LOG)
    return decompressor.stream_reader(stream, read_across_frames=True), faults


def _write(scratch: io.FileIO, data: bytes, what: str) -> None:
    rest = memoryview(data)
    try:
        while rest:
            rest = rest[scratch.write(rest) :]
    except OSError as exc:
        said = f"{what} cannot be unpacked into a temporary file: {exc.strerror}"
        raise RegistryError(said, code="UNAVAILABLE") from exc

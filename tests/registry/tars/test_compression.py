from __future__ import annotations

import bz2
import errno
import gzip
import hashlib
import importlib.util
import io
import lzma
import os
import tempfile
from typing import TYPE_CHECKING, Final

import pytest

from regbot.registry.errors import RegistryError, Unverified
from regbot.registry.files.files import Files
from regbot.registry.layouts.blobs import PIECE
from regbot.registry.tars.compression import FLOOR, ZSTD_LIBRARIES, compression_of, pack, scratch_beside, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATA: Final = hashlib.shake_256(b"data").digest(3 * PIECE)
ZSTD: Final = bytes.fromhex("28b52ffd045821000064617461a31d2d55")
"""The word "data", by the program zstd."""
LARGEST: Final = bytes.fromhex("28b52ffd006821000064617461")
"""The same, as a frame that asks for a window of 8 MiB (RFC 8878, 3.1.1.1.2)."""
TOO_LARGE: Final = bytes.fromhex("28b52ffd007021000064617461")
"""The same, of 16 MiB."""


class Memory:
    """Bytes as a Source."""

    what = '"x.tar"'

    def __init__(self, data: bytes) -> None:
        self.data, self.size = data, len(data)

    def read_at(self, offset: int, count: int) -> bytes:
        """Read."""
        return self.data[offset : offset + count]


@pytest.fixture
def scratch() -> Iterator[io.FileIO]:
    """Open a temporary file."""
    with tempfile.TemporaryFile(buffering=0) as file:
        yield file


def written(scratch: io.FileIO) -> bytes:
    """Return what was written to a temporary file."""
    scratch.seek(0)
    return scratch.read()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (gzip.compress(b"x", mtime=0), "gzip"),
        (ZSTD, "zstd"),
        (bz2.compress(b"x"), "bzip2"),
        (lzma.compress(b"x"), "xz"),
        (b"BZh, a file's name", ""),
        (b"", ""),
    ],
)
def test_compression_of(data: bytes, kind: str) -> None:
    """What something is compressed by is seen where it begins."""
    assert compression_of(Memory(b"before" + data), 6) == kind


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(DATA),
        gzip.compress(DATA[:10]) + gzip.compress(b"") + gzip.compress(DATA[10:]),
        gzip.compress(DATA) + bytes(1000),
    ],
)
def test_gzip(packed: bytes, scratch: io.FileIO) -> None:
    """What gzip packed is unpacked, in several parts too, and with zeros behind it."""
    unpack(Memory(packed), "gzip", scratch)
    assert written(scratch) == DATA


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(DATA)[:-1],
        gzip.compress(DATA)[:-1] + b"\xff",
        gzip.compress(DATA) + b"noise",
        gzip.compress(DATA)[:100] + b"noise" * 100,
        b"\x1f\x8b",
    ],
)
def test_broken_gzip(packed: bytes, scratch: io.FileIO) -> None:
    """What ends early, has another checksum or noise in it or behind it, is unverified."""
    with pytest.raises(Unverified, match=r'"x\.tar" cannot be unpacked by gzip'):
        unpack(Memory(packed), "gzip", scratch)


def test_bomb(scratch: io.FileIO) -> None:
    """What becomes far more than it should is given up where it does, and a little below it is not."""
    bomb = Memory(gzip.compress(bytes(8 * PIECE), 9))
    unpack(bomb, "gzip", scratch, floor=8 * PIECE)
    scratch.truncate(0)
    with pytest.raises(Unverified, match=r"unpacks to more than 5242880") as caught:
        unpack(bomb, "gzip", scratch, floor=5 * PIECE)
    assert caught.value.code == "TOO_LARGE"
    assert os.fstat(scratch.fileno()).st_blocks * 512 <= 6 * PIECE
    assert bomb.size * 100 < FLOOR


def test_full_disk() -> None:
    """That there is no room is told, and what for."""
    with io.FileIO("/dev/full", "r+") as full, pytest.raises(RegistryError, match="No space left") as caught:
        unpack(Memory(gzip.compress(b"data")), "gzip", full)
    assert caught.value.code == "UNAVAILABLE"


@pytest.mark.parametrize("kind", ["bzip2", "xz"])
def test_unknown_kind(kind: str, scratch: io.FileIO) -> None:
    """What is not read here is named."""
    with pytest.raises(RegistryError, match=f"compressed by {kind}, and only gzip and zstd are read"):
        unpack(Memory(b""), kind, scratch)


def test_no_library(scratch: io.FileIO) -> None:
    """Without a library for zstd it is said which to install."""
    with pytest.raises(RegistryError, match=r"needs backports\.zstd or zstandard installed"):
        unpack(Memory(ZSTD), "zstd", scratch, libraries=["no_such_module"])


def installed(name: str) -> bool:
    """Say whether there is such a library."""
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


LIBRARIES: Final = [name for name in ZSTD_LIBRARIES if installed(name)]
"""Those here: no Python can have all of them, and the dependency group "dev" brings two to each."""


def test_libraries() -> None:
    """Of the two kinds that there are, Python's with what is like it, and zstandard, both are tested."""
    assert len(LIBRARIES) >= 2
    assert "zstandard" in LIBRARIES


@pytest.mark.parametrize("library", LIBRARIES)
def test_zstd(library: str, scratch: io.FileIO) -> None:
    """What zstd packed is unpacked, in several frames too, and with the largest window that is granted."""
    unpack(Memory(ZSTD + ZSTD + LARGEST), "zstd", scratch, libraries=[library])
    assert written(scratch) == b"data" * 3


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("bad", [ZSTD[:6] + b"\xff" * 20, TOO_LARGE], ids=["broken", "window"])
def test_bad_zstd(library: str, bad: bytes, scratch: io.FileIO) -> None:
    """What is broken, or takes much memory, is unverified."""
    with pytest.raises(Unverified, match="cannot be unpacked by zstd"):
        unpack(Memory(bad), "zstd", scratch, libraries=[library])


@pytest.mark.parametrize("size", [0, 1, PIECE, 2 * PIECE + 1])
def test_pack(size: int, scratch: io.FileIO) -> None:
    """Part of a file is packed; the digests are those of the part and of what was written."""
    plain, packed, count = pack(Memory(b"before" + DATA), 6, size, scratch)
    data = written(scratch)
    assert gzip.decompress(data) == DATA[:size]
    assert (plain.encoded, packed.encoded, count) == (
        hashlib.sha256(DATA[:size]).hexdigest(),
        hashlib.sha256(data).hexdigest(),
        len(data),
    )


def test_pack_is_the_same(scratch: io.FileIO) -> None:
    """What is packed twice is the same bytes: no time is in them."""
    pack(Memory(DATA), 0, 10, scratch)
    assert written(scratch)[4:8] == bytes(4)


def test_scratch_beside(tmp_path: Path) -> None:
    """A temporary file has no name, where the archive lies, and neither where no file can be made."""
    (tmp_path / "in").mkdir()
    with Files(tmp_path) as files:
        opened = [scratch_beside(files, path) for path in ("x.tar", "in/x.tar", f"{tmp_path}/in/x.tar", "none/x.tar")]
    found = [(os.fstat(file.fileno()).st_nlink, file.write(b"data")) for file in opened]
    for file in opened:
        file.close()
    assert found == [(0, 4)] * 4
    assert [item.name for item in tmp_path.rglob("*")] == ["in"]


def test_no_room_for_scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That there can be no temporary file at all is told."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with Files(tmp_path) as files, pytest.raises(RegistryError, match=os.strerror(errno.ENOENT)):
        scratch_beside(files, "none/x.tar")

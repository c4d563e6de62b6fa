from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest

from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import RegistryError, Unverified
from regbot.registry.files.files import Files
from regbot.registry.layouts.blobs import PIECE, fill, read_bounded, stream

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator
    from pathlib import Path

DATA = b"0123456789" * (PIECE // 4)


@pytest.fixture
def files(files_folder: Path) -> Iterator[Files]:
    """Open a files folder."""
    with Files(files_folder) as opened:
        yield opened


def descriptor(data: bytes, size: int | None = None, algorithm: str = "sha256") -> Descriptor:
    """Describe *data*; *size* is a lie."""
    return Descriptor("", Digest.of(data, algorithm), len(data) if size is None else size)


async def pieces(data: bytes, size: int) -> AsyncGenerator[bytes]:
    """Yield *data* in pieces."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def streamed(files: Files, path: str, described: Descriptor) -> list[bytes]:
    """Return the pieces that a file is streamed in."""
    with files.open(path) as file:
        return [piece async for piece in stream(file, described)]


async def filled(files: Files, described: Descriptor, data: AsyncGenerator[bytes]) -> None:
    """Write *data* to the file "blob"."""
    async with aclosing(data):
        folder = files.folder(".")
        draft = folder.draft("blob")
        try:
            await fill(draft, described, data)
            draft.commit()
        finally:
            draft.discard()
            folder.close()


def names(folder: Path) -> list[str]:
    """Return what is in a folder."""
    return [item.name for item in folder.iterdir()]


async def test_stream(files: Files, files_folder: Path) -> None:
    """A blob is streamed in pieces of bounded size."""
    (files_folder / "blob").write_bytes(DATA)
    found = await streamed(files, "blob", descriptor(DATA))
    assert b"".join(found) == DATA
    assert max(map(len, found)) == PIECE


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("size", [None, -1])
async def test_stream_other_descriptors(files: Files, files_folder: Path, algorithm: str, size: int | None) -> None:
    """Another algorithm will do, and a size that nobody said."""
    (files_folder / "blob").write_bytes(b"data")
    assert await streamed(files, "blob", descriptor(b"data", size, algorithm)) == [b"data"]


@pytest.mark.parametrize("described", [descriptor(b"good"), descriptor(b"evil", 3), descriptor(b"evil", 5)])
async def test_stream_unverified(files: Files, files_folder: Path, described: Descriptor) -> None:
    """A wrong digest, and a size too small or too large, are found out."""
    (files_folder / "blob").write_bytes(b"evil")
    with pytest.raises(Unverified):
        await streamed(files, "blob", described)


async def test_stream_empty(files: Files, files_folder: Path) -> None:
    """An empty blob has no pieces."""
    (files_folder / "blob").touch()
    assert await streamed(files, "blob", descriptor(b"")) == []


async def test_stream_holds_back(files: Files, files_folder: Path) -> None:
    """Of a blob that is wrong, the last piece is never given out."""
    (files_folder / "blob").write_bytes(DATA)
    given_out: list[bytes] = []

    async def take(described: Descriptor) -> None:
        with files.open("blob") as file:
            async for piece in stream(file, described):
                given_out.append(piece)  # noqa: PERF401 -- what came before the error counts

    with pytest.raises(Unverified):
        await take(Descriptor("", Digest.of(b"good"), len(DATA)))
    assert b"".join(given_out) == DATA[: PIECE * 2]


@pytest.mark.parametrize("size", [1 << 10, 1 << 16, 1 << 22])
async def test_fill(files: Files, files_folder: Path, size: int) -> None:
    """A blob is written whole, whatever the size of the pieces that it comes in."""
    await filled(files, descriptor(DATA), pieces(DATA, size))
    assert (files_folder / "blob").read_bytes() == DATA


async def test_fill_empty(files: Files, files_folder: Path) -> None:
    """A blob may be empty."""
    await filled(files, descriptor(b""), pieces(b"", 1))
    assert (files_folder / "blob").read_bytes() == b""


@pytest.mark.parametrize("described", [descriptor(b"good"), descriptor(b"evil", 3), descriptor(b"evil", 5)])
async def test_fill_unverified(files: Files, files_folder: Path, described: Descriptor) -> None:
    """What has the wrong digest or size is refused and leaves nothing."""
    with pytest.raises(Unverified):
        await filled(files, described, pieces(b"evil", 2))
    assert names(files_folder) == []


async def test_fill_stops_early(files: Files) -> None:
    """Of a blob that is larger than it may be, no more is taken than shows that."""
    taken: list[bytes] = []

    async def endless() -> AsyncGenerator[bytes]:
        while True:
            taken.append(b"x" * 10)
            yield taken[-1]

    with pytest.raises(Unverified, match="more than its 25 bytes"):
        await filled(files, descriptor(b"x" * 25), endless())
    assert len(taken) == 3


def test_read_bounded(files: Files, files_folder: Path) -> None:
    """A file of just the limit is read, a byte more is refused by name."""
    (files_folder / "file").write_bytes(b"1234")
    with files.open("file") as file:
        assert read_bounded(file, 4, "it") == b"1234"
    with files.open("file") as file, pytest.raises(Unverified, match="it of a layout has more than 3 bytes"):
        read_bounded(file, 3, "it")


def test_unreadable() -> None:
    """A file that cannot be read is a RegistryError that says why."""
    with (
        Files("/") as files,
        files.open("/proc/self/mem") as file,
        pytest.raises(RegistryError, match="Input/output error"),
    ):
        read_bounded(file, 4, "it")

from __future__ import annotations

import gzip
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
import trio
from trio.to_thread import run_sync

from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import NotFound, RegistryError, Unverified
from regbot.registry.files.files import Files, Forbidden
from regbot.registry.layouts.blobs import PIECE
from regbot.registry.tars.archive import Disk, opened
from tests.registry.tars.archives import link, member, of_files, tar

if TYPE_CHECKING:
    import tarfile
    from collections.abc import Iterator

    from regbot.registry.files.files import Folder
    from regbot.registry.tars.archive import Section

DATA: Final = hashlib.shake_256(b"data").digest(2 * PIECE + 7)


@pytest.fixture
def files(files_folder: Path) -> Iterator[Files]:
    """Open a files folder."""
    with Files(files_folder) as opened:
        yield opened


def described(data: bytes, size: int | None = None, algorithm: str = "sha256") -> Descriptor:
    """Describe *data*; *size* is a lie."""
    return Descriptor("", Digest.of(data, algorithm), len(data) if size is None else size)


def names(folder: Path) -> list[str]:
    """Return what is in a folder."""
    return [item.name for item in folder.iterdir()]


async def streamed(section: Section, offset: int = 0) -> bytes:
    """Return what a section gives out."""
    async with section.open(offset) as pieces:
        return b"".join([piece async for piece in pieces])


@pytest.mark.parametrize("name", ["a/b", "./a/b", "a//b", "a/./b"])
@pytest.mark.parametrize("asked", ["a/b", "./a/b", "a//b/"])
async def test_spellings(files: Files, files_folder: Path, name: str, asked: str) -> None:
    """A member is found however its name and what is asked for are spelled."""
    (files_folder / "x.tar").write_bytes(of_files({name: b"data"}))
    async with opened(files, "x.tar") as archive:
        assert await archive.read(asked, 4) == b"data"


@pytest.mark.parametrize("name", ["/a", "../a", "a/../b", "a/..", "..", ".", "/"])
async def test_outside(files: Files, files_folder: Path, name: str) -> None:
    """A member whose name leads elsewhere is nowhere, by that name or by another."""
    (files_folder / "x.tar").write_bytes(tar([member(name, b"data"), member("c")]))
    async with opened(files, "x.tar") as archive:
        assert archive.has("c")
        assert not any(archive.has(asked) for asked in (name, "a", "b", "../x.tar", ""))


@pytest.mark.parametrize("packed", [False, True])
async def test_compressed(files: Files, files_folder: Path, *, packed: bool) -> None:
    """An archive may be compressed as a whole; nothing is left of what it was unpacked into."""
    data = of_files({"a": DATA, "b": b""})
    (files_folder / "x.tar").write_bytes(gzip.compress(data, 1) if packed else data)
    async with opened(files, "x.tar") as archive:
        assert await archive.read("a", len(DATA)) == DATA
        assert await archive.read("b", 0) == b""
    assert names(files_folder) == ["x.tar"]


async def test_read_bounded(files: Files, files_folder: Path) -> None:
    """A file that is larger than what is asked for may be is not read."""
    (files_folder / "x.tar").write_bytes(of_files({"a": b"12345"}))
    async with opened(files, "x.tar") as archive:
        with pytest.raises(Unverified, match=r'"a" in "x\.tar" has 5 bytes; at most 4 are read'):
            await archive.read("a", 4)


async def test_missing(files: Files, files_folder: Path) -> None:
    """What is not there is named, and where it is not."""
    (files_folder / "x.tar").write_bytes(of_files({"a": b""}))
    async with opened(files, "x.tar") as archive:
        with pytest.raises(NotFound, match=r'"x\.tar" has no "b"'):
            archive.find("b")


@pytest.mark.parametrize("path", ["../x.tar", "/etc/passwd"])
async def test_path_outside(files: Files, path: str) -> None:
    """A path that leads out of the files folder opens nothing."""
    with pytest.raises(Forbidden):
        async with opened(files, path):
            pass


async def test_last_counts(files: Files, files_folder: Path) -> None:
    """Of two members with one name the last counts, as it does for tar."""
    (files_folder / "x.tar").write_bytes(tar([member("a", b"old"), member("b"), member("./a", b"new")]))
    async with opened(files, "x.tar") as archive:
        assert await archive.read("a", 10) == b"new"


@pytest.mark.parametrize(
    ("name", "target", "hard"),
    [("y/layer.tar", "../x/layer.tar", False), ("link", "x/layer.tar", False), ("y/hard", "x/layer.tar", True)],
)
async def test_links(files: Files, files_folder: Path, name: str, target: str, *, hard: bool) -> None:
    """Links inside the archive lead where they say, links to links too, and before what they mean as well."""
    chain = [link("first", name, hard=True), link(name, target, hard=hard), member("x/layer.tar", b"data")]
    (files_folder / "x.tar").write_bytes(tar(chain))
    async with opened(files, "x.tar") as archive:
        assert await archive.read("first", 10) == b"data"


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ([link("a", "/etc/passwd")], 'leads out of the archive, to "/etc/passwd"'),
        ([link("a", "../../etc/passwd")], "leads out of the archive"),
        ([link("x/a", "../../y")], "leads out of the archive"),
        ([link("x/a", "../y", hard=True)], "leads out of the archive"),
        ([link("a", ".")], "leads out of the archive"),
        ([link("a", "")], "leads out of the archive"),
        ([link("x/a", "")], "has no"),
        ([link("a", "a")], "do not end"),
        ([link("a", "b"), link("b", "a", hard=True)], "do not end"),
        ([link("a", "none")], "has no"),
    ],
)
async def test_bad_links(
    files: Files, files_folder: Path, members: list[tuple[tarfile.TarInfo, bytes]], why: str
) -> None:
    """Links that lead out, in a circle or nowhere are refused when they are followed."""
    (files_folder / "passwd").write_text("secret")
    (files_folder / "x.tar").write_bytes(tar(members))
    async with opened(files, "x.tar") as archive:
        with pytest.raises(RegistryError, match=why):
            await archive.read(members[0][0].name, 100)


@pytest.mark.parametrize("offset", [0, 1, PIECE, PIECE + 1, len(DATA) - 1, len(DATA)])
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
async def test_section(files: Files, files_folder: Path, offset: int, algorithm: str) -> None:
    """A file is content that can be opened at any byte, as often as wanted."""
    (files_folder / "x.tar").write_bytes(of_files({"before": b"x", "a": DATA, "after": b"x"}))
    async with opened(files, "x.tar") as archive:
        section = archive.section("a", described(DATA, None, algorithm))
        assert [await streamed(section, offset), await streamed(section, offset)] == [DATA[offset:]] * 2


@pytest.mark.parametrize("data", [DATA, b"", b"x"])
async def test_section_unverified(files: Files, files_folder: Path, data: bytes) -> None:
    """Of a file that has another digest the last piece is never given out, from wherever it is read."""
    (files_folder / "x.tar").write_bytes(of_files({"blobs/a": data}))
    wrong, given_out = Descriptor("", Digest.of(b"good"), len(data)), bytearray()

    async def take() -> None:
        async with opened(files, "x.tar") as archive, archive.section("blobs/a", wrong).open() as pieces:
            async for piece in pieces:
                given_out.extend(piece)

    with pytest.raises(Unverified, match=r'"blobs/a" in "x\.tar" should have the digest'):
        await take()
    assert given_out == data[: max(0, len(data) - 7) // PIECE * PIECE]


@pytest.mark.parametrize("size", [3, 5, -1])
async def test_section_of_other_size(files: Files, files_folder: Path, size: int) -> None:
    """A file of another size than it should have is refused at once."""
    (files_folder / "x.tar").write_bytes(of_files({"a": b"data"}))
    async with opened(files, "x.tar") as archive:
        with pytest.raises(Unverified, match=f'"a" in "x.tar" has 4 bytes instead of {size}'):
            archive.section("a", described(b"data", size))


async def test_shrinking(files: Files, files_folder: Path) -> None:
    """An archive that somebody cuts off while it is read is found out."""
    (files_folder / "x.tar").write_bytes(of_files({"a": DATA}))
    async with opened(files, "x.tar") as archive:
        os.truncate(files_folder / "x.tar", 1000)
        with pytest.raises(Unverified, match="became shorter"):
            await archive.read("a", len(DATA))
        with pytest.raises(Unverified, match="became shorter"):
            await streamed(archive.section("a", described(DATA)))


async def test_unreadable() -> None:
    """What cannot be read is a RegistryError that says why."""
    with Files("/") as files, files.open("/proc/self/mem") as file:
        disk = Disk(file, "it")
        with pytest.raises(RegistryError, match="it cannot be read: Input/output error"):
            await run_sync(disk.read_at, 0, 1)


async def test_cancelled_thread(files: Files, files_folder: Path) -> None:
    """A thread that reads again and again ends when its task is cancelled."""
    (files_folder / "x.tar").write_bytes(b"data")

    def read_for_ever() -> None:
        trio.from_thread.run_sync(scope.cancel)
        while True:
            disk.read_at(0, 1)

    with files.open("x.tar") as file, trio.CancelScope() as scope:
        disk = Disk(file, "it")
        await run_sync(read_for_ever)
    assert scope.cancelled_caught


class Cancelling(Files):
    """A files folder whose use cancels *scope* as soon as a temporary file is wanted in it."""

    scope: trio.CancelScope

    def folder(self, path: str, *, create: bool = False) -> Folder:
        """Open a folder, too late."""
        trio.from_thread.run_sync(self.scope.cancel)
        return super().folder(path, create=create)


async def test_cancelled_unpacking(files_folder: Path) -> None:
    """Unpacking that is cancelled leaves no file and no descriptor behind."""
    (files_folder / "x.tar").write_bytes(gzip.compress(bytes(64 * PIECE), 1))
    with Cancelling(files_folder) as files, trio.CancelScope() as files.scope:
        before = len(list(Path("/proc/self/fd").iterdir()))
        async with opened(files, "x.tar"):
            raise AssertionError
    assert files.scope.cancelled_caught
    assert (len(list(Path("/proc/self/fd").iterdir())), names(files_folder)) == (before - 1, ["x.tar"])

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbot.registry.errors import NotFound, RegistryError
from regbot.registry.files.beneath import open_by_walking
from regbot.registry.files.files import Files, Forbidden, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def files(files_folder: Path) -> Iterator[Files]:
    """Open a files folder with inside/file in it and a secret beside it."""
    (files_folder / "inside").mkdir()
    (files_folder / "inside/file").write_text("good")
    (files_folder.parent / "secret").write_text("bad")
    with Files(files_folder) as opened:
        yield opened


def read(files: Files, path: str) -> bytes:
    """Return a file's content."""
    with files.open(path) as file:
        return file.readall()


def descriptors() -> list[str]:
    """Return the open descriptors of this process, the one that this takes among them."""
    return os.listdir("/proc/self/fd")  # noqa: PTH208 -- the numbers are what counts


def test_relative(files: Files) -> None:
    """A relative path begins at the files folder, wherever the process is."""
    assert read(files, "inside/file") == b"good"


def test_absolute(files: Files, files_folder: Path) -> None:
    """An absolute path is good where it lies beneath the files folder."""
    assert read(files, f"{files_folder}/./inside//file") == b"good"


def test_root_by_symbolic_link(files_folder: Path, tmp_path: Path) -> None:
    """With a link as the root, absolute paths are good by the link's name and by the folder's own."""
    (files_folder / "file").write_text("good")
    (tmp_path / "link").symlink_to(files_folder)
    with Files(tmp_path / "link") as files:
        assert read(files, f"{tmp_path}/link/file") == read(files, f"{files_folder}/file") == b"good"


@pytest.mark.parametrize(
    "path", ["../secret", "inside/../../secret", "/etc/passwd", "{root}/../secret", "{root}x/file"]
)
@pytest.mark.parametrize("method", ["open", "folder", "exists"])
def test_outside(files: Files, files_folder: Path, path: str, method: str) -> None:
    """What lies outside is denied, and the message names path, files folder and option."""
    path = path.format(root=files_folder)
    with pytest.raises(Forbidden) as caught:
        getattr(files, method)(path)
    assert caught.value.code == "DENIED"
    assert all(part in caught.value.message for part in (f'"{path}"', str(files_folder), "--files"))


@pytest.mark.parametrize("target", ["..", "../secret", "/etc", "/proc/self/cwd"])
def test_link_outside(files: Files, files_folder: Path, target: str) -> None:
    """A symbolic link that leads out is denied, also where something is to be made behind it."""
    (files_folder / "link").symlink_to(target)
    with pytest.raises(Forbidden):
        files.open("link")
    with pytest.raises(Forbidden):
        files.folder("link/new", create=True)


def test_outside_makes_nothing(files: Files, tmp_path: Path) -> None:
    """A folder outside is not made; the same inside is."""
    files.folder("new/deep", create=True).close()
    with pytest.raises(Forbidden):
        files.folder("../new/deep", create=True)
    assert (tmp_path / "files/new/deep").is_dir()
    assert not (tmp_path / "new").exists()


def test_create_through_missing_dots(files: Files, files_folder: Path) -> None:
    """A path through a folder that is missing, and up again, makes what it names."""
    files.folder("a/../b", create=True).close()
    assert (files_folder / "b").is_dir()


def test_create_deep(files: Files) -> None:
    """A path of a hundred folders is made."""
    with files.folder("d/" * 100, create=True) as folder:
        assert folder.names() == []


def test_everything(files_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the root of the file system nothing is outside, relative paths begin here, absolute links are followed."""
    (files_folder / "file").write_text("good")
    (files_folder / "link").symlink_to(files_folder)
    monkeypatch.chdir(files_folder)
    with Files("/") as files:
        assert read(files, "file") == read(files, f"{files_folder}/file") == read(files, "link/../files/link/file")


def test_without_openat2(files_folder: Path) -> None:
    """On a kernel without openat2 files are reached, links are refused, and outside is outside."""
    (files_folder / "file").write_text("good")
    (files_folder / "link").symlink_to("file")
    with Files(files_folder, opener=open_by_walking) as files:
        assert read(files, "new/../file") == b"good"
        assert files.exists("file")
        assert not files.exists("nothing")
        with pytest.raises(Forbidden, match="symbolic link"):
            files.open("link")
        with pytest.raises(Forbidden, match="leads out"):
            files.open("../files/file")


@pytest.mark.parametrize("path", ["", "a\0b", "a\ud800b"])
def test_no_name(files: Files, path: str) -> None:
    """A path that is empty, or has what no name has, is refused without a look at the disk."""
    with pytest.raises(RegistryError, match="the path") as caught:
        files.open(path)
    caught.value.message.encode()


@pytest.mark.parametrize("path", ["x" * 300, "x/" * 5000, "x/" * 101, "inside/file/x"])
def test_useless(files: Files, path: str) -> None:
    """A path that is too long, or goes through a file, is a clear error, and the message stays short."""
    with pytest.raises(RegistryError) as caught:
        files.folder(path, create=True)
    assert caught.value.code == "NAME_INVALID"
    assert len(caught.value.message) < 500


@pytest.mark.parametrize(
    ("number", "code"), [(errno.EACCES, "DENIED"), (errno.EROFS, "DENIED"), (errno.ENOSPC, "UNAVAILABLE")]
)
def test_system_errors(files: Files, number: int, code: str) -> None:
    """What the system says is repeated with the path, under a code of its kind."""
    error = files.error(OSError(number, "why not"), "a/path")
    assert error.code == code
    assert error.message.startswith('"a/path": why not')


def test_missing(files: Files) -> None:
    """What is missing is NotFound, for a file as for a folder."""
    with pytest.raises(NotFound, match='"inside/nothing" does not exist'):
        files.open("inside/nothing")
    with pytest.raises(NotFound, match='"nothing" does not exist'):
        files.folder("nothing")


def test_file_as_folder(files: Files) -> None:
    """A file is no folder, and a folder is no file."""
    with pytest.raises(RegistryError, match="Not a directory"):
        files.folder("inside/file")
    with pytest.raises(RegistryError, match="no regular file"):
        files.open("inside")


def test_fifo(files: Files, files_folder: Path) -> None:
    """A FIFO is refused at once, without waiting for a writer."""
    os.mkfifo(files_folder / "fifo")
    with pytest.raises(RegistryError, match="no regular file"):
        files.open("fifo")


def test_device() -> None:
    """A device is refused."""
    with Files("/dev") as files, pytest.raises(RegistryError, match="no regular file"):
        files.open("null")


def test_exists(files: Files) -> None:
    """Files and folders exist; what is missing, or would be below a file, does not."""
    assert [files.exists(path) for path in ("inside", "inside/file", "x", "inside/file/x")] == [
        True,
        True,
        False,
        False,
    ]


def test_no_root(tmp_path: Path) -> None:
    """A files folder that is missing is the operator's plain OSError."""
    with pytest.raises(FileNotFoundError):
        Files(tmp_path / "nothing")


def test_folder(files: Files) -> None:
    """A folder opens, tests and lists what is in it."""
    with files.folder(".") as folder, folder.folder("inside") as inside:
        assert (folder.names(), inside.names()) == (["inside"], ["file"])
        assert inside.exists("file")
        with inside.open("file") as file:
            assert file.readall() == b"good"


def test_folder_reaches_up(files: Files, files_folder: Path) -> None:
    """What is read in a folder may, by a link, be elsewhere beneath the files folder, and not outside."""
    (files_folder / "inside/up").symlink_to("../other")
    (files_folder / "inside/out").symlink_to("../../secret")
    (files_folder / "other").write_text("shared")
    with files.folder("inside") as folder:
        with folder.open("up") as file:
            assert file.readall() == b"shared"
        with pytest.raises(Forbidden):
            folder.open("out")


def test_write(files: Files, files_folder: Path) -> None:
    """A file is written in the place of the old one, and nothing else is left."""
    with files.folder("inside") as folder:
        folder.write("file", b"better")
        assert folder.names() == ["file"]
    assert (files_folder / "inside/file").read_text() == "better"


def test_failed_write(files: Files) -> None:
    """A write that fails names the path and leaves nothing."""
    with files.folder(".") as folder:
        with pytest.raises(RegistryError, match=r'"./inside": Is a directory'):
            folder.write("inside", b"")
        assert folder.names() == ["inside"]


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "/x", "a/b", "a\0"])
def test_plain_names(files: Files, name: str) -> None:
    """What is written or removed in a folder has a plain name."""
    with files.folder("inside") as folder:
        with pytest.raises(RegistryError, match="no file's name"):
            folder.write(name, b"")
        with pytest.raises(RegistryError, match="no file's name"):
            folder.unlink(name)


def test_unlink(files: Files) -> None:
    """A file is removed, once."""
    with files.folder("inside") as folder:
        folder.unlink("file")
        with pytest.raises(NotFound):
            folder.unlink("file")
        assert folder.names() == []


def test_scratch(files: Files, files_folder: Path) -> None:
    """A scratch file is written and read and has no name, on the same file system."""
    with files.folder("inside") as folder, folder.scratch() as scratch:
        scratch.write(b"data")
        scratch.seek(0)
        assert scratch.read() == b"data"
        assert (os.fstat(scratch.fileno()).st_dev, folder.names()) == (files_folder.stat().st_dev, ["file"])


def test_folder_lock(files: Files) -> None:
    """The lock of a folder has one holder until that closes the folder."""
    with files.folder("inside") as second:
        with files.folder("inside") as first:
            assert first.try_lock()
            assert not second.try_lock()
        assert second.try_lock()


def test_sweep(files: Files, files_folder: Path) -> None:
    """A folder is freed of drafts of the dead."""
    (files_folder / "inside/.regbot-0.tmp").touch()
    with files.folder("inside") as folder:
        folder.sweep()
        assert folder.names() == ["file"]


def test_descriptors(files: Files, files_folder: Path) -> None:
    """Whatever goes right or wrong, no descriptor stays open."""
    os.mkfifo(files_folder / "fifo")
    before = descriptors()
    for path in ("inside/file", "inside", "fifo", "nothing/x", "../x", "new/folder", "inside/file/x", "x" * 300, ""):
        for method in (files.open, files.folder, lambda path: files.folder(path, create=True)):
            try:
                method(path).close()
            except RegistryError:
                continue
    with files.folder("inside") as folder, pytest.raises(RegistryError):
        folder.write("x" * 300, b"")
    assert descriptors() == before


def test_close(files_folder: Path) -> None:
    """Closing, also twice, gives every descriptor back."""
    before = descriptors()
    files = Files(files_folder)
    folder = files.folder(".")
    for each in (files, folder, files, folder):
        each.close()
    assert descriptors() == before


@given(path=st.text(alphabet=st.sampled_from("./ax\0\ud800é\n-"), max_size=20))
def test_any_path(tmp_path_factory: pytest.TempPathFactory, path: str) -> None:
    """Any text ends in an open folder beneath the root or in a RegistryError."""
    root = tmp_path_factory.getbasetemp() / "any"
    (root / "a").mkdir(parents=True, exist_ok=True)
    with Files(root) as files:
        try:
            folder = files.folder(path)
        except RegistryError:
            return
        with folder:
            assert folder.names() in (["a"], [])


def test_quoted() -> None:
    """A path in a message is cut, and can be encoded."""
    assert quoted("a\ud800") == '"a\\ud800"'
    assert len(quoted("x" * 1000)) == 202

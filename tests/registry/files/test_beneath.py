from __future__ import annotations

import errno
import os
from functools import partial
from typing import TYPE_CHECKING

import pytest

from regbot.registry.files.beneath import Opener, open_by_kernel, open_by_walking, openat2, opener_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

READ = os.O_RDONLY
FOLDER = os.O_RDONLY | os.O_DIRECTORY


@pytest.fixture(params=[open_by_kernel, open_by_walking])
def opener(request: pytest.FixtureRequest) -> Opener:
    """Give both ways of opening, one after the other."""
    chosen: Opener = request.param
    return chosen


@pytest.fixture
def root(files_folder: Path) -> Iterator[int]:
    """Open a root with inside/file in it and a secret beside it."""
    (files_folder / "inside").mkdir()
    (files_folder / "inside/file").write_text("good")
    (files_folder.parent / "secret").write_text("bad")
    descriptor = os.open(files_folder, os.O_PATH)
    yield descriptor
    os.close(descriptor)


def read(opener: Opener, root: int, path: str) -> str:
    """Open a file and return its text."""
    with open(opener(root, path, READ)) as file:  # noqa: PTH123 -- by descriptor
        return file.read()


def refusal(opener: Opener, root: int, path: str, flags: int = READ) -> int | None:
    """Return the error number that opening ends with; None if it succeeds."""
    try:
        os.close(opener(root, path, flags))
    except OSError as exc:
        return exc.errno
    return None


@pytest.mark.parametrize("path", ["inside/file", "./inside//file", "inside/../inside/file"])
def test_inside(opener: Opener, root: int, path: str) -> None:
    """A path that stays inside is opened, however it is written."""
    assert read(opener, root, path) == "good"


@pytest.mark.parametrize("path", ["../secret", "inside/../../secret", "..", "../files/inside/file"])
def test_dots_outward(opener: Opener, root: int, path: str) -> None:
    """A path that leaves the root is refused, even where it would come back."""
    assert refusal(opener, root, path) == errno.EXDEV


@pytest.mark.parametrize("flags", [READ, os.O_PATH, FOLDER, os.O_PATH | os.O_DIRECTORY])
def test_links_outward(opener: Opener, root: int, files_folder: Path, flags: int) -> None:
    """A symbolic link that leads out is refused, in the middle and at the end, relative and absolute."""
    (files_folder / "up").symlink_to("..")
    (files_folder / "absolute").symlink_to(files_folder.parent)
    paths = ("up", "up/secret", "absolute", "absolute/secret", "absolute/files/inside")
    assert {refusal(opener, root, path, flags) for path in paths} <= {errno.EXDEV, errno.ELOOP}


def test_links_inward_by_kernel(root: int, files_folder: Path) -> None:
    """The kernel follows a relative link that stays inside."""
    (files_folder / "link").symlink_to("inside/../inside")
    assert read(open_by_kernel, root, "link/file") == "good"


@pytest.mark.parametrize("path", ["link", "link/file"])
def test_links_inward_by_walking(root: int, files_folder: Path, path: str) -> None:
    """The walk follows no link at all."""
    (files_folder / "link").symlink_to("inside")
    assert refusal(open_by_walking, root, path, FOLDER) == errno.ELOOP


def test_link_in_a_circle(opener: Opener, root: int, files_folder: Path) -> None:
    """A link to itself is refused, not followed for ever."""
    (files_folder / "circle").symlink_to("circle")
    assert refusal(opener, root, "circle") == errno.ELOOP


@pytest.mark.parametrize(
    ("path", "number"),
    [("nothing", errno.ENOENT), ("inside/file/x", errno.ENOTDIR), ("x" * 300, errno.ENAMETOOLONG)],
)
def test_ordinary_errors(opener: Opener, root: int, path: str, number: int) -> None:
    """What is wrong with a path that stays inside is told apart from leaving."""
    assert refusal(opener, root, path) == number


def test_magic_links(files_folder: Path) -> None:
    """A link of /proc to an open file is not followed, even where everything lies beneath the root."""
    root = os.open("/", os.O_PATH)
    opener = opener_for(root)
    (files_folder / "file").write_text("good")
    descriptor = os.open(files_folder / "file", READ)
    try:
        assert read(opener, root, f"{files_folder}/file".lstrip("/")) == "good"
        assert refusal(opener, root, f"proc/self/fd/{descriptor}") == errno.ELOOP
    finally:
        os.close(root)
        os.close(descriptor)


def test_descriptors(opener: Opener, root: int, files_folder: Path) -> None:
    """Neither success nor refusal leaves a descriptor behind, and no child of ours inherits one."""
    (files_folder / "link").symlink_to("inside")
    before = os.listdir("/proc/self/fd")  # noqa: PTH208 -- the numbers are what counts
    for path in ("inside/file", "inside/file/x", "nothing/x", "../x", "link/../..", "link/file"):
        try:
            descriptor = opener(root, path, os.O_PATH)
        except OSError:
            continue
        assert not os.get_inheritable(descriptor)
        os.close(descriptor)
    assert os.listdir("/proc/self/fd") == before  # noqa: PTH208 -- likewise


def test_asked_again(root: int) -> None:
    """Where a rename elsewhere makes the kernel give up, it is asked again."""
    refusals: list[OSError] = [BlockingIOError(errno.EAGAIN, "renamed"), InterruptedError(errno.EINTR, "a signal")]

    def disturbed(root: int, path: bytes, how: bytes) -> int:
        if refusals:
            raise refusals.pop()
        return openat2(root, path, how)

    assert read(partial(open_by_kernel, call=disturbed), root, "inside/../inside/file") == "good"


def test_asked_too_often(root: int) -> None:
    """A kernel that gives up every time is not asked for ever."""

    def disturbed(_root: int, _path: bytes, _how: bytes) -> int:
        raise BlockingIOError(errno.EAGAIN, "renamed")

    assert refusal(partial(open_by_kernel, call=disturbed), root, "inside/file") == errno.EAGAIN


def test_choice(root: int) -> None:
    """The way that is chosen on this machine works."""
    assert read(opener_for(root), root, "inside/file") == "good"


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EPERM])
def test_choice_without_openat2(root: int, number: int) -> None:
    """Where the kernel lacks openat2, or a filter refuses it, paths are walked."""

    def lacking(_root: int, _path: str, _flags: int, *, resolve: int) -> int:
        raise OSError(number, f"no openat2 with {resolve}")

    assert opener_for(root, lacking) is open_by_walking


def test_choice_fails(root: int) -> None:
    """A fault that is no lack of the call is not hidden."""

    def failing(_root: int, _path: str, _flags: int, *, resolve: int) -> int:
        raise OSError(errno.EIO, f"a broken disk with {resolve}")

    with pytest.raises(OSError, match="a broken disk"):
        opener_for(root, failing)

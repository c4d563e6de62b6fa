from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from regbot.registry.errors import RegistryError
from regbot.registry.files.draft import Draft, begin, sweep, try_lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    """Open an empty folder."""
    descriptor = os.open(tmp_path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


def fault(exc: OSError) -> RegistryError:
    """Say what went wrong."""
    return RegistryError(f"no: {exc.strerror}")


def names(path: Path) -> list[str]:
    """Return what is in a folder."""
    return sorted(item.name for item in path.iterdir())


def test_nothing_before_commit(folder: int, tmp_path: Path) -> None:
    """Until it is committed a draft has another name, and the old file its content."""
    (tmp_path / "file").write_text("old")
    draft = Draft(folder, "file", fault)
    draft.write(b"new")
    assert (tmp_path / "file").read_text() == "old"
    draft.discard()


def test_commit(folder: int, tmp_path: Path) -> None:
    """A committed draft is the file, whole, and nothing else is left, however often it is discarded."""
    draft = Draft(folder, "file", fault)
    draft.write(b"new ")
    draft.write(memoryview(b"content"))
    draft.commit()
    draft.discard()
    draft.discard()
    assert names(tmp_path) == ["file"]
    assert (tmp_path / "file").read_text() == "new content"


def test_discard(folder: int, tmp_path: Path) -> None:
    """A discarded draft leaves nothing."""
    draft = Draft(folder, "file", fault)
    draft.write(b"new")
    draft.discard()
    assert names(tmp_path) == []


def test_permissions(folder: int, tmp_path: Path) -> None:
    """A file gets the permissions that the umask leaves to any file."""
    (tmp_path / "plain").touch()
    draft = Draft(folder, "file", fault)
    draft.commit()
    draft.discard()
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_failed_commit(folder: int, tmp_path: Path) -> None:
    """A commit that fails says why in its owner's words, and the draft goes with discard."""
    (tmp_path / "file").mkdir()
    draft = Draft(folder, "file", fault)
    with pytest.raises(RegistryError, match=r"no: Is a directory"):
        draft.commit()
    draft.discard()
    assert names(tmp_path) == ["file"]


def test_link_is_replaced(folder: int, tmp_path: Path) -> None:
    """A symbolic link of the name is replaced, not written through."""
    (tmp_path / "file").symlink_to("victim")
    (tmp_path / "victim").write_text("old")
    draft = Draft(folder, "file", fault)
    draft.commit()
    draft.discard()
    assert (tmp_path / "victim").read_text() == "old"
    assert not (tmp_path / "file").is_symlink()


def test_no_folder(tmp_path: Path) -> None:
    """A draft in a folder that is gone fails in its owner's words."""
    (tmp_path / "gone").mkdir()
    descriptor = os.open(tmp_path / "gone", os.O_RDONLY)
    (tmp_path / "gone").rmdir()
    with pytest.raises(RegistryError, match="no: No such file"):
        Draft(descriptor, "file", fault)
    os.close(descriptor)


def test_sweep(folder: int, tmp_path: Path) -> None:
    """What a dead writer left is swept away; a living writer's draft and everybody else's files are not."""
    (tmp_path / ".regbot-dead.tmp").touch()
    (tmp_path / "other.tmp").touch()
    living = Draft(folder, "file", fault)
    sweep(folder)
    living.commit()
    living.discard()
    assert names(tmp_path) == ["file", "other.tmp"]


def test_sweep_follows_no_link(folder: int, tmp_path: Path) -> None:
    """A symbolic link that is called like a draft is left alone, and so is what it leads to."""
    (tmp_path / "victim").touch()
    (tmp_path / ".regbot-x.tmp").symlink_to("victim")
    sweep(folder)
    assert names(tmp_path) == [".regbot-x.tmp", "victim"]


def test_sweep_while_writing(folder: int, tmp_path: Path) -> None:
    """Sweeping all the while takes no living writer's draft, a newborn neither."""
    ended = threading.Event()

    def clean() -> None:
        while not ended.is_set():
            sweep(folder)

    with ThreadPoolExecutor(1) as pool:
        cleaning = pool.submit(clean)
        for number in range(100):
            draft = Draft(folder, f"{number}", fault)
            draft.commit()
            draft.discard()
        ended.set()
        cleaning.result()
    assert len(names(tmp_path)) == 100


def test_newborn_swept(folder: int, tmp_path: Path) -> None:
    """A draft that is swept away before its writer has the lock is begun anew."""
    sweeps = [sweep]

    def late(descriptor: int) -> bool:
        for each in sweeps:
            each(folder)
        sweeps.clear()
        return try_lock(descriptor)

    name, descriptor = begin(folder, late)
    os.close(descriptor)
    assert names(tmp_path) == [name]


def test_every_newborn_swept(folder: int) -> None:
    """A draft that never gets its lock is given up."""
    with pytest.raises(BlockingIOError, match="swept"):
        begin(folder, lambda _: False)


def test_lock(tmp_path: Path) -> None:
    """A lock has one holder, in this process too, and is free when its descriptor is closed."""
    first, second = (os.open(tmp_path, os.O_RDONLY) for _ in range(2))
    assert try_lock(first)
    assert not try_lock(second)
    os.close(first)
    assert try_lock(second)
    os.close(second)

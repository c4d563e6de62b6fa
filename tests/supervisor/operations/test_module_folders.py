from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from regbot.config.modules import Folder
from regbot.supervisor.operations import module_folders
from regbot.supervisor.operations.module_folders import ModuleFolders

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, *names: str) -> None:
    """Write files that hold their own last names."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name)


def read(base: Path, path: str = ".") -> Folder:
    """Read one folder."""
    return ModuleFolders(str(base))(path)


def test_names(tmp_path: Path) -> None:
    """A dot stands for a folder; a folder is its init.lua, unless a file beside it has the name."""
    write(tmp_path, "a.lua", "b/c.lua", "b/init.lua", "d/init.lua", "d.lua", "e-f_1/init.lua", "init.lua")
    found = {name: text.decode() for name, text in read(tmp_path).modules.items()}
    assert (found["a"], found["b.c"], found["b"], found["b.init"]) == ("a.lua", "c.lua", "init.lua", "init.lua")
    assert (found["d"], found["e-f_1"], found["init"]) == ("d.lua", "init.lua", "init.lua")


def test_what_is_no_module(tmp_path: Path) -> None:
    """Hidden files, files that end otherwise, and what is no file are not looked at."""
    write(tmp_path, ".a.lua", ".git/b.lua", "README", "c.txt", "d/e.luac", "a.b.txt")
    os.mkfifo(tmp_path / "fifo.lua")
    os.mknod(tmp_path / "socket.lua", stat.S_IFSOCK)
    assert read(tmp_path) == Folder({})


@pytest.mark.parametrize("name", ["a b.lua", "a.b.lua", ".lua/a.lua", "a b/c.lua", "ä.lua", "a\nb.lua", "x.lua/y.lua"])
def test_names_that_no_script_can_say(tmp_path: Path, name: str) -> None:
    """A module whose name cannot be said is passed over, with a doubt of one line, or as a hidden one without."""
    write(tmp_path, name)
    found = read(tmp_path)
    assert found.modules == {}
    assert len(found.doubts) == (0 if name.startswith(".") else 1)
    assert all("cannot be required" in doubt and doubt.isprintable() for doubt in found.doubts)


def test_names_of_regbot(tmp_path: Path) -> None:
    """A file that hides behind one of regbot's own modules is no module, with a doubt."""
    write(tmp_path, "json.lua", "re/init.lua", "json/own.lua")
    found = read(tmp_path)
    assert found.modules.keys() == {"json.own", "re.init"}
    assert [doubt.split()[0] for doubt in found.doubts] == ['"json"', '"re"']


def test_links(tmp_path: Path) -> None:
    """A link that stays in the folder is followed, one that leads out is not."""
    write(tmp_path, "lib/..data/a.lua", "lib/d/b.lua", "secret.lua", "outside/c.lua")
    (tmp_path / "lib/a.lua").symlink_to("..data/a.lua")
    (tmp_path / "lib/e").symlink_to("d")
    (tmp_path / "lib/secret.lua").symlink_to("../secret.lua")
    (tmp_path / "lib/absolute.lua").symlink_to(tmp_path / "secret.lua")
    (tmp_path / "lib/outside").symlink_to("../outside")
    found = read(tmp_path, "lib")
    assert found.modules.keys() == {"a", "d.b", "e.b"}
    assert [doubt.split()[0] for doubt in found.doubts] == ["absolute.lua", "outside", "secret.lua"]


def test_link_to_the_folder(tmp_path: Path) -> None:
    """The folder itself may be a link, like anything that the operator names."""
    write(tmp_path, "real/a.lua")
    (tmp_path / "lib").symlink_to("real")
    assert read(tmp_path, "lib").modules == {"a": b"a.lua"}


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda lib: lib.rmdir(), "No such file or directory"),
        (lambda lib: lib.rmdir() or lib.write_text(""), "Not a directory"),
        (lambda lib: (lib / "a.lua").symlink_to("none"), "a.lua: No such file or directory"),
        (lambda lib: (lib / "a").symlink_to("."), "more than 32 folders in each other"),
        (lambda lib: (lib / "a.lua").write_bytes(bytes(module_folders.MAX_BYTES + 1)), "a.lua is larger than 1 MiB"),
    ],
    ids=["missing", "file", "dangling", "circle", "large"],
)
def test_folders_that_cannot_be_read(tmp_path: Path, make: object, fault: str) -> None:
    """What cannot be read is an error that says which."""
    lib = tmp_path / "lib"
    lib.mkdir()
    assert callable(make)
    make(lib)
    with pytest.raises(ValueError, match=fault):
        read(tmp_path, "lib")


@pytest.mark.parametrize(
    ("size", "count", "folders", "fault"),
    [
        (0, module_folders.MAX_FILES, 0, "more than 1000 modules in all"),
        (module_folders.MAX_BYTES, 16, 0, "more than 16 MiB in all"),
        (0, 0, module_folders.MAX_FILES - 1, "more than 1000 folders"),
    ],
)
def test_bounds_in_all(tmp_path: Path, size: int, count: int, folders: int, fault: str) -> None:
    """As much as the bound can be read, and no more, not even from another folder."""
    write(tmp_path, "more/a.lua")
    (tmp_path / "lib").mkdir()
    for number in range(count):
        (tmp_path / f"lib/m{number}.lua").write_bytes(bytes(size))
    for number in range(folders):
        (tmp_path / f"lib/f{number}").mkdir()
    reader = ModuleFolders(str(tmp_path))
    assert len(reader("lib").modules) == count
    with pytest.raises(ValueError, match=fault):
        reader("more")

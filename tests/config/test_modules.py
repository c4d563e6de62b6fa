from __future__ import annotations

import pytest

from regbot.config.loading import Examined, examine
from regbot.config.modules import Folder

from .support import faults


def read_folder(path: str) -> Folder:
    """Stand for folders of which each has a module of its own name and one that all have."""
    if path == "none":
        raise FileNotFoundError(2, "No such file or directory")
    if path == "large":
        raise ValueError("there are more than 1000 modules in all")
    return Folder({path: b"", "tags": path.encode()}, ("x.lua is odd",) if path == "odd" else ())


def examined(text: str) -> Examined:
    """Examine a configuration beside these folders."""
    return examine(text.encode(), "regbot.yml", environ={}, read_folder=read_folder)


def modules(text: str) -> dict[str, bytes]:
    """Return the modules of a configuration's first script."""
    found = examined(text)
    assert found.errors == ()
    return dict(found.config.scripts[0].modules)


@pytest.mark.parametrize(
    ("value", "folders"), [("a", ["a"]), ("[a, b]", ["a", "b"]), ("''", []), ("~", []), ("[]", []), ("0123", ["0123"])]
)
def test_folders(value: str, folders: list[str]) -> None:
    """One folder or a list of them; a module is that of the first folder that has it."""
    found = modules(f"modules: {value}\nscripts: [{{name: a}}]")
    assert found.keys() == {*folders, *(["tags"] if folders else [])}
    assert found.get("tags") == (folders[0].encode() if folders else None)


def test_levels() -> None:
    """A script's own folders come before those of defaults, and those before the file's."""
    levels = "modules: c\ndefaults: {modules: b}\nscripts:\n- {name: x, modules: a}\n- {name: y}"
    first, second = examined(levels).config.scripts
    assert first.modules == {"a": b"", "b": b"", "c": b"", "tags": b"a"}
    assert second.modules == {"b": b"", "c": b"", "tags": b"b"}


def test_script_from_elsewhere() -> None:
    """What applies to a script that is not in the file are the folders of defaults and of the file."""
    assert examined("modules: b\ndefaults: {modules: a}").config.plain.modules.keys() == {"a", "b", "tags"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("\nmodules: none", "regbot.yml:2: modules: none: No such file or directory"),
        ("modules:\n- a\n- large", "regbot.yml:3: modules: large: there are more than 1000 modules in all"),
    ],
)
def test_folder_that_cannot_be_read(text: str, fault: str) -> None:
    """A folder that cannot be read is a fault at its line, once, however many scripts want it."""
    found = examined(f"{text}\nscripts: [{{name: a}}, {{name: b}}]")
    assert [str(finding) for finding in found.errors] == [fault]


@pytest.mark.parametrize("value", ["{a: b}", "[{a: b}]", "['']", "[~]", '["a\\0b"]'])
def test_no_folders(value: str) -> None:
    """What is no path is a fault of the file."""
    (fault,) = faults(f"modules: {value}")
    assert fault.startswith("regbot.yml:1: modules: ")


def test_doubts() -> None:
    """What was passed over in a folder is a warning at the folder's line."""
    found = examined("modules: a\ndefaults:\n  modules: odd\nscripts: [{name: a}, {name: b}]")
    assert [str(finding) for finding in found.warnings] == ["regbot.yml:3: modules: odd: x.lua is odd"]

"""The definition files themselves: sound in the eyes of an editor, and printed whole."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

from regbot.manual import definitions
from regbot.manual.reading import files, read
from tests.sandbox.scripted import logs

if TYPE_CHECKING:
    from pathlib import Path

    from regbot.manual.model import Function

BUILT_IN: Final = frozenset(
    {"any", "boolean", "false", "fun", "function", "integer", "nil", "number", "string", "table", "userdata"}
)
OF_GO: Final = """log print require Blob:get Blob:head Blob:put Config:export Manifest:config Manifest:delete
    Manifest:descriptor Manifest:export Manifest:get Manifest:head Manifest:put Manifest:ratelimit
    Manifest:ratelimitWait Reference:close Reference:digest Reference:tag blob.get blob.head blob.put image.config
    image.copy image.exportTar image.importTar image.manifest image.manifestHead image.manifestList
    image.ratelimitWait manifest.descriptor manifest.get manifest.getList manifest.head manifest.put os.clock
    os.date os.difftime os.time reference.close reference.new repo.ls tag.delete tag.ls"""
"""What the Go program has."""
GENERIC: Final = frozenset({"T", "R"})


def functions() -> list[Function]:
    """Return every function and method that is described."""
    manual = read()
    tables = (*manual.libraries.values(), *manual.modules.values())
    found = [*manual.functions.values(), *(each for table in tables for each in table.functions)]
    return found + [method for each in manual.classes.values() for method in each.methods]


def types() -> set[str]:
    """Return the names of all types that are used."""
    manual = read()
    used = [field.type for each in manual.classes.values() for field in each.fields]
    used += [field.type for each in manual.modules.values() for field in each.fields]
    used += [each.type for each in manual.aliases.values()]
    used += [each.type for function in functions() for each in function.parameters]
    used += [each.type for function in functions() for each in function.returns]
    plain = (re.sub(r'"[^"]*"|\w+\??:|\.\.\.', "", kind) for kind in used)
    return {name for kind in plain for name in re.findall(r"\w+", kind)}


def test_every_type_is_known() -> None:
    """What the files name as a type is one: Lua's, an alias, a class or a placeholder."""
    manual = read()
    assert types() <= BUILT_IN | GENERIC | manual.aliases.keys() | manual.classes.keys()


def test_every_class_is_used() -> None:
    """No class is described that nothing takes or gives."""
    manual = read()
    parents = {each.parent for each in manual.classes.values()}
    assert manual.classes.keys() <= types() | parents


@pytest.mark.parametrize("function", functions(), ids=lambda function: function.name)
def test_every_function_has_a_text(function: Function) -> None:
    """Each function is told of in sentences."""
    assert re.fullmatch(r"[A-Z*].*[.`]", function.text, re.DOTALL)


@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_lines_are_short(path: Path) -> None:
    """No line is longer than others of the project."""
    assert max(map(len, path.read_text().splitlines())) <= 120


def test_extensions() -> None:
    """What the Go program has not is marked as an extension, but for modules, which it has none of."""
    modules = {each.name for library in read().modules.values() for each in library.functions}
    modules |= {each.name for name in ("JsonNumber", "Pattern") for each in read().classes[name].methods}
    assert {each.name for each in functions() if not each.extension} - modules == set(OF_GO.split())


def test_options_are_exact() -> None:
    """Classes of options are exact, so that an editor tells a name that does not exist."""
    text = definitions.one()
    options = [each.name for each in read().classes.values() if each.is_options]
    assert [name for name in options if f"---@class (exact) {name}\n" not in text] == []


def test_the_one_file_is_lua() -> None:
    """What is printed compiles, and says once that it is for editors only."""
    text = definitions.one()
    assert logs(f"print(loadstring([==[{text}]==]))")[0].startswith("function")
    assert text.count("---@meta") == 1


def test_the_one_file_says_the_same() -> None:
    """What is printed has every function and class of the single files."""
    text = definitions.one()
    names = [function.name for function in functions()]
    assert [name for name in names if f"function {name}(" not in text] == []
    assert [name for name in read().classes if not re.search(rf"^---@class .*\b{name}\b", text, re.MULTILINE)] == []


def test_a_folder_has_modules_by_name() -> None:
    """Written to a folder, each module is a file that an editor finds by what is required."""
    written = dict(definitions.several())
    assert {f"{name}.lua" for name in read().modules} <= written.keys()
    assert len(written) == len(files())

"""Reads the definition files in api/: Lua without code, whose comments are annotations of lua-language-server.

The form is stricter than what editors take, so that nothing of it can be misread: see `blocks` and `lines`.  Besides:

- the text of what only regbot has begins with `*Extension.*`;
- the text of a field stands above it, or behind it; a field without any is another name of the field before it;
- a class whose name ends in `Options` is a table of options;
- `---@meta NAME` makes a file the module of that name, `---@meta _` one that nobody requires, whose global tables are
  libraries.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from regbot.manual.blocks import blocks
from regbot.manual.entries import alias, class_of, function
from regbot.manual.lines import ManualError, table
from regbot.manual.model import Library, Manual

if TYPE_CHECKING:
    from collections.abc import Iterable

    from regbot.manual.blocks import Block
    from regbot.manual.model import Class, Function

FOLDER: Final = Path(__file__).parent / "api"


@cache
def read() -> Manual:
    """Return the description of the API that this regbot has."""
    return manual(path.read_text(encoding="utf-8") for path in files())


def files() -> list[Path]:
    """Return the definition files, modules last."""
    return sorted(FOLDER.glob("*.lua")) + sorted(FOLDER.glob("modules/*.lua"))


def manual(texts: Iterable[str]) -> Manual:
    """Return what definition files say; ManualError if one of them breaks the form."""
    whole = Manual({}, {}, {}, {}, {})
    for text in texts:
        module = ""
        for block in blocks(text):
            module = "".join(block.all("meta")) or module
            _add(whole, module, block)
    whole.classes.update({name: _with_inherited(whole, found) for name, found in whole.classes.items()})
    return whole


def _with_inherited(whole: Manual, found: Class) -> Class:
    """Return a class with what it has of its parent, which may have it of its own."""
    if not found.parent:
        return found
    if found.parent not in whole.classes:
        raise ManualError(f"{found.name}: there is no class {found.parent}")
    above = _with_inherited(whole, whole.classes[found.parent])
    return replace(found, fields=above.fields + found.fields, methods=above.methods + found.methods)


def _add(whole: Manual, module: str, block: Block) -> None:
    if block.all("alias"):
        found = alias(block)
        whole.aliases[found.name] = found
    elif block.all("class"):
        _add_table(whole, module, block)
    elif block.code.startswith("function "):
        _add_function(whole, module, function(block))
    elif not block.all("meta") and block.code != f"return {module}":
        raise ManualError(f"nothing that is known: {block.annotations} {block.code}")


def _add_table(whole: Manual, module: str, block: Block) -> None:
    found, name = class_of(block), table(block.code)
    if block.code == f"local {module} = {{}}":
        whole.modules[module] = _library(module, found)
    elif block.code == f"{name} = {{}}" and name:
        whole.libraries[name] = _library(name, found)
    elif block.code in {"", f"local {found.name} = {{}}"}:
        whole.classes[found.name] = found
    else:
        raise ManualError(f"the table of the class {found.name} has another name: {block.code}")


def _library(name: str, found: Class) -> Library:
    return Library(name, found.text, found.fields, (), found.extension)


def _add_function(whole: Manual, module: str, found: Function) -> None:
    owner, mark, _ = found.name.replace(":", ".").rpartition(".")
    if not mark:
        whole.functions[found.name] = found
    elif owner == module:
        whole.modules[owner] = _with(whole.modules[owner], found)
    elif owner in whole.libraries:
        whole.libraries[owner] = _with(whole.libraries[owner], found)
    elif owner in whole.classes and ":" in found.name:
        known = whole.classes[owner]
        whole.classes[owner] = replace(known, methods=(*known.methods, found))
    else:
        raise ManualError(f"{found.name}: there is no {owner}")


def _with(library: Library, found: Function) -> Library:
    return replace(library, functions=(*library.functions, found))

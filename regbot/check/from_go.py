"""What in a script works otherwise than in the Go program of the same name; of the file see config/from_go.py.

It is no fault: a script may be meant so.  What is told is only what a script shows that does what it did there.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from lark import Token

from regbot.check.findings import Finding, shown
from regbot.check.script import MAX_FINDINGS, MAX_LENGTH
from regbot.check.syntax import Node, Unreadable, is_node, name_of, parse, text_of
from regbot.check.uses import Way
from regbot.check.walk import uses
from regbot.manual.standard import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from regbot.check.known import Known
    from regbot.check.uses import Path, Use, Uses

_GLOBALS: Final = frozenset(ABSENT[""]) - {"ffi", "jit"} | {"channel"}
_OS: Final = frozenset(ABSENT["os"]) | {"setenv"}
"""What gopher-lua has and we have not: other than LuaJIT it brings channel and os.setenv, and neither ffi nor jit."""
_LAYOUT: Final = "ocidir://"
_CALLED: Final = frozenset({Way.CALL, Way.LOOP, Way.NAME})
_INSTEAD: Final[dict[Path, str]] = {
    ("os", "getenv"): "write the value into the script; of a password, write a template into creds",
    ("os", "execute"): "have what starts regbot do that before or after",
    ("os", "exit"): "return ends a script, error() makes it fail; there it ended the whole server",
    ("io",): "log() says things, a Lua table in a module (modules:) holds data",
    ("dofile",): "put the file into a folder that modules: names, and require it",
    ("loadfile",): "put the file into a folder that modules: names, and require it",
    ("package",): "folders of modules are named by modules: in the configuration",
    ("channel",): "parallel.map does several things at once",
}
"""What to do without the things that scripts had there."""
_DRY: Final = "in a dry run it changes nothing, and what follows reads as if it had; the Go program writes even then"
_CALLS: Final[dict[Path, str]] = {
    ("manifest", "put"): _DRY,
    ("image", "importTar"): _DRY,
    ("blob", "put"): f"it uploads what its second argument holds, not the text of its first; {_DRY}",
    ("print",): "it goes to the log, as log() does; the Go program writes to standard output",
    ("tag", "delete"): (
        "a tag is overwritten before it is deleted only where the registry says that it cannot delete tags, and "
        "put back if that fails; the Go program does so after any refusal, and may leave it overwritten"
    ),
}
"""Functions that work otherwise."""


def differences(source: str, known: Known) -> list[Finding]:
    """Return what differs in a text that LuaJIT compiles, in the order of its lines; nothing of what cannot be read."""
    if len(source) > MAX_LENGTH:
        return []
    try:
        tree = parse(source)
        found = uses(tree)
    except (Unreadable, RecursionError):
        return []
    every = {Finding(line, message, certain=False) for line, message in _all(tree, found, known)}
    return sorted(islice(sorted(every), MAX_FINDINGS))


def _all(tree: Node, found: Uses, known: Known) -> Iterator[tuple[int, str]]:
    own = {use.path for use in found.paths if use.way is Way.SET and use.path[0] != "package"}
    for use in found.paths:
        if not own & {use.path, use.path[:1]}:
            yield from _of_use(use, known)
    for method in found.methods:
        if method == "put":
            yield method.line or 0, f":put: {_DRY}"
    yield from _layouts(tree)


def _of_use(use: Use, known: Known) -> Iterator[tuple[int, str]]:
    if gone := _absent(use.path):
        instead = next((text for path, text in _INSTEAD.items() if path == use.path[: len(path)]), "")
        yield use.line, f"{'.'.join(gone)} is not there; the Go program has it{instead and '; '}{instead}"
    if use.way in _CALLED and (what := _CALLS.get(use.path)):
        yield use.line, f"{'.'.join(use.path)}: {what}"
    if use.way is Way.METHOD and use.path[-1] == "put":
        yield use.line, f":put: {_DRY}"
    if use.way not in {Way.CALL, Way.LOOP}:
        return
    yield from _options(use, known)
    if use.path == ("require",):
        yield from _module(use, known)
    if use.path == ("manifest", "get") and len(use.arguments) > 1 and not is_node(use.arguments[1], "nil"):
        yield use.line, "manifest.get: an index without that platform is an error; the Go program takes another one"
    if use.path in {("image", "exportTar"), ("image", "importTar")} and len(use.arguments) > 1:
        yield from _file(use.line, text_of(use.arguments[1]))


def _absent(path: Path) -> Path:
    """Return the part of a path that scripts have not here and had there, () if there is none."""
    if path[0] in _GLOBALS:
        return path[:2]
    return path[:2] if path[0] == "os" and path[1:2] and path[1] in _OS else ()


def _options(use: Use, known: Known) -> Iterator[tuple[int, str]]:
    function = known.function(use.path)
    for parameter, argument in zip(function.parameters if function else (), use.arguments, strict=False):
        options = known.manual.options(parameter)
        if options is None or not is_node(argument, "table"):
            continue
        names = {field.name for field in options.fields}
        for entry in argument.children:
            name = name_of(entry.children[0]) if is_node(entry, "pair") else None
            if name is not None and name not in names:
                message = f"the option {shown(name)} is an error; the Go program passes over it; take it out"
                yield use.line, f"{'.'.join(use.path)}: {message}"


def _module(use: Use, known: Known) -> Iterator[tuple[int, str]]:
    name = text_of(use.arguments[0]) if use.arguments else None
    if name is None or name not in known.modules:
        where = "is found only in folders that modules: names; the Go program looks in its own, and where LUA_PATH says"
        yield use.line, f"require: {'a module' if name is None else shown(name)} {where}"


def _layouts(tree: Node) -> Iterator[tuple[int, str]]:
    for node in tree.find_data("string"):
        text = text_of(node)
        if text is not None and text.startswith(_LAYOUT):
            (token,) = node.children
            assert isinstance(token, Token)
            yield from _file(token.line or 0, text.removeprefix(_LAYOUT))


def _file(line: int, path: str | None) -> Iterator[tuple[int, str]]:
    if path is None or not (path.startswith("/") or ".." in path.split("/")):
        return
    why = "is reached only if it lies beneath the files folder; the Go program reaches every file"
    yield line, f"{shown(path)} {why}; start regbot with --files DIR, the folder that holds it"

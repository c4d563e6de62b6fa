"""What is described is there, and what is there is described."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

import regbot
from regbot.manual.reading import read
from regbot.manual.standard import ABSENT, STANDARD
from tests.sandbox.scripted import error_of, logs, manifest

if TYPE_CHECKING:
    from regbot.manual.model import Function, Library

PRELUDE: Final = Path(regbot.__file__).parent / "sandbox" / "prelude"
ARGUMENTS: Final = {"Image": "'app'", "string": "'app'", "Options": "{['?'] = 1}", "[]": "{}", "fun": "log"}
"""By a piece of its type: an argument that is right, but for the options, which are wrong."""
OBJECTS: Final = {"blob": "Blob", "config": "Config", "manifest": "Manifest", "reference": "Reference"}
"""The modules of the prelude whose objects have methods, and what the description calls those."""
OTHER_NAMES: Final = frozenset({"image.manifest", "image.manifestHead", "image.manifestList", "reference.close"})
"""The functions that errors call by another name."""
MODULES_OPTIONS: Final = {"json').encode": "JsonOptions", "retention').select": "RetentionOptions"}
"""The functions of modules that take options, and the class of these."""


def with_options() -> list[Function]:
    """Return the functions that take options."""
    manual = read()
    functions = [each for library in manual.libraries.values() for each in library.functions]
    return [each for each in functions if any(map(manual.options, each.parameters))]


def with_a_dot() -> list[Function]:
    """Return the functions of tables, but for those of Lua's own, and those that have another name, too."""
    libraries = [library for name, library in read().libraries.items() if name not in STANDARD]
    return [each for library in libraries for each in library.functions if each.name not in OTHER_NAMES]


def methods() -> list[Function]:
    """Return the methods of objects of the API."""
    return [method for name in OBJECTS.values() for method in read().classes[name].methods]


def absent() -> list[str]:
    """Return the names of functions that scripts have not, but for one: there is a `remove`, in `table`."""
    names = [f"{library}.{name}".lstrip(".") for library in ABSENT for name in ABSENT[library]]
    return [name for name in names if name != "os.remove"]


def argument(kind: str) -> str:
    """Return an argument of a type, as Lua."""
    return next(text for piece, text in ARGUMENTS.items() if piece in kind)


def test_globals() -> None:
    """A script's globals are what is described, and what Lua's manual describes."""
    manual = read()
    described = {*manual.functions, *manual.libraries, *STANDARD[""], *STANDARD} - {""}
    assert set(logs("for name in pairs(_G) do log(name) end")) == described


@pytest.mark.parametrize("library", read().libraries.values(), ids=lambda library: library.name)
def test_libraries(library: Library) -> None:
    """Each table of functions holds what is described, and nothing else."""
    assert set(logs(f"for name in pairs({library.name}) do log(name) end")) == set(library.names)


@pytest.mark.parametrize("library", sorted(STANDARD.keys() - {""}))
def test_the_standard_library(library: str) -> None:
    """Of each of Lua's libraries scripts have these names, and no other."""
    assert set(logs(f"for name in pairs({library}) do log(name) end")) == set(STANDARD[library])


@pytest.mark.parametrize("library", ABSENT)
def test_what_is_absent(library: str) -> None:
    """The names that scripts are said not to have are nil."""
    names = [f"{library or '_G'}.{name}" for name in ABSENT[library]]
    assert logs(f"print({', '.join(names)})") == ["\t".join(["nil"] * len(names))]


@pytest.mark.parametrize("name", absent())
def test_who_looks_for_it(name: str) -> None:
    """Who calls a function that LuaJIT has, and scripts have not, is told so."""
    assert error_of(f"{name}()").endswith(f"; scripts have no {name} (see docs/lua.md)")


@pytest.mark.parametrize("name", read().modules)
def test_who_forgets_to_require_it(name: str) -> None:
    """Who uses a module that is not required is told how to write it."""
    assert error_of(f"{name}.x()").endswith(f'; it is a module: write local {name} = require("{name}")')


@pytest.mark.parametrize("function", with_a_dot(), ids=lambda function: function.name)
def test_a_colon_for_a_dot(function: Function) -> None:
    """Who calls a function of a table as if it were a method is told to write a dot."""
    library, name = function.name.split(".")
    error = error_of(f"{library}:{name}('a')")
    assert error.endswith(f", not the table {library}; write {library}.{name}(…), with a dot")


@pytest.mark.parametrize("function", with_options(), ids=lambda function: function.name)
def test_options(function: Function) -> None:
    """A function knows the options that are described, and no other."""
    given = ", ".join(argument(parameter.type) for parameter in function.parameters)
    known = [name for each in map(read().options, function.parameters) if each for name in each.names]
    error = error_of(f"{function.name}({given})")
    assert error.endswith(f'there is no option "?"; there are {", ".join(sorted(known))}')


@pytest.mark.parametrize("module", read().modules.values(), ids=lambda module: module.name)
def test_modules(module: Library) -> None:
    """A module holds what is described, and nothing else."""
    assert set(logs(f"for name in pairs(require('{module.name}')) do log(name) end")) == set(module.names)


@pytest.mark.parametrize(("call", "options"), MODULES_OPTIONS.items())
def test_options_of_modules(call: str, options: str) -> None:
    """A function of a module knows the options that are described, and no other."""
    *_, known = error_of(f"require('{call}({{}}, {{['?'] = 1}})").rpartition("there are ")
    assert sorted(known.split(", ")) == sorted(read().classes[options].names)


@pytest.mark.parametrize("module", OBJECTS)
def test_methods(module: str) -> None:
    """The methods of an object are those that are described."""
    source = (PRELUDE / "api" / f"{module}.lua").read_text()
    described = {method.last_name for method in read().classes[OBJECTS[module]].methods}
    assert set(re.findall(r"\bmethods\.(\w+)", source)) == described


@pytest.mark.parametrize("method", methods(), ids=lambda method: method.name)
def test_hints(method: Function) -> None:
    """Who misspells the name of a method is told of it."""
    name = method.last_name
    error = error_of(f"manifest.head('a'):{name + name[-1]}()", {"manifest.head": lambda _: manifest(None)})
    assert error.endswith(f'; did you mean "{name}"?')


def test_methods_of_patterns() -> None:
    """A compiled expression has a method for each function of its module but the one that compiled it."""
    names = {method.last_name for method in read().classes["Pattern"].methods}
    assert names == set(read().modules["re"].names) - {"compile"}
    tell = "".join(f"log(type(p.{name}))" for name in names)
    assert set(logs(f"local p = require('re').compile('a') {tell}")) == {"function"}


def test_methods_of_exact_numbers() -> None:
    """An exact number of JSON has the one method."""
    assert [method.last_name for method in read().classes["JsonNumber"].methods] == ["number"]
    assert logs("log(require('json').number('1'):number())") == ["1"]

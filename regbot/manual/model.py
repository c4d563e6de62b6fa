"""What the description of the Lua API says, as values.

A manual is read from the definition files in api/ (`reading.read`).  Types are texts as they stand there, such as
`string|Reference` or `Descriptor[]`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from regbot.manual.lines import alternatives

OPTIONS: Final = "Options"
"""How the name of a class ends whose fields are options of a function."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function; a *name* of `...` stands for any number of them."""

    name: str
    type: str
    text: str
    optional: bool


@dataclass(frozen=True, slots=True)
class Return:
    """A value that a function returns."""

    type: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Function:
    """A function or a method.

    Its name is what a script calls: `log`, `tag.ls`; of a method the class with it: `Manifest:get`.
    """

    name: str
    parameters: tuple[Parameter, ...]
    returns: tuple[Return, ...]
    text: str
    extension: bool
    """Whether only regbot has it, and the Go program has not."""

    @property
    def last_name(self) -> str:
        """What stands behind the last dot or colon."""
        return self.name.replace(":", ".").rpartition(".")[2]

    @property
    def signature(self) -> str:
        """A call of it, what may be left out in brackets; an object has the first letter of its class."""
        owner, mark, name = self.name.rpartition(":")
        shown = f"{owner[:1].lower()}:{name}" if mark else self.name
        text, opened = "", 0
        for parameter in self.parameters:
            comma = ", " if text else ""
            if parameter.optional:
                text += f"{' ' if text else ''}[{comma}{parameter.name}"
                opened += 1
            else:
                text += comma + parameter.name
        return f"{shown}({text}{']' * opened})"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object, or an option."""

    name: str
    type: str
    text: str
    optional: bool
    extension: bool
    aliases: tuple[str, ...] = ()
    """Other names of the same field: those that it has in Go."""


@dataclass(frozen=True, slots=True)
class Class:
    """What an object, a table of results or a table of options has."""

    name: str
    text: str
    fields: tuple[Field, ...]
    methods: tuple[Function, ...]
    extension: bool
    parent: str = ""
    """The class whose fields and methods are among its own."""

    @property
    def is_options(self) -> bool:
        """Whether its fields are options of a function."""
        return self.name.endswith(OPTIONS)

    @property
    def names(self) -> tuple[str, ...]:
        """All names that its fields answer to."""
        return tuple(name for field in self.fields for name in (field.name, *field.aliases))


@dataclass(frozen=True, slots=True)
class Library:
    """A table of functions: a global of every script, or a module, which `require` gives."""

    name: str
    text: str
    fields: tuple[Field, ...]
    functions: tuple[Function, ...]
    extension: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all that is in the table."""
        return tuple(each.name for each in self.fields) + tuple(each.last_name for each in self.functions)


@dataclass(frozen=True, slots=True)
class Alias:
    """A name for a type."""

    name: str
    type: str
    text: str


@dataclass(frozen=True, slots=True)
class Manual:
    """The whole description; each mapping is by name."""

    functions: dict[str, Function]
    """Global functions that are in no table: `log`."""
    libraries: dict[str, Library]
    """Global tables: `tag`."""
    modules: dict[str, Library]
    """What `require` finds."""
    classes: dict[str, Class]
    aliases: dict[str, Alias]

    def function(self, name: str) -> Function | None:
        """Return a global function by the whole of its name, `log` or `tag.ls`; None if there is none."""
        library, _, last = name.rpartition(".")
        if not library:
            return self.functions.get(name)
        found = self.libraries.get(library)
        return next((each for each in found.functions if each.last_name == last), None) if found else None

    def options(self, parameter: Parameter) -> Class | None:
        """Return the options that a parameter is a table of; None for any other parameter."""
        return next(iter(self.options_in(parameter.type)), None)

    def options_in(self, kind: str) -> list[Class]:
        """Return the tables of options among the alternatives of a type."""
        found = (self.classes.get(each) for each in alternatives(kind))
        return [each for each in found if each and each.is_options]

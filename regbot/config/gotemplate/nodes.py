"""The tree of a template.  *at* is the place in the template's text, in characters from 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, number, truth value or nil."""

    value: str | float | bool | None
    at: int


@dataclass(frozen=True, slots=True)
class Dot:
    """The value that the template, a with or a range works on."""

    at: int


@dataclass(frozen=True, slots=True)
class Variable:
    """`$name`, or `$`: the value that the template began with."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Name:
    """A function by its name."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Chain:
    """`.A.B` after a value."""

    of: Operand
    names: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Command:
    """An operand with arguments; the result of the command before it in the pipeline becomes the last of them."""

    operands: tuple[Operand, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands, and the variables that take the result; *declares* tells `:=` from `=`."""

    variables: tuple[str, ...]
    declares: bool
    commands: tuple[Command, ...]
    at: int


Operand: TypeAlias = Literal | Dot | Variable | Name | Chain | Pipeline


@dataclass(frozen=True, slots=True)
class Text:
    """Text as it stands."""

    text: str


@dataclass(frozen=True, slots=True)
class Action:
    """A pipeline whose result is written, unless it goes to a variable."""

    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class If:
    """*then* if the pipeline's value is true, else *otherwise*; *binds* is with, which makes the value the dot."""

    pipeline: Pipeline
    then: tuple[Node, ...]
    otherwise: tuple[Node, ...]
    binds: bool


@dataclass(frozen=True, slots=True)
class Range:
    """*body* for each element, *otherwise* if there is none."""

    pipeline: Pipeline
    body: tuple[Node, ...]
    otherwise: tuple[Node, ...]


Node: TypeAlias = Text | Action | If | Range

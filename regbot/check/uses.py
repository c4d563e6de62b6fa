"""What a script does with names that are not its own: the globals, and what it gets by `require`.

A *path* is a name and the fields behind it: `tag.ls(x)` calls ("tag", "ls").  A local variable that is made of a path
and of nothing else stands for it: after `local list = tag.ls`, `list(x)` is a call of ("tag", "ls"), too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from lark import Token

    from regbot.check.syntax import Node

Path: TypeAlias = tuple[str, ...]

MODULE: Final = "require "
"""What the first name of the path of a module begins with; no other name has a space."""


class Way(Enum):
    """What is done with the value at a path."""

    READ = "read"
    """It is asked for as a whole, perhaps only to see whether it is there."""
    NAME = "name"
    """It is given to a local variable, which stands for it from there on."""
    CALL = "call"
    LOOP = "loop"
    """What a call of it returns is given to `for … in` as it is."""
    METHOD = "method"
    """A method of it is called; its name is the last one of the path."""
    INDEX = "index"
    """A field of it is read or set whose name is not known."""
    SET = "set"


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a path; *arguments* are those of a call."""

    path: Path
    line: int
    way: Way
    arguments: tuple[Node | Token, ...] = ()
    guarded: bool = False
    """Whether it is in a function that is called by `pcall` or the like."""


@dataclass(slots=True)
class Uses:
    """All that a script does with names, in the order of the text."""

    paths: list[Use] = field(default_factory=list)
    methods: list[Token] = field(default_factory=list)
    """The names of methods that are called of anything else."""
    defined: set[str] = field(default_factory=set)
    """The names of fields that the script gives to any table."""
    variables: set[str] = field(default_factory=set)
    """The names of local variables."""

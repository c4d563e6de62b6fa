"""What a configuration file is made of: fields, and the sections that they stand in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from regbot.config.kinds import Kind

_T_co = TypeVar("_T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Field(Generic[_T_co]):
    """One key with a value.

    *about* is Markdown, *example* what may stand there; *default* is for readers ("": none); *deprecated* says what to
    write instead.
    """

    key: str
    kind: Kind[_T_co]
    about: str
    example: str
    default: str = ""
    templated: bool = False
    deprecated: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A map of the file: its values and the sections within.  *noun* is what a message calls one of it."""

    noun: str
    about: str
    fields: tuple[Field[object], ...]
    parts: tuple[Part, ...] = ()
    required: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key that has a meaning here."""
        return (*(field.key for field in self.fields), *(part.key for part in self.parts))


@dataclass(frozen=True, slots=True)
class Part:
    """A key that holds a section, or with *many* a list of them."""

    key: str
    section: Section
    many: bool = False

"""The entries of a definition file: each block of annotations to what it describes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from regbot.manual import lines
from regbot.manual.lines import ManualError
from regbot.manual.model import Alias, Class, Field, Function, Parameter, Return

if TYPE_CHECKING:
    from regbot.manual.blocks import Block


def alias(block: Block) -> Alias:
    """Return the type that a block gives a name."""
    (text,) = block.all("alias")
    name, _, kind = text.partition(" ")
    kind, rest = lines.split_type(kind)
    if rest:
        raise ManualError(f"the type {name} has something behind it: {rest}")
    return Alias(name, kind, block.text)


def class_of(block: Block) -> Class:
    """Return the class that a block describes, without its methods."""
    (line,) = block.all("class")
    name, _, parent = line.removeprefix("(exact) ").partition(": ")
    text: list[str] = []
    title = ""
    fields: list[Field] = []
    for tag, rest in block.annotations:
        if tag == "field":
            _add_field(fields, rest, "\n".join(text))
            text = []
        elif tag == "class":
            title, text = "\n".join(text), []
        elif tag in {"", "meta"}:
            text += [rest] if tag == "" else []
        elif tag != "overload":
            raise ManualError(f"a class has no @{tag}")
    title, is_extension = lines.extension(title)
    return Class(name, title, tuple(fields), (), is_extension, parent)


def _add_field(fields: list[Field], line: str, above: str) -> None:
    found = lines.named(line)
    text = above or found.text
    if not text and fields and fields[-1].type == found.type:
        fields[-1] = replace(fields[-1], aliases=(*fields[-1].aliases, found.name))
        return
    text, is_extension = lines.extension(text)
    fields.append(Field(found.name, found.type, text, found.optional, is_extension))


def function(block: Block) -> Function:
    """Return the function that a block describes; what is said of its parameters must fit its code."""
    defined = lines.function(block.code)
    if defined is None:
        raise ManualError(f"not a function: {block.code}")
    name, names = defined
    parameters = tuple(map(_parameter, block.all("param")))
    if [each.name for each in parameters] != names:
        raise ManualError(f"{name}: the parameters are not those of its annotations")
    text, is_extension = lines.extension(block.text)
    returns = tuple(map(_return, block.all("return")))
    return Function(name, parameters, returns, text, is_extension)


def _parameter(line: str) -> Parameter:
    found = lines.named(line)
    return Parameter(found.name, found.type, found.text, found.optional)


def _return(line: str) -> Return:
    kind, rest = lines.split_type(line)
    name, _, text = rest.partition(" ")
    if not name:
        raise ManualError(f"a returned value without a name: {line}")
    return Return(kind, name, text)

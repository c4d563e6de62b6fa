from __future__ import annotations

from typing import Final

import pytest

from regbot.manual.lines import ManualError, split_type
from regbot.manual.model import Field, Function, Parameter, Return
from regbot.manual.reading import manual

LIBRARY: Final = """---@meta _

---@class (exact) ListOptions
---@field limit? integer At most so many.

---The tags.
---@class taglib
tag = {}

---*Extension.* Lists
---the tags.
---@param image string|Reference Whose.
---@param options? ListOptions
---@return string[] tags In order.
function tag.ls(image, options) end
"""
OBJECT: Final = """---@meta _

---@class Name: Thing
---@field name string Its name.

---@class Thing
---@field thing string What it is.

---A name.
---@class Reference: Name
---@field size number
---@field Size number
---Above
---the field.
---@field ["os.version"]? string
local Reference = {}

---Closes.
function Reference:close() end
"""


def test_a_function() -> None:
    """A function has its parameters, what it returns, its text, and the mark of an extension."""
    assert manual([LIBRARY]).function("tag.ls") == Function(
        name="tag.ls",
        parameters=(
            Parameter("image", "string|Reference", "Whose.", optional=False),
            Parameter("options", "ListOptions", "", optional=True),
        ),
        returns=(Return("string[]", "tags", "In order."),),
        text="Lists\nthe tags.",
        extension=True,
    )


def test_options() -> None:
    """A parameter whose class ends in Options has the fields of that class for options."""
    read = manual([LIBRARY])
    found = read.function("tag.ls")
    assert found
    options = [read.options(parameter) for parameter in found.parameters]
    assert [each and each.names for each in options] == [None, ("limit",)]


def test_a_class() -> None:
    """A class has fields, each with the names that it answers to, methods, and what it is a kind of."""
    found = manual([OBJECT]).classes["Reference"]
    assert found.fields[2:] == (
        Field("size", "number", "", optional=False, extension=False, aliases=("Size",)),
        Field("os.version", "string", "Above\nthe field.", optional=True, extension=False),
    )
    assert [method.name for method in found.methods] == ["Reference:close"]
    assert (found.text, found.parent) == ("A name.", "Name")


def test_an_heir() -> None:
    """A class has the fields of those that it is a kind of, once each, before its own."""
    classes = manual([OBJECT]).classes
    assert classes["Name"].names == ("thing", "name")
    assert classes["Reference"].names == ("thing", "name", "size", "Size", "os.version")


def test_a_module() -> None:
    """A file whose meta line has a name is a module, and not a library."""
    text = "---@meta json\n\n---@class json\nlocal json = {}\n\n---Reads.\nfunction json.decode() end\n\nreturn json\n"
    read = manual([text])
    assert (read.modules["json"].names, read.libraries) == (("decode",), {})


@pytest.mark.parametrize(
    "text",
    [
        "---@parm x string",
        "---@meta _\n\nfunction nobody.ls() end",
        "---@meta _\n\nprint(1)",
        "---@param x string\nfunction log(y) end",
        "---@param x\nfunction log(x) end",
        "---@return string\nfunction log() end",
        "---@class Reference\nlocal Other = {}",
        "---@class Reference: Nobody",
        "---@class Reference\n---@param x string\nlocal Reference = {}",
        "---@alias Image string|Reference and more",
        "---@param x fun(a: string\nfunction log(x) end",
        "---Text.\nlog = function() end",
        "---Text.\nfunction log() return 1 end",
    ],
)
def test_what_breaks_the_form(text: str) -> None:
    """What editors might take, and the form does not know, is an error, and never passed over."""
    with pytest.raises(ManualError):
        manual([text])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("string Text.", "string"),
        ("string", "string"),
        ("table<string, number> Text.", "table<string, number>"),
        ("fun(item: any, index: integer): boolean Text.", "fun(item: any, index: integer): boolean"),
        ('"a"|"b" Text.', '"a"|"b"'),
    ],
)
def test_the_end_of_a_type(text: str, kind: str) -> None:
    """A type ends at the first space that is not in brackets, nor behind a colon."""
    assert split_type(text) == (kind, text[len(kind) + 1 :])

"""Arguments from a child, honest or taken over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbot.config.durations import InvalidDuration
from regbot.protocol.errors import WireError
from regbot.registry.errors import InvalidText
from regbot.supervisor.arguments import InvalidArgument, image, options, text
from regbot.supervisor.operations import OPERATIONS, describe, find, parse

if TYPE_CHECKING:
    from regbot.protocol.values import Value

DIGEST = "sha256:" + "0" * 64

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.binary(max_size=40) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(sorted(OPERATIONS)), st.lists(VALUES, max_size=5))
def test_any_arguments_are_parsed_or_refused(name: str, given_: list[Value]) -> None:
    """Whatever a child sends becomes as many values as the operation takes at most, or one of the known refusals."""
    operation = OPERATIONS[name]
    try:
        parsed = parse(operation, given_)
    except (InvalidArgument, InvalidText, InvalidDuration, WireError):
        return
    assert operation.required <= len(parsed) <= len(operation.takes)


@given(VALUES)
def test_any_arguments_can_be_described(value: Value) -> None:
    """The beginning of an error can be made of whatever a child sends, and stays short."""
    assert len(describe("image.copy", value)) < 1000


def test_an_image_by_its_reference() -> None:
    """A text is a reference."""
    assert str(image(b"alpine")) == "docker.io/library/alpine:latest"


def test_an_image_by_an_object_is_pinned() -> None:
    """An object stands for the very manifest that was got, whatever its tag points at by now."""
    found = image({"reference": b"localhost:5000/a:v1", "digest": DIGEST.encode()})
    assert (str(found.reference), str(found.pinned)) == ("localhost:5000/a:v1", f"localhost:5000/a@{DIGEST}")


@pytest.mark.parametrize("value", [None, 5, True, [], {}, {"reference": b"a"}, b"\xff", b"a" * 5000, {"x": b"a"}])
def test_what_is_no_image(value: Value) -> None:
    """Anything else is refused."""
    with pytest.raises((InvalidArgument, InvalidText)):
        image(value)


def test_unknown_option_lists_the_known() -> None:
    """An option that does not exist is an error that lists those that do."""
    with pytest.raises(InvalidArgument, match=r'no option "limt"; there are limit, last'):
        options("limit", "last")({"limt": 3})


def test_an_empty_table_is_no_option() -> None:
    """Lua's empty table arrives as a list, and means no options."""
    assert options("limit")([]) == {}


def test_text_must_be_utf8() -> None:
    """Bytes that are no text are refused by name."""
    with pytest.raises(InvalidArgument, match="not UTF-8"):
        text(b"\xff\xfe")


def test_unknown_operation_is_a_broken_child() -> None:
    """No honest child asks for an operation that is not in the table, nor by a name that Python would find."""
    with pytest.raises(WireError, match="no operation '__class__'"):
        find("__class__")


def test_too_many_arguments_are_a_broken_child() -> None:
    """The prelude never sends more arguments than an operation takes."""
    with pytest.raises(WireError, match="at most 1"):
        parse(find("tag.delete"), [b"a", b"b"])


def test_a_missing_argument_is_named() -> None:
    """What is missing is said by its position."""
    with pytest.raises(InvalidArgument, match=r"argument 2: .* got nothing"):
        parse(find("image.copy"), [b"a"])


def test_description_names_both_images_of_a_copy() -> None:
    """An error of a copy begins with source and target."""
    assert describe("image.copy", [b"a:1", {"reference": b"b:2"}]) == 'image.copy "a:1" to "b:2"'

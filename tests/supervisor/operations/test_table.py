"""The table of operations: what is in it, and what becomes of a call before anybody is asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbot.config.durations import InvalidDuration
from regbot.protocol.errors import WireError
from regbot.registry.errors import InvalidText, NotFound
from regbot.sandbox import lua
from regbot.supervisor.operations.arguments import InvalidArgument
from regbot.supervisor.operations.table import (
    OPERATIONS,
    Action,
    OperationFailed,
    answers_at_once,
    describe,
    find,
    parse,
)

if TYPE_CHECKING:
    from regbot.protocol.values import Value

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.binary(max_size=40) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
SHAPED = VALUES | st.fixed_dictionaries(
    {},
    optional={
        name: VALUES | st.just(b"a@sha256:" + b"0" * 64)
        for name in ("reference", "digest", "size", "mediaType", "body", "limit", "platforms", "referrers", "ifExists")
    },
)
"""What a child may send, near to what an honest one does."""
WRITERS: Final = {"tag.delete", "manifest.put", "manifest.delete", "blob.put", "image.copy", "image.importTar"}


@given(st.sampled_from(sorted(OPERATIONS)), st.lists(SHAPED, max_size=5))
def test_any_arguments_are_parsed_or_refused(name: str, given_: list[Value]) -> None:
    """Whatever a child sends becomes as many values as the operation takes, or one of the known refusals."""
    operation = OPERATIONS[name]
    try:
        parsed = parse(operation, given_)
    except (InvalidArgument, InvalidText, InvalidDuration, WireError):
        return
    assert len(parsed) == len(operation.takes)


@given(st.sampled_from(sorted(OPERATIONS)), VALUES)
def test_any_arguments_can_be_described(name: str, value: Value) -> None:
    """The beginning of an error can be made of whatever a child sends, and stays short."""
    assert len(describe(name, value)) < 1000


def test_unknown_operation_is_a_broken_child() -> None:
    """No honest child asks for an operation that is not in the table, nor by a name that Python would find."""
    with pytest.raises(WireError, match="no operation '__class__'"):
        find("__class__")


@pytest.mark.parametrize("value", [[b"a", b"b"], b"a", {}, None])
def test_what_is_no_list_of_arguments_is_a_broken_child(value: Value) -> None:
    """The prelude never sends more arguments than an operation takes, nor anything but a list."""
    with pytest.raises(WireError, match="at most 1"):
        parse(find("reference.new"), value)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_no_operation_does_without_its_first_argument(name: str) -> None:
    """An argument that must be there is missed by its position; every operation has one."""
    with pytest.raises(InvalidArgument, match=r"argument 1: .* got nothing"):
        parse(find(name), [])


def test_optional_arguments_are_nil() -> None:
    """What may be left out is there for the operation, as nothing."""
    assert parse(find("image.ratelimitWait"), [b"a", 1])[1:] == [1, None, None]


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("image.copy", [b"a:1", {"reference": b"b:2"}], 'image.copy "a:1" to "b:2"'),
        ("manifest.put", [{"reference": b"a:1", "body": b"{}"}, b"b:2"], 'manifest.put "a:1" to "b:2"'),
        ("image.exportTar", [b"a:1", b"x.tar"], 'image.exportTar "a:1" to "x.tar"'),
        ("image.importTar", [b"a:1", b"x.tar"], 'image.importTar "a:1" from "x.tar"'),
        ("blob.put", [b"a", b"secret content"], 'blob.put "a"'),
        ("blob.content", [{"reference": b"a@sha256:00"}, 5], 'blob.content "a@sha256:00"'),
        ("manifest.get", [b"a", b"linux/arm64"], 'manifest.get "a"'),
        ("manifest.get", [], "manifest.get"),
        ("no.such", [b"a"], 'no.such "a"'),
    ],
)
def test_descriptions(name: str, arguments: Value, expected: str) -> None:
    """The beginning of an error names what is read and what is written, and no content."""
    assert describe(name, arguments) == expected


def test_actions_say_who_writes() -> None:
    """Whatever changes a registry needs PUSH or DELETE, and nothing else does."""
    writing = Action.PUSH | Action.DELETE
    assert {name for name, operation in OPERATIONS.items() if operation.action & writing} == WRITERS


def test_tar_files_need_files() -> None:
    """Only what reads or writes a file needs FILE."""
    found = {name for name, operation in OPERATIONS.items() if Action.FILE in operation.action}
    assert found == {"image.exportTar", "image.importTar"}


def test_who_answers_at_once() -> None:
    """Only what asks no registry, and has no large result, is answered at once."""
    found = {name for name in (*OPERATIONS, "no.such") if answers_at_once(name)}
    assert found == {"manifest.export", "reference.new"}


def test_large_arguments() -> None:
    """Only what stores content, or says what it is, takes more than a short payload."""
    found = {name for name, operation in OPERATIONS.items() if operation.takes_content}
    assert found == {"blob.put", "manifest.export", "manifest.put"}


def test_what_is_not_kept() -> None:
    """Everything is done few at a time but what reads no manifest and has a short result."""
    found = {name for name, operation in OPERATIONS.items() if not operation.keeps_content}
    short = {"reference.new", "manifest.head", "manifest.export", "manifest.delete", "tag.delete"}
    assert found == short | {"blob.get", "blob.head", "blob.put", "image.ratelimitWait"}


def test_the_prelude_asks_for_nothing_else() -> None:
    """The operations that stand in the prelude are those of the table; that of the shell is its own."""
    sources = b"".join(source for name, source in lua.sources() if name != "shell").decode()
    asked = set(re.findall(r'(?:perform|look|find|tar)\("([a-z]+(?:\.[a-zA-Z]+)?)"', sources))
    assert asked == set(OPERATIONS)


def test_what_a_script_may_know_of_a_failure() -> None:
    """A failure carries what is known of its cause, and nothing that is not."""
    cause = NotFound("gone", status=404, code="NAME_UNKNOWN", registry="r", repository="a", request="GET secret")
    assert OperationFailed("tag.ls: gone", cause).payload() == {
        "message": "tag.ls: gone",
        "code": "NAME_UNKNOWN",
        "status": 404,
        "registry": "r",
        "repository": "a",
    }
    assert OperationFailed("x", InvalidArgument("y")).payload() == {"message": "x"}

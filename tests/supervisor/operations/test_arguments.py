"""Arguments from a child, honest or taken over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regbot.registry.errors import InvalidText
from regbot.registry.manifest import Manifest
from regbot.supervisor.operations.arguments import (
    MAX_CONTENT,
    MAX_COUNT,
    Image,
    InvalidArgument,
    blob,
    content,
    count,
    duration,
    image,
    source,
    table,
    text,
)
from tests import images

if TYPE_CHECKING:
    from regbot.protocol.values import Value

DIGEST = "sha256:" + "0" * 64

NAME = f"localhost:5000/a@{DIGEST}".encode()
MADE = images.image()
WHOLE: dict[str, Value] = {"reference": b"a", "mediaType": MADE.media_type.encode(), "body": MADE.manifest}


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


def test_a_manifest_with_its_bytes() -> None:
    """A manifest that is to be stored has the bytes that the child sent, and the digest that these have."""
    found = source(WHOLE)
    assert isinstance(found, Manifest)
    assert (found.body, str(found.descriptor.digest)) == (MADE.manifest, MADE.digest)


@pytest.mark.parametrize(
    "value", [b"localhost:5000/a:v1", {"reference": b"localhost:5000/a:v1", "digest": DIGEST.encode()}]
)
def test_a_manifest_by_its_image(value: Value) -> None:
    """Where there are no bytes, an image stands for its manifest."""
    assert isinstance(source(value), Image)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (WHOLE | {"body": 5}, "content of at most 8388608 bytes was expected, got a number"),
        (WHOLE | {"body": None}, "got nothing"),
        (WHOLE | {"body": b"x" * (MAX_CONTENT + 1)}, "got a string of 8388609 bytes"),
        (WHOLE | {"body": b"{"}, "no JSON"),
        (WHOLE | {"body": b"{}", "mediaType": b"text/html"}, "a manifest was expected"),
        (WHOLE | {"body": b"[" * 100_000}, "no JSON"),
        (WHOLE | {"mediaType": 5}, "a string of at most 4096 bytes was expected, got a number"),
        (WHOLE | {"digest": b"x"}, 'no option "digest"'),
        (5, "a string"),
    ],
)
def test_what_is_no_manifest(value: Value, said: str) -> None:
    """Bytes that are no manifest are the script's mistake, or worse, and are refused as an argument."""
    with pytest.raises(InvalidArgument, match=said):
        source(value)


@pytest.mark.parametrize(("size", "expected"), [(7, 7), (None, -1), (0, 0), (2.0**53, MAX_COUNT)])
def test_a_blob(size: Value, expected: int) -> None:
    """A blob is a repository, a digest, and the size that was told."""
    found = blob({"reference": NAME, "size": size})
    described = (str(found.repository), str(found.descriptor.digest), found.descriptor.size)
    assert described == ("localhost:5000/a", DIGEST, expected)


@pytest.mark.parametrize(
    "value",
    [
        None,
        NAME,
        [],
        {},
        {"reference": b"localhost:5000/a:v1"},
        {"reference": NAME, "size": -1},
        {"reference": NAME, "size": 1.5},
        {"reference": NAME, "size": float("nan")},
        {"reference": NAME, "size": True},
        {"reference": NAME, "size": 2.0**54},
        {"reference": NAME, "digest": b"x"},
        {"reference": b"a@md5:00"},
    ],
)
def test_what_is_no_blob(value: Value) -> None:
    """Anything else is refused."""
    with pytest.raises((InvalidArgument, InvalidText)):
        blob(value)


def test_content() -> None:
    """Content is bytes as they are, or a blob that is somewhere."""
    assert content(b"\0\xff") == b"\0\xff"
    assert content({"reference": NAME}) == blob({"reference": NAME})


@pytest.mark.parametrize("value", [None, 5, "text", [], b"x" * (MAX_CONTENT + 1)])
def test_what_is_no_content(value: Value) -> None:
    """Anything else, and too much, is refused."""
    with pytest.raises(InvalidArgument, match="content of at most"):
        content(value)


@pytest.mark.parametrize("value", [None, "1", True, -1, 0.5, float("inf"), MAX_COUNT + 1, 2**64])
def test_what_counts_nothing(value: Value) -> None:
    """A count is a whole number that Lua can have."""
    with pytest.raises(InvalidArgument):
        count(value)


def test_times_to_wait_are_longer_than_nothing() -> None:
    """Nobody waits for a negative time, nor for none."""
    assert duration(b"1m") == 60
    with pytest.raises(InvalidArgument, match="longer than 0s"):
        duration(b"-1s")


def test_unknown_names_list_the_known() -> None:
    """A name that does not exist is an error that lists those that do."""
    with pytest.raises(InvalidArgument, match=r'no option "limt"; there are limit, last'):
        table("limit", "last")({"limt": 3})


def test_text_must_be_utf8() -> None:
    """Bytes that are no text are refused by name."""
    with pytest.raises(InvalidArgument, match="not UTF-8"):
        text(b"\xff\xfe")

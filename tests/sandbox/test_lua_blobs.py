"""Blobs: what is asked for them, what they show of themselves, and what they refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.sandbox.scripted import DIGEST, Refused, blob, config, error_of, logs, manifest, reference, run

if TYPE_CHECKING:
    from regbot.protocol.values import Value
    from tests.sandbox.scripted import Answers

NAME: Final = f"registry.example/app@{DIGEST}".encode()
STORED: Final[Value] = {"reference": NAME, "size": 7}
"""A blob on the wire."""
ANY_CONTENT: Final = "a string, a blob or a config"
CONTENT: Final = b"\0\xff\n"

ANSWERS: Final[Answers] = {
    "reference.new": reference,
    "manifest.get": lambda _: manifest("{}"),
    "image.config": lambda _: config('{"os": "linux"}'),
    "blob.get": lambda _: blob(),
    "blob.head": lambda _: blob(),
    "blob.put": lambda _: {"digest": DIGEST, "size": 7},
    "blob.content": lambda _: CONTENT,
}


@pytest.mark.parametrize(
    ("source", "operation", "arguments"),
    [
        ("blob.get('a', 'sha256:00')", "blob.get", [b"a", b"sha256:00"]),
        ("blob.get('a@sha256:00')", "blob.get", [b"a@sha256:00"]),
        ("blob.head(reference.new('a:x'), 'sha256:00')", "blob.head", [b"a:x", b"sha256:00"]),
        (
            "blob.get(manifest.get('a'), 'sha256:00')",
            "blob.get",
            [{"reference": b"registry.example/app:v1", "digest": DIGEST.encode()}, b"sha256:00"],
        ),
        ("blob.head('a'):get()", "blob.get", [NAME]),
        ("blob.get('a'):head()", "blob.head", [NAME]),
        ("blob.put('a', 'text')", "blob.put", [b"a", b"text"]),
        ("blob.put('a', '')", "blob.put", [b"a", b""]),
        ("blob.put(reference.new('a:x'), '\\0\\255')", "blob.put", [b"a:x", b"\0\xff"]),
        ("blob.put('a', blob.get('b'))", "blob.put", [b"a", STORED]),
        ("blob.head('b'):put('a')", "blob.put", [b"a", STORED]),
        ("blob.put('a', image.config('b'))", "blob.put", [b"a", b'{"os": "linux"}']),
        ("blob.get('a'):content()", "blob.content", [STORED]),
        ("blob.get('a'):content(10)", "blob.content", [STORED, 10]),
    ],
)
def test_on_the_wire(source: str, operation: str, arguments: Value) -> None:
    """Each form of a call sends this operation with these arguments."""
    assert run(source, ANSWERS).calls[-1] == (operation, arguments)


def test_a_size_that_nobody_told() -> None:
    """A blob of unknown size has none, on the wire or for the script."""
    unknown: Answers = {**ANSWERS, "blob.get": lambda _: blob(None)}
    done = run("local b = blob.get('a') print(b.size, b) b:put('c')", unknown)
    assert done.logs == [f"nil\tblob {DIGEST} of unknown size in registry.example/app"]
    assert done.calls[-1] == ("blob.put", [b"c", {"reference": NAME}])


def test_what_a_blob_shows() -> None:
    """A blob is a userdata with digest and size by either name, a tostring that says where it is, and nothing else."""
    source = """
        local b = blob.get('a')
        print(type(b), b.digest == b.Digest, b.size, b.Size, b.repository, b.state, getmetatable(b))
        print(b.digest) print(b)"""
    assert logs(source, ANSWERS) == [
        "userdata\ttrue\t7\t7\tnil\tnil\tfalse",
        DIGEST,
        f"blob {DIGEST} of 7 bytes in registry.example/app",
    ]


def test_results() -> None:
    """Putting answers with digest and size, content with the bytes as they are."""
    source = """
        print(blob.put('a', 'text')) print(blob.get('a'):put('b'))
        print(blob.get('a'):content() == '\\0\\255\\n')"""
    assert logs(source, ANSWERS) == [f"{DIGEST}\t7", f"{DIGEST}\t7", "true"]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("blob.get()", "blob.get: the image should be a string, a reference, a manifest or a config, not nil"),
        ("blob.get('a', 5)", "blob.get: the digest should be a string, not 5"),
        ("blob.head('a', {})", "blob.head: the digest should be a string, not a table"),
        ("blob.put('a')", f"blob.put: the content should be {ANY_CONTENT}, not nil"),
        ("blob.put('a', {})", f"blob.put: the content should be {ANY_CONTENT}, not a table"),
        ("blob.put('a', 5)", f"blob.put: the content should be {ANY_CONTENT}, not 5"),
        ("blob.put('a', 1LL)", f"blob.put: the content should be {ANY_CONTENT}, not a cdata"),
        ("blob.put('a', reference.new('b'))", f"blob.put: the content should be {ANY_CONTENT}, not a reference"),
        ("blob.put('a', manifest.get('b'))", f"blob.put: the content should be {ANY_CONTENT}, not a manifest"),
        (
            "blob.put({}, 'x')",
            "blob.put: the image should be a string, a reference, a manifest or a config, not a table",
        ),
        (
            "blob.put('a', ('x'):rep(2^23 + 1))",
            "blob.put: the content has 8388609 bytes: at most 8388608 can be sent",
        ),
        ("blob.get('a'):content(-1)", "<blob>:content: the max should be a whole number, 0 or more, not -1"),
        (
            "blob.get('a'):put()",
            "<blob>:put: the image should be a string, a reference, a manifest or a config, not nil",
        ),
        ("blob.get('a').content(5)", "<blob>:content: call it with a colon: b:content(…)"),
        ("blob.get('a').get(reference.new('a'))", "<blob>:get: call it with a colon: b:get(…)"),
        (
            "blob.get('a').size = 5",
            "the fields of a blob cannot be assigned; other content is another blob, made with blob.put",
        ),
    ],
)
def test_misuse(source: str, text: str) -> None:
    """A wrong argument is an error that says which, what it should be and what came."""
    assert error_of(f"\n{source}", ANSWERS) == f"main:2: {text}"


def test_the_largest_content_is_sent() -> None:
    """A string of just the limit is no mistake."""
    assert logs("log((blob.put('a', ('x'):rep(2^23))))", ANSWERS) == [DIGEST]


def test_what_is_not_there_is_an_error() -> None:
    """A blob that the registry does not have is an error where it is looked at, which pcall catches."""

    def refuse(_: object) -> None:
        raise Refused("404")

    assert logs("log(select(2, pcall(blob.get, 'a')))", {"blob.get": refuse}) == ["main:1: 404"]

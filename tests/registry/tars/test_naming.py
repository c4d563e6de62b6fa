from __future__ import annotations

import pytest

from regbot.registry.digest import Digest
from regbot.registry.errors import NotFound, Unverified
from regbot.registry.reference import Reference
from regbot.registry.tars.naming import MAX_IMAGES, choose, full_name, place

DIGEST = Digest.of(b"")


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("alpine", "docker.io/library/alpine:latest"),
        ("localhost:5000/team/app:v1", "localhost:5000/team/app:v1"),
        (f"example.org/app:v1@{DIGEST}", "example.org/app:v1"),
        (f"example.org/app@{DIGEST}", f"example.org/app@{DIGEST}"),
        ("ocidir://out:v1", "localhost/out:v1"),
        ("ocidir://out", "localhost/out:latest"),
        ("ocidir:///srv/My Layouts/../_x+y_:v1", "localhost/srv/x-y:v1"),
        ("ocidir://./..:v1", "localhost/layout:v1"),
    ],
)
def test_full_name(reference: str, name: str) -> None:
    """An image is called in an archive what Docker can call it, one of a layout too."""
    assert full_name(Reference.parse(reference)) == name
    assert str(Reference.parse(name)) == name


def test_place() -> None:
    """A blob lies where layouts have it."""
    assert place(DIGEST) == f"blobs/sha256/{DIGEST.encoded}"


NAMES = {
    "whole": ["example.org/app:v2", "x"],
    "tag": ["v3", "docker.io/library/alpine:v4"],
    "tag of another": ["example.com/app:v5"],
}


@pytest.mark.parametrize(
    ("reference", "key"),
    [
        ("example.org/app:v2", "whole"),
        (f"example.org/app:v2@{DIGEST}", "whole"),
        ("example.org/other:x", "whole"),
        ("example.org/app:v3", "tag"),
        ("alpine:v4", "tag"),
        ("example.org/other:v4", "tag"),
        ("ocidir://layout:v5", "tag of another"),
    ],
)
def test_choose(reference: str, key: str) -> None:
    """Of several images it is the one with the whole name, else the one with the tag, however they are written."""
    assert choose(NAMES, Reference.parse(reference), "it") == key


def test_whole_name_first() -> None:
    """Where several have the tag, the whole name decides."""
    names = {1: ["v1"], 2: ["alpine:v1"], 3: ["busybox:v1"]}
    assert choose(names, Reference.parse("docker.io/library/alpine:v1"), "it") == 2


def test_choose_single() -> None:
    """A single image is meant, whatever it is called."""
    assert choose({7: ["other:v9"]}, Reference.parse("app:v1"), "it") == 7


@pytest.mark.parametrize(
    ("names", "why"),
    [
        ({}, "it holds no image$"),
        ({1: ["b"], 2: ["a"]}, "none, or more than one, is called v1; there are: a, b$"),
        ({1: ["v1"], 2: ["x:v1"]}, "2 images, of which none, or more than one, is called v1; there are: v1, x:v1$"),
        ({1: [], 2: []}, "they have no names"),
        ({n: ["x" * 1000 + f"{n}"] for n in range(100)}, "called v1; there are: (x{200}, )*x{200}$"),
    ],
)
def test_no_choice(names: dict[int, list[str]], why: str) -> None:
    """Where none is meant for certain it is told what there is, within bounds."""
    with pytest.raises(NotFound, match=why):
        choose(names, Reference.parse("app:v1"), "it")


def test_no_tag_to_choose_by() -> None:
    """A digest that no image has chooses none."""
    with pytest.raises(NotFound, match=r"is called docker\.io/library/app@sha256:"):
        choose({1: ["v1"], 2: [""]}, Reference.parse(f"app@{DIGEST}"), "it")


def test_too_many_images() -> None:
    """An archive of more images than any has is given up."""
    with pytest.raises(Unverified, match="more than 10000 images"):
        choose(dict.fromkeys(range(MAX_IMAGES + 1), ()), Reference.parse("app"), "it")

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import Unverified
from regbot.registry.platform import Platform

if TYPE_CHECKING:
    from regbot.registry.jsontext import Json

DIGEST = Digest.of(b"x")
TREE: dict[str, Json] = {"mediaType": "text/plain", "digest": str(DIGEST), "size": 1}


def test_read() -> None:
    """A descriptor has what its JSON says."""
    tree = {
        **TREE,
        "platform": {"os": "linux", "architecture": "amd64"},
        "urls": ["https://example.com/x"],
        "annotations": {"a": "b"},
        "artifactType": "t",
    }
    read = Descriptor.read(tree, "it")
    expected = Descriptor(
        "text/plain", DIGEST, 1, Platform("linux", "amd64"), ("https://example.com/x",), (("a", "b"),), "t"
    )
    assert read == expected


@pytest.mark.parametrize(
    "changed",
    [
        {"size": "1"},
        {"size": -1},
        {"size": True},
        {"size": 1.0},
        {"size": None},
        {"digest": None},
        {"digest": "latest"},
        {"digest": 5},
        {"mediaType": 5},
        {"urls": "https://x"},
        {"urls": [1]},
        {"annotations": ["a"]},
        {"annotations": {"a": 1}},
        {"platform": "linux"},
        {"artifactType": []},
    ],
    ids=str,
)
def test_hostile(changed: dict[str, Json]) -> None:
    """A descriptor of the wrong types is unverified, and no other error."""
    with pytest.raises(Unverified):
        Descriptor.read({**TREE, **changed}, "it")


def test_no_object() -> None:
    """Something else than an object is no descriptor."""
    with pytest.raises(Unverified, match="it is no object"):
        Descriptor.read("sha256", "it")

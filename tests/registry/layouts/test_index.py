from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import Unverified
from regbot.registry.layouts.index import REF_NAME, LayoutIndex
from regbot.registry.mediatype import OCI_MANIFEST

if TYPE_CHECKING:
    from regbot.registry.jsontext import Json

A, B, C = (Descriptor(OCI_MANIFEST, Digest.of(name), 7) for name in (b"a", b"b", b"c"))

JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


def entry(name: str, descriptor: Descriptor, **more: Json) -> dict[str, Json]:
    """Return an entry of index.json, without annotations where *name* is empty."""
    fields: dict[str, Json] = {
        "mediaType": descriptor.media_type,
        "digest": str(descriptor.digest),
        "size": descriptor.size,
        **more,
    }
    return {**fields, "annotations": {REF_NAME: name}} if name else fields


def index(*entries: Json) -> LayoutIndex:
    """Return the index with these entries."""
    return LayoutIndex.parse(json.dumps({"schemaVersion": 2, "manifests": entries}).encode())


def shown(index: LayoutIndex) -> list[tuple[str, str]]:
    """Return name and digest of the entries of an index as it is written."""
    entries = json.loads(index.encode())["manifests"]
    return [(entry.get("annotations", {}).get(REF_NAME, ""), entry["digest"]) for entry in entries]


def test_tags() -> None:
    """Tags are sorted, each once; a whole reference counts by its tag, and what ends in no tag is left out."""
    names = ("v2", "v1", "docker.io/library/x:v1", "localhost:5000/x", "", "-bad", "docker.io/library/x:v3", "v1")
    assert index(*(entry(name, A) for name in names)).tags() == ["v1", "v2", "v3"]


def test_find() -> None:
    """A tag is the entry of that name."""
    assert index(entry("v1", A), entry("v2", B)).find("v2") == Descriptor(
        OCI_MANIFEST, B.digest, 7, annotations=((REF_NAME, "v2"),)
    )


def test_find_by_reference() -> None:
    """Where no entry is called by the tag alone, the first whose reference ends in it answers; else the exact one."""
    both = [entry("x/a:v1", A), entry("x/b:v1", B)]
    found = [index(*both, *exact).find("v1") for exact in ([], [entry("v1", C)])]
    assert [each.digest for each in found if each] == [A.digest, C.digest]


def test_find_nothing() -> None:
    """A tag that is not there is not found, although another begins or ends like it."""
    assert index(entry("", A), entry("v1", A), entry("x-v", A)).find("v") is None


def test_set_new() -> None:
    """A new tag comes last, with media type, digest and size."""
    written = json.loads(index(entry("v1", A)).set("v2", B).encode())
    assert written["manifests"][1] == entry("v2", B)


def test_set_old() -> None:
    """A tag that exists is replaced where it stands; entries of the same name go."""
    before = index(entry("v1", A), entry("v2", A), entry("v3", A), entry("v2", C))
    assert shown(before.set("v2", B)) == [("v1", str(A.digest)), ("v2", str(B.digest)), ("v3", str(A.digest))]


def test_set_the_same() -> None:
    """A tag that points there already leaves the index as it is, other annotations included."""
    before = index(entry("v1", A))
    assert before.set("v1", A) is before


def test_set_names_the_nameless() -> None:
    """An entry of that digest without a name takes the name; one of another digest stays nameless."""
    after = index(entry("", A), entry("", B)).set("v1", B)
    assert shown(after) == [("", str(A.digest)), ("v1", str(B.digest))]


def test_set_beside_a_reference() -> None:
    """An entry with a whole reference is another image, and stays."""
    after = index(entry("x/a:v1", A)).set("v1", B)
    assert shown(after) == [("x/a:v1", str(A.digest)), ("v1", str(B.digest))]


def test_without_tag() -> None:
    """A tag that is removed is gone in every form; the others, the same digest among them, stay."""
    before = index(entry("v1", A), entry("v2", A), entry("x/a:v1", B), entry("v1", C), entry("", A))
    assert shown(before.without_tag("v1")) == [("v2", str(A.digest)), ("", str(A.digest))]


def test_without_digest() -> None:
    """A digest that is removed takes all its tags along."""
    before = index(entry("v1", A), entry("v2", A), entry("v3", B), entry("", A))
    assert shown(before.without_digest(A.digest)) == [("v3", str(B.digest))]


def test_unknown_is_kept() -> None:
    """What is not understood, at the top, in an entry and as an entry, is written again."""
    document = {
        "schemaVersion": 2,
        "annotations": {"a": "b"},
        "x": [None, 1.5],
        "manifests": [entry("v1", A, platform={"os": "linux"}, data="x"), "nonsense", {"digest": 5}],
    }
    after = json.loads(LayoutIndex.parse(json.dumps(document).encode()).set("v2", B).encode())
    assert after == {**document, "manifests": [*document["manifests"], entry("v2", B)]}  # type: ignore[misc]


def test_new() -> None:
    """The index of a new layout is an OCI image index without entries."""
    assert json.loads(LayoutIndex().encode()) == {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [],
    }


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"\xff", b'{"manifests": 5}', b'{"manifests": {"a": 1}}', b"[" * 9999]
)
def test_no_index(body: bytes) -> None:
    """What is no index is Unverified."""
    with pytest.raises(Unverified):
        LayoutIndex.parse(body)


@pytest.mark.parametrize(
    "wrong", [{"size": -1}, {"size": True}, {"size": None}, {"digest": "sha256:x"}, {"mediaType": 5}]
)
def test_no_descriptor(wrong: dict[str, Json]) -> None:
    """An entry that is no descriptor is Unverified when it is asked for, and says which it is."""
    with pytest.raises(Unverified, match=r'the entry "v1" of the index\.json'):
        index({**entry("v1", A), **wrong}).find("v1")


def test_infinity() -> None:
    """A number that JSON can say but not Python is not written as something else."""
    with pytest.raises(Unverified, match="cannot be written"):
        LayoutIndex.parse(b'{"x": 1e999}').encode()


@given(document=st.dictionaries(st.sampled_from(["manifests", "x"]), JSON, max_size=2))
def test_anything(document: dict[str, Json]) -> None:
    """Whatever JSON an index is, reading it and changing it ends well or in Unverified."""
    try:
        index = LayoutIndex.parse(json.dumps(document).encode())
        index.find("v1")
        after = LayoutIndex.parse(index.set("v1", A).without_tag("v2").without_digest(B.digest).encode())
    except Unverified:
        return
    assert "v1" in after.tags()

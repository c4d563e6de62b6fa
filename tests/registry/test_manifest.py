from __future__ import annotations

import json
from dataclasses import replace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbot.registry import mediatype
from regbot.registry.digest import Digest
from regbot.registry.errors import Unverified
from regbot.registry.manifest import MAX_READ, Manifest, RateLimit
from tests import images

BLOB = {"mediaType": "application/octet-stream", "digest": str(Digest.of(b"x")), "size": 1}
CONFIG_BLOB = {**BLOB, "mediaType": "application/c"}
IMAGE = images.image()
INDEX = images.platforms("linux/amd64", "linux/arm64")


def manifest(**members: object) -> bytes:
    """Return a manifest's bytes."""
    return json.dumps({"schemaVersion": 2, **members}).encode()


def test_image() -> None:
    """An image has a config and layers, and its bytes are kept."""
    read = Manifest.read(IMAGE.manifest, media_type=IMAGE.media_type)
    assert read.body == IMAGE.manifest
    assert [str(blob.digest) for blob in read.blobs] == list(IMAGE.blobs)
    assert (str(read.descriptor.digest), read.is_index, read.children) == (IMAGE.digest, False, ())


def test_index() -> None:
    """An index has children and no blobs."""
    read = Manifest.read(INDEX.manifest, media_type=f"{INDEX.media_type}; charset=utf-8")
    assert read.is_index
    assert [str(child.platform) for child in read.children] == ["linux/amd64", "linux/arm64"]
    assert read.blobs == ()


def test_digest_is_verified() -> None:
    """Bytes that have not the digest asked for are refused."""
    with pytest.raises(Unverified, match="should have the digest"):
        Manifest.read(IMAGE.manifest, media_type=IMAGE.media_type, digest=Digest.of(b"other"))


def test_other_digest_is_kept() -> None:
    """A manifest that is known by its sha512 keeps that name."""
    digest = Digest.of(IMAGE.manifest, "sha512")
    assert Manifest.read(IMAGE.manifest, digest=digest).descriptor.digest == digest


def test_too_large() -> None:
    """More bytes than are accepted are not even parsed."""
    with pytest.raises(Unverified, match="at most"):
        Manifest.read(b" " * (MAX_READ + 1))


@pytest.mark.parametrize(
    ("body", "sent_as", "kind"),
    [
        (manifest(manifests=[]), "", mediatype.OCI_INDEX),
        (manifest(layers=[]), "application/octet-stream", mediatype.OCI_MANIFEST),
        (manifest(layers=[], mediaType=mediatype.DOCKER_MANIFEST), "text/plain", mediatype.DOCKER_MANIFEST),
        (manifest(layers=[]), mediatype.DOCKER_MANIFEST, mediatype.DOCKER_MANIFEST),
        (manifest(blobs=[BLOB], mediaType=mediatype.OCI_ARTIFACT), "", mediatype.OCI_ARTIFACT),
        (manifest(fsLayers=[]), mediatype.DOCKER_V1_SIGNED, mediatype.DOCKER_V1_SIGNED),
    ],
)
def test_media_type(body: bytes, sent_as: str, kind: str) -> None:
    """What a manifest is, its sender says, or it itself, or its members show."""
    assert Manifest.read(body, media_type=sent_as).descriptor.media_type == kind


@pytest.mark.parametrize(
    ("body", "sent_as"),
    [
        (manifest(manifests=[], layers=[]), ""),
        (manifest(manifests=[], config=BLOB), mediatype.OCI_INDEX),
        (manifest(layers=[], mediaType=mediatype.OCI_MANIFEST), mediatype.DOCKER_MANIFEST),
        (manifest(layers=[]), mediatype.OCI_INDEX),
        (manifest(manifests=[]), mediatype.OCI_MANIFEST),
        (manifest(), "text/html"),
        (b"<html>", "text/html"),
    ],
)
def test_ambiguous(body: bytes, sent_as: str) -> None:
    """What could be taken for two things, or is none of them, is refused."""
    with pytest.raises(Unverified):
        Manifest.read(body, media_type=sent_as)


@pytest.mark.parametrize(
    "members",
    [
        {"layers": {}},
        {"layers": [5]},
        {"layers": [{**BLOB, "size": "1"}]},
        {"config": "x", "layers": []},
        {"layers": [], "subject": []},
        {"manifests": "x"},
    ],
    ids=str,
)
def test_hostile_members(members: dict[str, object]) -> None:
    """Members of the wrong types are unverified when the manifest is read, not when somebody looks."""
    with pytest.raises(Unverified):
        Manifest.read(manifest(**members))


def test_schema_1_is_left_alone() -> None:
    """A manifest of schema 1 is read, and never taken apart."""
    read = Manifest.read(manifest(fsLayers=[{"blobSum": "x"}], config=5), media_type=mediatype.DOCKER_V1)
    assert (read.blobs, read.children) == ((), ())


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda x: manifest(layers=x))
)
def test_any_bytes(body: bytes) -> None:
    """Any bytes are a manifest or Unverified."""
    try:
        assert Manifest.read(body).body == body
    except Unverified:
        return


def test_replaced_rate_limit() -> None:
    """A manifest with a newer rate limit is the same manifest."""
    read = Manifest.read(IMAGE.manifest)
    assert replace(read, rate_limit=RateLimit(known=True, remain=5)) == read


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, RateLimit()),
        (
            {"RateLimit-Limit": "100;w=21600", "RateLimit-Remaining": "76;w=21600"},
            RateLimit(known=True, remain=76, limit=100, policies=("100;w=21600",)),
        ),
        ({"RateLimit-Limit": "200", "RateLimit-Remaining": "199"}, RateLimit(known=True, remain=199, limit=200)),
        (
            {"ratelimit-limit": "100;w=60, 1000;w=3600", "ratelimit-remaining": "5;w=60", "ratelimit-reset": "30"},
            RateLimit(known=True, remain=5, limit=100, reset=30, policies=("100;w=60", "1000;w=3600")),
        ),
        ({"RateLimit-Limit": "10, 10;w=1"}, RateLimit(limit=10, policies=("10;w=1",))),
        ({"RateLimit-Remaining": "7"}, RateLimit(known=True, remain=7)),
        ({"RateLimit-Limit": "10", "RateLimit-Remaining": "many"}, RateLimit(limit=10)),
        ({"RateLimit-Remaining": "9" * 400}, RateLimit()),
    ],
    ids=str,
)
def test_rate_limit(headers: dict[str, str], expected: RateLimit) -> None:
    """The limit is known where a remainder is told; nonsense counts as nothing said."""
    assert RateLimit.parse(httpx.Headers(headers)) == expected


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"artifactType": "application/x", "config": CONFIG_BLOB}, "application/x"),
        ({"artifactType": "", "config": CONFIG_BLOB}, "application/c"),
        ({"artifactType": 5, "config": CONFIG_BLOB}, "application/c"),
        ({"config": CONFIG_BLOB}, "application/c"),
        ({"manifests": [], "artifactType": "application/x"}, "application/x"),
        ({"manifests": []}, ""),
    ],
)
def test_artifact_type(said: dict[str, object], kind: str) -> None:
    """What it holds is what it says, else what its config is."""
    assert Manifest.read(json.dumps(said).encode()).artifact_type == kind


def test_referrer() -> None:
    """As a referrer it is listed with its type and annotations."""
    body = json.dumps({"config": CONFIG_BLOB, "annotations": {"a": "b"}}).encode()
    manifest = Manifest.read(body)
    expected = replace(manifest.descriptor, artifact_type="application/c", annotations=(("a", "b"),))
    assert manifest.referrer() == expected


@pytest.mark.parametrize("annotations", [["a"], {"a": 1}, "a"])
def test_referrer_with_odd_annotations(annotations: object) -> None:
    """Annotations that are no texts cannot be listed."""
    manifest = Manifest.read(json.dumps({"config": CONFIG_BLOB, "annotations": annotations}).encode())
    with pytest.raises(Unverified, match="annotations"):
        manifest.referrer()

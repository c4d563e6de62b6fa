from __future__ import annotations

import json

import pytest

from regbot.registry import manifests, mediatype
from regbot.registry.digest import Digest
from regbot.registry.errors import InvalidText, NotFound, RegistryError, Unverified
from regbot.registry.manifest import MAX_READ, MAX_WRITTEN, Manifest
from regbot.registry.reference import Reference
from tests import images
from tests.fake_registry import NAME, FakeRegistry, Reply, client, error

IMAGE = images.image()
PATH = "/v2/team/app/manifests/v1"
TAG = Reference.parse(f"{NAME}/team/app:v1")
PINNED = TAG.at(Digest.parse(IMAGE.digest))
TYPE = {"Content-Type": IMAGE.media_type}
OTHER = str(Digest.of(b"other"))


async def test_head() -> None:
    """A HEAD tells digest, type, size and quota."""
    fake = FakeRegistry()
    headers = {"Docker-Content-Digest": IMAGE.digest, "Content-Length": "77", "RateLimit-Remaining": "5"}
    fake.on(f"HEAD {PATH}", Reply(200, headers={**TYPE, **headers}))
    head, manifest = await manifests.head(client(fake), TAG)
    assert (str(head.descriptor.digest), head.descriptor.size) == (IMAGE.digest, 77)
    assert (head.descriptor.media_type, head.rate_limit.remain, manifest) == (IMAGE.media_type, 5, None)
    assert mediatype.OCI_INDEX in fake.asked[0].headers["Accept"]


@pytest.mark.parametrize("told", ["", "nonsense", "sha256:12", "md5:" + "0" * 32])
async def test_head_without_digest(told: str) -> None:
    """A registry that tells no digest, or none that means anything, is asked for the manifest itself."""
    fake = FakeRegistry()
    fake.on(f"HEAD {PATH}", Reply(200, headers={**TYPE, "Docker-Content-Digest": told}))
    fake.on(f"GET {PATH}", Reply(200, IMAGE.manifest, {**TYPE, "Docker-Content-Digest": told}))
    head, manifest = await manifests.head(client(fake), TAG)
    assert str(head.descriptor.digest) == IMAGE.digest
    assert manifest is not None


async def test_head_by_digest_needs_none() -> None:
    """Who asks by digest need not be told it."""
    fake = FakeRegistry()
    fake.on(f"HEAD /v2/team/app/manifests/{IMAGE.digest}", Reply(200, headers=TYPE))
    head, _ = await manifests.head(client(fake), PINNED)
    assert (str(head.descriptor.digest), len(fake.asked)) == (IMAGE.digest, 1)


@pytest.mark.parametrize("length", ["-5", "x", "9" * 40, ""])
async def test_head_with_odd_length(length: str) -> None:
    """A length that is none is unknown."""
    fake = FakeRegistry()
    fake.on(f"HEAD {PATH}", Reply(200, headers={"Docker-Content-Digest": IMAGE.digest, "Content-Length": length}))
    head, _ = await manifests.head(client(fake), TAG)
    assert head.descriptor.size == -1


async def test_get() -> None:
    """A manifest comes as it was stored."""
    fake = FakeRegistry()
    fake.on(f"GET {PATH}", Reply(200, IMAGE.manifest, TYPE))
    assert (await manifests.get(client(fake), TAG)).body == IMAGE.manifest


@pytest.mark.parametrize("reference", [TAG, PINNED])
async def test_lying_digest(reference: Reference) -> None:
    """Bytes that have not the digest asked for, or the one told, are refused."""
    fake = FakeRegistry()
    told = {"Docker-Content-Digest": OTHER} if reference is TAG else {}
    fake.on(f"GET /v2/team/app/manifests/{reference.version}", Reply(200, IMAGE.manifest + b" ", {**TYPE, **told}))
    with pytest.raises(Unverified, match="digest") as caught:
        await manifests.get(client(fake), reference)
    assert (caught.value.repository, caught.value.code) == ("team/app", "DIGEST_INVALID")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_other_digest(method: str) -> None:
    """An answer about another digest than the one asked for is refused."""
    fake = FakeRegistry()
    line = f"{method} /v2/team/app/manifests/{IMAGE.digest}"
    fake.on(line, Reply(200, IMAGE.manifest, {**TYPE, "Docker-Content-Digest": OTHER}))
    ask = manifests.get if method == "GET" else manifests.head
    with pytest.raises(Unverified, match="the answer is"):
        await ask(client(fake), PINNED)


async def test_too_large() -> None:
    """A manifest of more than 8 MiB is not taken in."""
    fake = FakeRegistry()
    fake.on(f"GET {PATH}", Reply(200, b" " * (MAX_READ + 1), TYPE))
    with pytest.raises(Unverified, match="more than"):
        await manifests.get(client(fake), TAG)


async def test_put() -> None:
    """A manifest is sent byte for byte, under its tag."""
    fake = FakeRegistry()
    fake.on(f"PUT {PATH}", Reply(201, headers={"Docker-Content-Digest": IMAGE.digest}))
    await manifests.put(client(fake), TAG, Manifest.read(IMAGE.manifest))
    (asked,) = fake.asked
    assert (asked.body, asked.headers["Content-Type"]) == (IMAGE.manifest, IMAGE.media_type)


async def test_put_by_digest() -> None:
    """Without a tag it is sent under its digest; with both under the tag."""
    fake = FakeRegistry()
    fake.on(f"PUT /v2/team/app/manifests/{IMAGE.digest}", Reply(201))
    fake.on(f"PUT {PATH}", Reply(201))
    for reference in (PINNED, Reference(TAG.repository, "v1", PINNED.digest)):
        await manifests.put(client(fake), reference, Manifest.read(IMAGE.manifest))
    assert fake.lines == [f"PUT /v2/team/app/manifests/{IMAGE.digest}", f"PUT {PATH}"]


@pytest.mark.parametrize(
    ("reference", "body", "words"),
    [
        (TAG.at(Digest.parse(OTHER)), IMAGE.manifest, "the manifest is"),
        (TAG, IMAGE.manifest + b" " * MAX_WRITTEN, "bytes are more than"),
        (TAG, json.dumps({"mediaType": mediatype.DOCKER_V1}).encode(), "schema 1"),
    ],
    ids=["digest", "size", "schema 1"],
)
async def test_put_refused(reference: Reference, body: bytes, words: str) -> None:
    """What must not be stored is not even sent."""
    fake = FakeRegistry()
    with pytest.raises(RegistryError, match=words):
        await manifests.put(client(fake), reference, Manifest.read(body))
    assert fake.asked == []


async def test_put_stored_otherwise() -> None:
    """A registry that says it stored something else is found out."""
    fake = FakeRegistry()
    fake.on(f"PUT {PATH}", Reply(201, headers={"Docker-Content-Digest": OTHER}))
    with pytest.raises(Unverified, match="the registry stored"):
        await manifests.put(client(fake), TAG, Manifest.read(IMAGE.manifest))


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_delete(status: int) -> None:
    """Any of three statuses means deleted."""
    fake = FakeRegistry()
    fake.on(f"DELETE /v2/team/app/manifests/{IMAGE.digest}", Reply(status))
    await manifests.delete(client(fake), PINNED)
    assert len(fake.asked) == 1


async def test_delete_needs_a_digest() -> None:
    """A tag is no manifest to delete: nothing is sent."""
    fake = FakeRegistry()
    with pytest.raises(InvalidText, match="it needs a digest"):
        await manifests.delete(client(fake), TAG)
    assert fake.asked == []


async def test_delete_missing() -> None:
    """A manifest that is not there cannot be deleted."""
    fake = FakeRegistry()
    fake.on(f"DELETE /v2/team/app/manifests/{IMAGE.digest}", Reply(404, error("MANIFEST_UNKNOWN")))
    with pytest.raises(NotFound):
        await manifests.delete(client(fake), PINNED)

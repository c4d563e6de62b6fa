from __future__ import annotations

import json
from contextlib import nullcontext

import httpcore
import pytest

from regbot.registry import mediatype
from regbot.registry.digest import Digest
from regbot.registry.errors import InvalidText, NotFound, RegistryError, Unverified
from regbot.registry.hosts import Host
from regbot.registry.manifest import MAX_READ, MAX_WRITTEN, Manifest
from regbot.registry.reference import Reference
from regbot.registry.remote import manifests
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


async def test_head_disabled() -> None:
    """A registry that cannot answer HEAD is sent none."""
    fake = FakeRegistry()
    fake.on(f"GET {PATH}", Reply(200, IMAGE.manifest, TYPE))
    head, manifest = await manifests.head(client(fake, Host(NAME, disable_head=True)), TAG)
    assert fake.lines == [f"GET {PATH}"]
    assert manifest is not None
    assert head.descriptor == manifest.descriptor


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


@pytest.mark.parametrize("reference", [TAG, PINNED])
async def test_lying_digest_of_another_algorithm(reference: Reference) -> None:
    """A digest of another algorithm than the one asked for is checked as well; a right one is none the worse for it."""
    fake = FakeRegistry()
    right, wrong = (str(Digest.of(body, "sha512")) for body in (IMAGE.manifest, b"other"))
    replies = (Reply(200, IMAGE.manifest, {**TYPE, "Docker-Content-Digest": told}) for told in (right, wrong))
    fake.on(f"GET /v2/team/app/manifests/{reference.version}", *replies)
    assert (await manifests.get(client(fake), reference)).body == IMAGE.manifest
    with pytest.raises(Unverified, match="should have the digest sha512"):
        await manifests.get(client(fake), reference)


@pytest.mark.parametrize("body", [IMAGE.manifest, images.platforms("linux/amd64").manifest])
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
async def test_by_any_digest(algorithm: str, body: bytes) -> None:
    """A manifest is got and put by the digest that its reader chose, byte for byte."""
    fake, digest = FakeRegistry(), Digest.of(body, algorithm)
    fake.on(f"GET /v2/team/app/manifests/{digest}", Reply(200, body))
    fake.on(f"PUT /v2/team/app/manifests/{digest}", Reply(201, headers={"Docker-Content-Digest": str(digest)}))
    manifest = await manifests.get(client(fake), TAG.at(digest))
    await manifests.put(client(fake), TAG.at(digest), manifest)
    assert (manifest.descriptor.digest, fake.asked[-1].body) == (digest, body)


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        (mediatype.DOCKER_V1_SIGNED, b'{"fsLayers": []}'),
        (mediatype.DOCKER_V1, b'{"fsLayers": []}'),
        (mediatype.OCI_ARTIFACT, json.dumps({"mediaType": mediatype.OCI_ARTIFACT, "blobs": []}).encode()),
    ],
)
async def test_get_of_old_kinds(media_type: str, body: bytes) -> None:
    """Manifests of schema 1 and of artifacts are read."""
    fake = FakeRegistry()
    fake.on(f"GET {PATH}", Reply(200, body, {"Content-Type": media_type}))
    assert (await manifests.get(client(fake), TAG)).descriptor.media_type == media_type


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


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
async def test_put_stored_otherwise(algorithm: str) -> None:
    """A registry that says it stored something else is found out."""
    fake = FakeRegistry()
    fake.on(f"PUT {PATH}", Reply(201, headers={"Docker-Content-Digest": str(Digest.of(b"other", algorithm))}))
    with pytest.raises(Unverified, match="the registry stored"):
        await manifests.put(client(fake), TAG, Manifest.read(IMAGE.manifest))


@pytest.mark.parametrize(("headers", "listed"), [({"OCI-Subject": OTHER}, True), ({}, False)])
async def test_put_with_subject(headers: dict[str, str], *, listed: bool) -> None:
    """Whether the registry lists a manifest with its subject is what it says."""
    fake = FakeRegistry()
    fake.on(f"PUT {PATH}", Reply(201, headers=headers))
    assert await manifests.put(client(fake), TAG, Manifest.read(IMAGE.manifest)) is listed


LOST = [Reply(502), Reply(500), httpcore.ReadError("gone")]


@pytest.mark.parametrize("fault", LOST, ids=repr)
@pytest.mark.parametrize("reference", [TAG, PINNED])
async def test_put_with_lost_answer(fault: Reply | Exception, reference: Reference) -> None:
    """If an answer is lost and the manifest is there, it is not sent again."""
    fake, path = FakeRegistry(), f"/v2/team/app/manifests/{reference.version}"
    fake.on(f"PUT {path}", fault)
    fake.on(f"HEAD {path}", Reply(200, headers={"Docker-Content-Digest": IMAGE.digest}))
    assert await manifests.put(client(fake), reference, Manifest.read(IMAGE.manifest)) is None
    assert fake.lines == [f"PUT {path}", f"HEAD {path}"]


@pytest.mark.parametrize("there", [Reply(404), Reply(403), Reply(200, headers={"Docker-Content-Digest": OTHER})])
async def test_put_again(there: Reply) -> None:
    """If it is not there, or we may not look, it is sent again."""
    fake = FakeRegistry()
    fake.on(f"PUT {PATH}", Reply(502), Reply(201))
    fake.on(f"HEAD {PATH}", there)
    await manifests.put(client(fake), TAG, Manifest.read(IMAGE.manifest))
    assert [asked.method for asked in fake.asked] == ["PUT", "HEAD", "PUT"]


async def test_put_again_without_a_doubt() -> None:
    """A registry that says it is busy has done nothing: there is nothing to look for."""
    fake = FakeRegistry()
    fake.on(f"PUT {PATH}", Reply(429), Reply(201))
    await manifests.put(client(fake), TAG, Manifest.read(IMAGE.manifest))
    assert [asked.method for asked in fake.asked] == ["PUT", "PUT"]


@pytest.mark.parametrize(("there", "puts"), [(IMAGE.digest, 2), (OTHER, 1)])
async def test_put_over(there: str, puts: int) -> None:
    """Whoever replaces one manifest by another does not send it again over what somebody else put there since."""
    fake = FakeRegistry()
    fake.on(f"PUT {PATH}", Reply(502), Reply(201))
    fake.on(f"HEAD {PATH}", Reply(200, headers={"Docker-Content-Digest": there}))
    newer = Manifest.read(IMAGE.manifest + b" ")
    with nullcontext() if puts == 2 else pytest.raises(RegistryError, match="somebody else moved it"):
        await manifests.put(client(fake), TAG, newer, over=PINNED.digest)
    assert [asked.method for asked in fake.asked].count("PUT") == puts


async def test_put_in_vain() -> None:
    """If nothing helps, the error is that of the push, with the tries."""
    fake = FakeRegistry()
    fake.on(f"PUT {PATH}", Reply(503, error("UNAVAILABLE")))
    with pytest.raises(RegistryError, match=r"^PUT .*503 UNAVAILABLE.*tried 6 times"):
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


@pytest.mark.parametrize("fault", LOST, ids=repr)
async def test_delete_with_lost_answer(fault: Reply | Exception) -> None:
    """If an answer is lost and the manifest is gone afterwards, it was deleted."""
    fake = FakeRegistry()
    fake.on(f"DELETE /v2/team/app/manifests/{IMAGE.digest}", fault, Reply(404, error("MANIFEST_UNKNOWN")))
    await manifests.delete(client(fake), PINNED)
    assert len(fake.asked) == 2


async def test_delete_after_a_refusal() -> None:
    """A registry that was busy before it found nothing has deleted nothing."""
    fake = FakeRegistry()
    fake.on(f"DELETE /v2/team/app/manifests/{IMAGE.digest}", Reply(429), Reply(404, error("MANIFEST_UNKNOWN")))
    with pytest.raises(NotFound):
        await manifests.delete(client(fake), PINNED)


async def test_delete_of_a_registry_that_cannot() -> None:
    """That it does not know how to delete is no sign that it did, whatever got lost before."""
    fake = FakeRegistry()
    fake.on("DELETE /v2/team/app/manifests/v1", Reply(502), Reply(404, error("UNSUPPORTED")))
    with pytest.raises(NotFound, match="UNSUPPORTED"):
        await manifests.delete_tag(client(fake), TAG)


async def test_put_that_another_process_disturbs() -> None:
    """If the registry calls our digest wrong, as docker-registry may when two put the same, it is put again."""
    fake = FakeRegistry()
    fake.on(f"PUT {PATH}", *[Reply(400, error("DIGEST_INVALID"))] * 3, Reply(201))
    await manifests.put(client(fake), TAG, Manifest.read(IMAGE.manifest))
    assert len(fake.asked) == 4


async def test_put_that_is_called_wrong_for_good() -> None:
    """If it always does, that is final after a few tries."""
    fake = FakeRegistry()
    fake.on(f"PUT {PATH}", Reply(400, error("DIGEST_INVALID")))
    with pytest.raises(RegistryError, match="DIGEST_INVALID") as caught:
        await manifests.put(client(fake), TAG, Manifest.read(IMAGE.manifest))
    assert (len(fake.asked), caught.value.temporary) == (4, False)

"""The overlay as `api.Registry`, over real registries that are only read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regbot.registry import mediatype
from regbot.registry.content import Bytes
from regbot.registry.copying.copying import copy
from regbot.registry.copying.options import CopyOptions, Referrers
from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import InvalidText, NotFound, RegistryError, Unverified
from regbot.registry.manifest import MAX_WRITTEN, Manifest
from regbot.supervisor.audit.change import Change
from regbot.supervisor.dry.plan import MAX_BLOB
from tests import images
from tests.copies import PLAIN, SIGNATURE, PushOnly, named, referrer, signature, tag_for
from tests.model.options import Options
from tests.model.registry import ModelRegistry
from tests.model.served import Served
from tests.supervisor.overlays import at, dry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from regbot.registry.reference import Reference
    from regbot.supervisor.audit.recorded import Recorded
    from tests.docker_registry import DockerRegistry

IMAGE = images.image(layers=[b"one", b"two"])
INDEX = images.platforms("linux/amd64", "linux/arm64")
SIGNED = referrer(IMAGE)
LISTED = referrer(IMAGE, b"contents", "application/x.contents")


@pytest.fixture
def listing() -> Iterator[Served]:
    """Give a registry that lists referrers."""
    with Served(ModelRegistry(Options(referrers=True))) as served:
        yield served


async def read(overlay: Recorded, reference: Reference, data: bytes) -> bytes:
    """Read a blob through the overlay."""
    async with overlay.blob(reference.repository, described(data)) as pieces:
        return b"".join([piece async for piece in pieces])


def described(data: bytes) -> Descriptor:
    """Return a blob's descriptor."""
    return Descriptor("", Digest.of(data), len(data))


async def test_everything_a_copy_can_bring(listing: Served) -> None:
    """A dry copy with every option sends no write, and what it would bring is seen."""
    for name, image in (("v1", INDEX), (tag_for(INDEX), signature())):
        images.push(listing, "team/app", name, image)
    signed = referrer(INDEX.children[0])
    images.push(listing, "team/app", signed.digest, signed)
    options = CopyOptions(digest_tags=True, referrers=Referrers(), force_recursive=True, include_external=True)
    target = named(listing, "team/copy:v1")
    async with dry(listing) as overlay:
        copied = await copy(overlay, named(listing), target, options)
        assert await overlay.tags(target.repository) == [tag_for(INDEX), "v1"]
        found = await overlay.referrers(at(target, INDEX.children[0]))
    assert (str(copied.digest), copied.changed, copied.bytes) == (INDEX.digest, True, 0)
    assert [(str(each.digest), each.artifact_type) for each in found] == [(signed.digest, SIGNATURE)]
    assert {method for method, _, _ in listing.requests()} == {"GET", "HEAD"}


async def test_platforms(registry: DockerRegistry) -> None:
    """Of an index in part the rest would not be there."""
    images.push(registry, "team/app", "v1", INDEX)
    target = named(registry, "team/copy:v1")
    async with dry(registry) as overlay:
        await copy(overlay, named(registry), target, CopyOptions(platforms=("linux/arm64",)))
        assert (await overlay.manifest(at(target, INDEX.children[1]))).body == INDEX.children[1].manifest
        with pytest.raises(NotFound):
            await overlay.head(at(target, INDEX.children[0]))


async def test_blob_that_the_source_lacks(registry: DockerRegistry) -> None:
    """A copy that would find a layer missing fails."""
    images.push(registry, "team/app", "v1", IMAGE)
    registry.request("DELETE", f"/v2/team/app/blobs/{list(IMAGE.blobs)[1]}")
    async with dry(registry) as overlay:
        with pytest.raises(NotFound, match="has no blob"):
            await copy(overlay, named(registry), named(registry, "team/copy:v1"), PLAIN)


async def test_referrers(listing: Served) -> None:
    """What would refer to an image is what does now, less what was deleted, and what would be put."""
    for name, image in (("v1", IMAGE), (SIGNED.digest, SIGNED)):
        images.push(listing, "team/app", name, image)
    for name, data in LISTED.blobs.items():
        images.push_blob(listing, "team/app", name, data)
    source = named(listing)
    subject = at(source, IMAGE)
    async with dry(listing) as overlay:
        before = await overlay.referrers(subject)
        await overlay.put_manifest(at(source, LISTED), Manifest.read(LISTED.manifest))
        both = await overlay.referrers(subject)
        typed = await overlay.referrers(subject, artifact_type="application/x.contents")
        await overlay.delete_manifest(at(source, SIGNED))
        after = await overlay.referrers(subject)
    shown = [[str(each.digest) for each in found] for found in (before, both, typed, after)]
    assert shown == [[SIGNED.digest], [SIGNED.digest, LISTED.digest], [LISTED.digest], [LISTED.digest]]


async def test_referrer_that_comes_back(listing: Served) -> None:
    """One that was deleted and put again is listed once."""
    for name, image in (("v1", IMAGE), (SIGNED.digest, SIGNED)):
        images.push(listing, "team/app", name, image)
    source = named(listing)
    async with dry(listing) as overlay:
        await overlay.delete_manifest(at(source, SIGNED))
        await overlay.put_manifest(at(source, SIGNED), Manifest.read(SIGNED.manifest))
        found = await overlay.referrers(at(source, IMAGE))
    assert [str(each.digest) for each in found] == [SIGNED.digest]


async def test_put_blob(registry: DockerRegistry) -> None:
    """A blob that would be put can be read, looked at and copied on; the registry has none of it."""
    target, other = named(registry), named(registry, "team/copy:v1")
    changes: list[Change] = []
    async with dry(registry, changes) as overlay:
        await overlay.put_blob(target.repository, described(b"data"), Bytes(b"data"))
        await overlay.copy_blob(described(b"data"), target.repository, other.repository)
        await overlay.copy_blob(described(b"data"), target.repository, other.repository)
        assert await read(overlay, other, b"data") == b"data"
        assert await overlay.blob_head(other.repository, Digest.of(b"data")) == Descriptor(
            mediatype.OCTETS, Digest.of(b"data"), 4
        )
    names = [str(target.repository), str(other.repository)]
    assert changes == [Change("put blob", name, str(Digest.of(b"data")), 4) for name in names]


async def test_put_large_blob(registry: DockerRegistry) -> None:
    """One that is too large to be kept would be there, and that it cannot be read is said."""
    data = bytes(MAX_BLOB + 1)
    target, other = named(registry), named(registry, "team/copy:v1")
    async with dry(registry) as overlay:
        await overlay.put_blob(target.repository, described(data), Bytes(data))
        await overlay.copy_blob(described(data), target.repository, other.repository)
        assert await overlay.has_blob(other.repository, Digest.of(data))
        assert (await overlay.blob_head(other.repository, Digest.of(data))).size == len(data)
        with pytest.raises(RegistryError, match="keeps only blobs of up to 8 MiB"):
            await read(overlay, other, data)


async def test_put_wrong_blob(registry: DockerRegistry) -> None:
    """A blob that is not what it is called is refused, and not planned."""
    target = named(registry)
    async with dry(registry) as overlay:
        with pytest.raises(Unverified):
            await overlay.put_blob(target.repository, described(b"data"), Bytes(b"date"))
        assert not await overlay.has_blob(target.repository, Digest.of(b"data"))


async def test_copied_blob(registry: DockerRegistry) -> None:
    """A blob that would be copied is looked at, and read, where it is."""
    images.push(registry, "team/app", "v1", IMAGE)
    data = list(IMAGE.blobs.values())[1]
    target = named(registry, "team/copy:v1")
    async with dry(registry) as overlay:
        await copy(overlay, named(registry), target, PLAIN)
        assert (await overlay.blob_head(target.repository, Digest.of(data))).size == len(data)
        assert await read(overlay, target, data) == data


async def test_blob_that_is_not_there(registry: DockerRegistry) -> None:
    """Of a blob that nobody put the registry itself is asked."""
    images.push(registry, "team/app", "v1", IMAGE)
    source = named(registry)
    async with dry(registry) as overlay:
        assert (await overlay.blob_head(source.repository, Digest.of(next(iter(IMAGE.blobs.values()))))).size > 0
        with pytest.raises(NotFound):
            await overlay.blob_head(source.repository, Digest.of(b"nobody"))


@pytest.mark.parametrize(
    ("body", "kind", "why"),
    [
        (b'{"layers": [], "x": "%s"}' % (b"x" * MAX_WRITTEN), mediatype.OCI_MANIFEST, "bytes are more than"),
        (b'{"schemaVersion": 1}', mediatype.DOCKER_V1, "schema 1"),
    ],
)
async def test_manifest_that_would_be_refused(registry: DockerRegistry, body: bytes, kind: str, why: str) -> None:
    """A manifest that is not sent in earnest is not planned either."""
    async with dry(registry) as overlay:
        with pytest.raises(RegistryError, match=why):
            await overlay.put_manifest(named(registry), Manifest.read(body, media_type=kind))
        with pytest.raises(NotFound):
            await overlay.head(named(registry))


async def test_manifest_of_another_digest(registry: DockerRegistry) -> None:
    """Nor is one under a digest that it has not."""
    async with dry(registry) as overlay:
        with pytest.raises(Unverified, match="cannot be put"):
            await overlay.put_manifest(at(named(registry), INDEX), Manifest.read(IMAGE.manifest))


async def test_deletion_needs_a_digest(registry: DockerRegistry) -> None:
    """A manifest is deleted by its digest, in a dry run, too."""
    images.push(registry, "team/app", "v1", IMAGE)
    async with dry(registry) as overlay:
        with pytest.raises(InvalidText, match="needs a digest"):
            await overlay.delete_manifest(named(registry))


async def test_manifest_without_its_blobs(registry: DockerRegistry) -> None:
    """An image is not planned where one of its blobs is not: a registry would refuse it."""
    images.push(registry, "team/app", "v1", IMAGE)
    target = named(registry, "team/copy:v1")
    async with dry(registry) as overlay:
        manifest = await overlay.manifest(named(registry))
        with pytest.raises(RegistryError, match="team/copy has no blob") as caught:
            await overlay.put_manifest(target, manifest)
        assert caught.value.lacks_parts
        for blob in manifest.blobs:
            await overlay.copy_blob(blob, named(registry).repository, target.repository)
        await overlay.put_manifest(target, manifest)
        assert await overlay.tags(target.repository) == ["v1"]


async def test_new_manifest_of_blobs_that_are_there(registry: DockerRegistry) -> None:
    """A changed image is planned where its blobs are; each is looked for once."""
    images.push(registry, "team/app", "v1", IMAGE)
    changed = [Manifest.read(IMAGE.manifest + b" " * count) for count in (1, 2)]
    async with dry(registry) as overlay:
        for manifest in changed:
            await overlay.put_manifest(named(registry).tagged("v2"), manifest)
    assert [method for method, _, _ in registry.requests()] == ["HEAD"] * 3


@pytest.mark.parametrize("name", ["team/app:v2", "team/copy:v1"])
async def test_copy_costs_no_more(registry: DockerRegistry, name: str) -> None:
    """A dry copy asks for what it copies and for nothing again, not even for blobs that the target has."""
    images.push(registry, "team/app", "v1", IMAGE)
    images.push(registry, "team/copy", "old", IMAGE)
    target = named(registry, name)
    async with dry(registry) as overlay:
        await copy(overlay, named(registry), target, CopyOptions(force_recursive=True))
        await overlay.put_manifest(target.tagged("again"), Manifest.read(IMAGE.manifest))
    asked = [method for method, _, _ in registry.requests()]
    assert sorted(asked) == ["GET", "HEAD"] + ["HEAD"] * (3 if name == "team/copy:v1" else 0)


async def test_target_that_may_not_be_read(registry: DockerRegistry) -> None:
    """Where we may only push, what is there is not known, and the plan goes on."""
    images.push(registry, "team/app", "v1", IMAGE)
    changed = Manifest.read(IMAGE.manifest + b" ")
    with Served(PushOnly()) as other:
        target = named(other, "team/copy:v1")
        async with dry(registry, others=[other]) as overlay:
            assert (await copy(overlay, named(registry), target, PLAIN)).changed
            await overlay.put_manifest(target.tagged("v2"), changed)
            assert (await overlay.head(target.tagged("v2"))).descriptor == changed.descriptor

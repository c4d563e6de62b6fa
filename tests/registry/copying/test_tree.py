from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpcore
import pytest

from regbot.registry.copying.copying import copy
from regbot.registry.copying.options import CopyOptions
from regbot.registry.copying.tree import MAX_DEPTH, MAX_PARTS
from regbot.registry.errors import NotFound, RegistryError, Unverified
from regbot.registry.reference import Reference
from tests import images
from tests.copies import PLAIN, connected, counts, named
from tests.fake_registry import NAME, FakeRegistry, Reply, error, index_of, remote, served

if TYPE_CHECKING:
    from tests.conftest import MakeRegistry
    from tests.docker_registry import DockerRegistry

IMAGE = images.image(layers=[b"one", b"two"])
INDEX = images.platforms("linux/amd64", "linux/arm64", "linux/arm/v7")
TAG = Reference.parse(f"{NAME}/team/app:v1")
TO = Reference.parse(f"{NAME}/team/copy:v1")
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def accepting(image: images.Image, *names: str) -> FakeRegistry:
    """Return a registry that has an image, and takes blobs and the manifests of *names* for the copy."""
    fake = served(image)
    fake.on("POST /v2/team/copy/blobs/uploads/", Reply(201))
    for name in ("v1", *names):
        fake.on(f"PUT /v2/team/copy/manifests/{name}", Reply(201))
    return fake


async def test_force_recursive(registry: DockerRegistry) -> None:
    """A target that lost a child is repaired by force only."""
    for repository in ("team/app", "team/copy"):
        images.push(registry, repository, "v1", INDEX)
    child = INDEX.children[1].digest
    registry.request("DELETE", f"/v2/team/copy/manifests/{child}")
    source, target = (Reference.parse(f"{registry.host}/{name}:v1") for name in ("team/app", "team/copy"))
    async with connected(registry) as through:
        await copy(through, source, target, PLAIN)
        assert registry.digest("team/copy", child) == ""
        await copy(through, source, target, CopyOptions(force_recursive=True))
    assert registry.digest("team/copy", child) == child


def with_foreign_layer() -> images.Image:
    """Return the image with a layer that lies elsewhere, too."""
    tree = json.loads(IMAGE.manifest)
    tree["layers"][1]["urls"] = ["https://store.test/layer"]
    return images.Image(IMAGE.media_type, json.dumps(tree).encode(), IMAGE.blobs)


@pytest.mark.parametrize("external", [False, True])
async def test_include_external(make_registry: MakeRegistry, *, external: bool) -> None:
    """A layer with URLs of its own is left out, unless it is wanted."""
    one, other = make_registry(), make_registry()
    image = with_foreign_layer()
    images.push(one, "team/app", "v1", image)
    foreign = list(image.blobs)[2]
    async with connected(one, other) as through:
        await copy(through, named(one), named(other), CopyOptions(include_external=external))
    assert other.digest("team/app", "v1") == image.digest
    assert other.request("HEAD", f"/v2/team/app/blobs/{foreign}")[0] == (200 if external else 404)


async def test_index_of_blobs() -> None:
    """What an index lists besides manifests, as caches of builders do, is copied as a blob."""
    layer, data = list(IMAGE.blobs.items())[1]
    entry = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": layer, "size": len(data)}
    fake = served(index_of(entry))
    fake.on("POST /v2/team/copy/blobs/uploads/", Reply(201))
    fake.on("PUT /v2/team/copy/manifests/v1", Reply(201))
    await copy(remote(fake), TAG, Reference.parse(f"{NAME}/team/copy:v1"), PLAIN)
    assert [asked.method for asked in fake.asked] == ["HEAD", "GET", "POST", "PUT"]


async def test_present_child_is_left_alone(registry: DockerRegistry) -> None:
    """A child that the target has is not looked into."""
    images.push(registry, "team/app", "v1", INDEX)
    images.push(registry, "team/copy", "one", INDEX.children[0])
    async with connected(registry) as through:
        source = named(registry)
        await copy(through, source, named(registry, "team/copy:v1"), PLAIN)
    assert counts(registry) == {"HEAD manifests": 4, "GET manifests": 3, "POST uploads": 4, "PUT manifests": 3}


async def test_shared_layers_are_copied_once() -> None:
    """What two images of an index share is copied once."""
    both = images.index({name: images.image(platform=name, layers=[b"same"]) for name in ("linux/amd64", "linux/386")})
    fake = served(both)
    fake.on("POST /v2/team/copy/blobs/uploads/", Reply(201))
    for name in ("v1", *(child.digest for child in both.children)):
        fake.on(f"PUT /v2/team/copy/manifests/{name}", Reply(201))
    await copy(remote(fake), TAG, Reference.parse(f"{NAME}/team/copy:v1"), PLAIN)
    assert [asked.method for asked in fake.asked].count("POST") == 3


@pytest.mark.parametrize("first", [True, False])
async def test_manifest_that_is_a_layer_as_well(first: bool) -> None:  # noqa: FBT001 -- pytest's
    """A manifest whose digest some part names as a blob is copied as both."""
    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": IMAGE.digest, "size": len(IMAGE.manifest)}
    entries = [layer, dict(IMAGE.descriptor())]
    wrapper = index_of(*(entries if first else reversed(entries)), children=(IMAGE,))
    fake = served(index_of(wrapper.descriptor(), dict(IMAGE.descriptor()), children=(wrapper, IMAGE)))
    fake.on("POST /v2/team/copy/blobs/uploads/", Reply(201))
    for name in ("v1", wrapper.digest, IMAGE.digest):
        fake.on(f"PUT /v2/team/copy/manifests/{name}", Reply(201))
    await copy(remote(fake), TAG, Reference.parse(f"{NAME}/team/copy:v1"), PLAIN)
    assert fake.lines.count(f"PUT /v2/team/copy/manifests/{IMAGE.digest}") == 1
    assert [line for line in fake.lines if "mount=" in line and IMAGE.digest.removeprefix("sha256:") in line]


async def test_first_failure_is_the_error() -> None:
    """If one part fails the others are stopped, the failure is raised as it is, and no tag is put."""
    fake = served(INDEX)
    fake.instead(f"GET /v2/team/app/manifests/{INDEX.children[0].digest}", Reply(200, b"forged"))
    fake.on("POST /v2/team/copy/blobs/uploads/", Reply(201))
    with pytest.raises(Unverified):
        await copy(remote(fake), TAG, Reference.parse(f"{NAME}/team/copy:v1"), PLAIN)
    assert "PUT /v2/team/copy/manifests/v1" not in fake.lines


async def test_too_deep_to_copy() -> None:
    """Indexes within indexes come to an end in copies, too."""
    made = INDEX
    for _ in range(MAX_DEPTH):
        made = index_of(made.descriptor(), children=(made,))
    fake = served(made)
    with pytest.raises(Unverified, match="deeper than"):
        await copy(remote(fake), TAG, Reference.parse(f"{NAME}/team/copy:v1"), PLAIN)
    assert "PUT" not in {asked.method for asked in fake.asked}


async def test_broken_connection_is_an_error() -> None:
    """A connection that breaks in a copy is an error of the registry, never a group of errors."""
    fake = served(IMAGE)
    fake.on("POST /v2/team/copy/blobs/uploads/", httpcore.ReadError("gone"))
    with pytest.raises(RegistryError, match="no answer"):
        await copy(remote(fake), TAG, Reference.parse(f"{NAME}/team/copy:v1"), PLAIN)


async def test_external_layer_that_is_not_there() -> None:
    """A layer that only other places have is an error that says what to do."""
    image = with_foreign_layer()
    fake = accepting(image)
    foreign = list(image.blobs)[2]
    fake.instead("POST /v2/team/copy/blobs/uploads/", Reply(202, b"", {"Location": "/v2/team/copy/blobs/uploads/1"}))
    fake.on("PUT /v2/team/copy/blobs/uploads/1", Reply(201))
    fake.instead(f"GET /v2/team/app/blobs/{foreign}", Reply(404))
    with pytest.raises(NotFound, match=rf"(?s){foreign} is not in .* other places .*\(1\).* without includeExternal"):
        await copy(remote(fake), TAG, TO, CopyOptions(include_external=True))


async def test_missing_layer() -> None:
    """Of a layer without other places nothing is said of them."""
    fake = accepting(IMAGE)
    fake.instead("POST /v2/team/copy/blobs/uploads/", Reply(202, b"", {"Location": "/v2/team/copy/blobs/uploads/1"}))
    fake.on("PUT /v2/team/copy/blobs/uploads/1", Reply(201))
    fake.instead(f"GET /v2/team/app/blobs/{list(IMAGE.blobs)[2]}", Reply(404))
    with pytest.raises(NotFound) as caught:
        await copy(remote(fake), TAG, TO, PLAIN)
    assert "places" not in str(caught.value)


@pytest.mark.parametrize("kind", ["application/x.unknown", "application/vnd.oci.image.manifest.v9+json"])
@pytest.mark.parametrize("as_image", [True, False])
async def test_index_of_the_unknown(kind: str, *, as_image: bool) -> None:
    """What an index lists under an unknown type is copied as a manifest if it can be had as one, else as a blob."""
    digest, data = (IMAGE.digest, IMAGE.manifest) if as_image else next(iter(IMAGE.blobs.items()))
    entry = {"mediaType": kind, "digest": digest, "size": len(data)}
    fake = accepting(index_of(entry, children=(IMAGE,) if as_image else ()), digest)
    await copy(remote(fake), TAG, TO, PLAIN)
    assert (f"PUT /v2/team/copy/manifests/{digest}" in fake.lines) is as_image
    assert len([line for line in fake.lines if line.startswith("POST")]) == (3 if as_image else 1)


async def test_manifest_that_is_missing() -> None:
    """A child of a known type is no blob if it cannot be had as a manifest."""
    fake = accepting(index_of(IMAGE.descriptor()))
    with pytest.raises(NotFound):
        await copy(remote(fake), TAG, TO, PLAIN)
    assert "POST" not in {asked.method for asked in fake.asked}


async def test_schema_1_in_an_index() -> None:
    """An index that lists a manifest of schema 1 is refused before any part of it is sent."""
    old = {"mediaType": "application/vnd.docker.distribution.manifest.v1+prettyjws", "digest": IMAGE.digest, "size": 9}
    fake = accepting(index_of(dict(IMAGE.descriptor()), old, children=(IMAGE,)))
    with pytest.raises(RegistryError, match="of schema 1"):
        await copy(remote(fake), TAG, TO, PLAIN)
    assert {asked.method for asked in fake.asked} == {"HEAD", "GET"}


async def test_too_many_parts() -> None:
    """An image of more parts than anybody has is refused before any is sent."""
    layers = [{"mediaType": LAYER, "digest": f"sha256:{number:064x}", "size": 0} for number in range(MAX_PARTS + 1)]
    body = json.dumps({"layers": layers}, separators=(",", ":")).encode()
    fake = accepting(images.Image(IMAGE.media_type, body, {}))
    with pytest.raises(Unverified, match="more than 50000 parts"):
        await copy(remote(fake), TAG, TO, PLAIN)
    assert {asked.method for asked in fake.asked} == {"HEAD", "GET"}


async def test_docker_schema_2(make_registry: MakeRegistry) -> None:
    """Docker's own types are copied byte for byte."""
    one, other = make_registry(), make_registry()
    index = images.platforms("linux/amd64", "linux/386", kind="docker")
    images.push(one, "team/app", "v1", index)
    async with connected(one, other) as through:
        await copy(through, named(one), named(other), PLAIN)
    assert other.digest("team/app", "v1") == index.digest


async def test_collected_blob(make_registry: MakeRegistry) -> None:
    """A layer that the target lost since the last copy, within one process, is sent again."""
    one, other = make_registry(), make_registry()
    again = images.image(layers=[b"one", b"two"], labels={"built": "again"})
    layer = list(IMAGE.blobs)[1]
    for tag, image in (("v1", IMAGE), ("v2", again)):
        images.push(one, "team/app", tag, image)
    async with connected(one, other) as through:
        await copy(through, named(one), named(other), PLAIN)
        other.request("DELETE", f"/v2/team/app/blobs/{layer}")
        copied = await copy(through, named(one, "team/app:v2"), named(other, "team/app:v2"), PLAIN)
    assert other.request("HEAD", f"/v2/team/app/blobs/{layer}")[0] == 200
    assert (other.digest("team/app", "v2"), copied.blobs) == (again.digest, 3)


@pytest.mark.parametrize("code", ["MANIFEST_BLOB_UNKNOWN", "DENIED"])
async def test_manifest_that_is_refused(code: str) -> None:
    """If the manifest is refused all the same, or for another reason, the error says so."""
    fake = accepting(IMAGE)
    fake.instead("PUT /v2/team/copy/manifests/v1", Reply(400, error(code)))
    with pytest.raises(RegistryError, match=code):
        await copy(remote(fake), TAG, TO, PLAIN)
    puts = [asked for asked in fake.asked if asked.method == "PUT"]
    assert len(puts) == (2 if code == "MANIFEST_BLOB_UNKNOWN" else 1)

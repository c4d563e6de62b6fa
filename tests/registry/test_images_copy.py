from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpcore
import pytest

from regbot.registry import images as under_test
from regbot.registry.digest import Digest
from regbot.registry.errors import NotFound, RegistryError, Unverified
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.http import Client
from regbot.registry.images import CopyOptions, copy
from regbot.registry.reference import Reference
from regbot.registry.remote import Remote
from tests import images
from tests.fake_registry import NAME, FakeRegistry, Reply, Tap, index_of, remote, served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from tests.conftest import MakeRegistry
    from tests.docker_registry import DockerRegistry
    from tests.skopeo import Skopeo

IMAGE = images.image(layers=[b"one", b"two"])
INDEX = images.platforms("linux/amd64", "linux/arm64", "linux/arm/v7")
TAG = Reference.parse(f"{NAME}/team/app:v1")
PLAIN = CopyOptions()


@asynccontextmanager
async def connected(*registries: DockerRegistry) -> AsyncIterator[Remote]:
    """Give a way to real registries."""
    made = Remote(Client(Hosts([Host(each.host, tls=Tls.DISABLED) for each in registries]), user_agent=""))
    try:
        yield made
    finally:
        await made.aclose()


def pair(one: DockerRegistry, other: DockerRegistry, tag: str = "v1") -> tuple[Reference, Reference]:
    """Return an image of one registry, and the same name at the other."""
    source, target = (Reference.parse(f"{each.host}/team/app:{tag}") for each in (one, other))
    return source, target


def counts(registry: DockerRegistry) -> dict[str, int]:
    """Return how often each method and kind was asked for."""
    found: dict[str, int] = {}
    for method, path, _ in registry.requests():
        kind = next(word for word in ("manifests", "uploads", "blobs") if word in path)
        found[f"{method} {kind}"] = found.get(f"{method} {kind}", 0) + 1
    return found


@pytest.mark.parametrize("image", [IMAGE, INDEX, images.platforms("linux/amd64", "linux/386", kind="docker")])
@pytest.mark.parametrize("target", ["team/copy:v2", "team/app:v2"])
async def test_copy_within(registry: DockerRegistry, skopeo: Skopeo, image: images.Image, target: str) -> None:
    """Within a registry a copy is whole and the same, and nothing is downloaded."""
    images.push(registry, "team/app", "v1", image)
    async with connected(registry) as through:
        source = Reference.parse(f"{registry.host}/team/app:v1")
        await copy(through, source, Reference.parse(f"{registry.host}/{target}"), PLAIN)
    assert "GET blobs" not in counts(registry)
    assert skopeo.digest(f"{registry.host}/{target}") == image.digest


@pytest.mark.parametrize("image", [IMAGE, INDEX])
async def test_copy_across(make_registry: MakeRegistry, skopeo: Skopeo, tmp_path: str, image: images.Image) -> None:
    """Between registries a copy is whole and the same; skopeo reads all of it."""
    one, other = make_registry(), make_registry()
    images.push(one, "team/app", "v1", image)
    async with connected(one, other) as through:
        await copy(through, *pair(one, other), PLAIN)
    assert skopeo.digest(f"{other.host}/team/app:v1") == image.digest
    skopeo.copy(f"{other.host}/team/app:v1", f"oci:{tmp_path}/whole:v1")


async def test_costs_of_a_copy(make_registry: MakeRegistry) -> None:
    """A copy of an index asks for each thing once, and the second one for two digests."""
    one, other = make_registry(), make_registry()
    images.push(one, "team/app", "v1", INDEX)
    async with connected(one, other) as through:
        names = pair(one, other)
        await copy(through, *names, PLAIN)
        first = counts(one), counts(other)
        await copy(through, *names, PLAIN)
    written = {"POST uploads": 6, "PUT uploads": 6, "PUT manifests": 4}
    assert first == ({"GET manifests": 4, "GET blobs": 6}, {"HEAD manifests": 4, "HEAD blobs": 6, **written})
    assert counts(one) == {**first[0], "HEAD manifests": 1}
    assert counts(other) == {**first[1], "HEAD manifests": 5}


async def test_costs_within_a_registry(registry: DockerRegistry) -> None:
    """Within a registry a mount is all a blob costs, and within a repository a manifest is all there is."""
    images.push(registry, "team/app", "v1", IMAGE)
    async with connected(registry) as through:
        source = Reference.parse(f"{registry.host}/team/app:v1")
        await copy(through, source, Reference.parse(f"{registry.host}/team/copy:v1"), PLAIN)
    assert counts(registry) == {"HEAD manifests": 1, "GET manifests": 1, "POST uploads": 3, "PUT manifests": 1}


async def test_costs_of_many_tags(make_registry: MakeRegistry) -> None:
    """Of an image that was copied under another tag nothing but the manifest is asked for again."""
    one, other = make_registry(), make_registry()
    for tag in ("v1", "v2", "v3"):
        images.push(one, "team/app", tag, IMAGE)
    async with connected(one, other) as through:
        for tag in ("v1", "v2", "v3"):
            await copy(through, *pair(one, other, tag), PLAIN)
    assert counts(one) == {"GET manifests": 3, "GET blobs": 3}
    written = {"POST uploads": 3, "PUT uploads": 3, "PUT manifests": 3}
    assert counts(other) == {"HEAD manifests": 3, "HEAD blobs": 3, **written}


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
        await copy(through, *pair(one, other), CopyOptions(include_external=external))
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
        source = Reference.parse(f"{registry.host}/team/app:v1")
        await copy(through, source, Reference.parse(f"{registry.host}/team/copy:v1"), PLAIN)
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


@pytest.mark.parametrize("tag", ["", ":v2"])
async def test_digest_of_the_target(registry: DockerRegistry, tag: str) -> None:
    """A target's digest is set with its tag, and has to be that of the source."""
    images.push(registry, "team/app", "v1", IMAGE)
    source = Reference.parse(f"{registry.host}/team/app:v1")
    async with connected(registry) as through:
        await copy(through, source, Reference.parse(f"{registry.host}/team/copy{tag}@{IMAGE.digest}"), PLAIN)
        with pytest.raises(Unverified, match="the source of the copy"):
            await copy(through, source, Reference.parse(f"{registry.host}/team/no{tag}@{Digest.of(b'')}"), PLAIN)
    assert registry.digest("team/copy", tag[1:] or IMAGE.digest) == IMAGE.digest
    assert "/v2/team/no/" not in str([line for line in registry.requests() if line[0] in {"PUT", "POST"}])


async def test_wrong_digest_of_a_present_target(registry: DockerRegistry) -> None:
    """It is looked at as well where the target has the tag already."""
    images.push(registry, "team/app", "v1", IMAGE)
    source = Reference.parse(f"{registry.host}/team/app:v1")
    async with connected(registry) as through:
        with pytest.raises(Unverified):
            await copy(through, source, Reference.parse(f"{source}@{Digest.of(b'')}"), PLAIN)


async def test_missing_source() -> None:
    """A source that is not there is NotFound, and nothing was written."""
    fake = FakeRegistry()
    with pytest.raises(NotFound):
        await copy(remote(fake), TAG, Reference.parse(f"{NAME}/team/copy:v1"), PLAIN)
    assert [asked.method for asked in fake.asked] == ["HEAD", "GET"]


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
    for _ in range(under_test.MAX_DEPTH):
        made = index_of(made.descriptor(), children=(made,))
    fake = served(made)
    with pytest.raises(Unverified, match="deeper than"):
        await copy(remote(fake), TAG, Reference.parse(f"{NAME}/team/copy:v1"), PLAIN)
    assert "PUT" not in {asked.method for asked in fake.asked}


@pytest.mark.parametrize("kill", range(1, 14))
async def test_target_dies(make_registry: MakeRegistry, skopeo: Skopeo, tmp_path: str, kill: int) -> None:
    """Whichever request to the target is its last one, the tag is the old image, whole, until the copy is done."""
    one, other = make_registry(), make_registry()
    images.push(one, "team/app", "v1", IMAGE)
    old = images.push(other, "team/app", "v1", INDEX)
    asked = 0

    def notice(request: httpx.Request) -> None:
        nonlocal asked
        asked += str(request.url).startswith(other.url)
        if asked == kill:
            other.stop()

    hosts = Hosts([Host(each.host, tls=Tls.DISABLED) for each in (one, other)])
    through = Remote(Client(hosts, user_agent="", connect=Tap(notice)))
    done = await succeeds(through, *pair(one, other))
    await through.aclose()
    if asked >= kill:
        other.start()
    assert skopeo.digest(f"{other.host}/team/app:v1") == (IMAGE.digest if done else old)
    skopeo.copy(f"{other.host}/team/app:v1", f"oci:{tmp_path}/whole:v1")


async def succeeds(through: Remote, source: Reference, target: Reference) -> bool:
    """Copy, and say whether that succeeded."""
    try:
        await copy(through, source, target, PLAIN)
    except RegistryError:
        return False
    return True


async def test_broken_connection_is_an_error() -> None:
    """A connection that breaks in a copy is an error of the registry, never a group of errors."""
    fake = served(IMAGE)
    fake.on("POST /v2/team/copy/blobs/uploads/", httpcore.ReadError("gone"))
    with pytest.raises(RegistryError, match="no answer"):
        await copy(remote(fake), TAG, Reference.parse(f"{NAME}/team/copy:v1"), PLAIN)

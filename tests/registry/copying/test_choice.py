from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regbot.registry.copying.choice import Choice, parse_platforms
from regbot.registry.copying.copying import copy
from regbot.registry.copying.options import CopyOptions
from regbot.registry.errors import InvalidText, NotFound, RegistryError, Unverified
from regbot.registry.files.files import Files
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.manifest import Manifest
from regbot.registry.platform import Platform
from regbot.registry.reference import Reference
from regbot.registry.registries import Registries
from tests import images
from tests.copies import connected, counts, named
from tests.fake_registry import NAME, index_of, remote, served

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakeRegistry
    from tests.docker_registry import DockerRegistry

PLATFORMS = ("linux/amd64", "linux/arm64", "linux/arm/v7", "windows/amd64")
INDEX = images.platforms(*PLATFORMS)
PLAIN = images.image(layers=[b"without a platform"])
ATTESTED = index_of(
    {**INDEX.children[0].descriptor(), "platform": {"os": "linux", "architecture": "amd64"}},
    {**PLAIN.descriptor(), "platform": {"os": "unknown", "architecture": "unknown"}},
    dict(INDEX.children[1].descriptor()),
    children=(INDEX.children[0], PLAIN, INDEX.children[1]),
)
TAG = Reference.parse(f"{NAME}/team/app:v1")


async def chosen(index: images.Image, *platforms: str) -> list[int]:
    """Return the positions of the entries that are chosen of an index."""
    choice = Choice(remote(served(index)), TAG, platforms)
    manifest = Manifest.read(index.manifest)
    return [manifest.children.index(each) for each in await choice.of(manifest)]


@pytest.mark.parametrize(
    ("platforms", "expected"),
    [
        (["linux/amd64"], [0]),
        (["linux/arm/v7", "x86_64"], [0, 2]),
        (["linux/arm"], [2]),
        (["linux/aarch64", "linux/s390x"], [1]),
        (["windows/amd64", "windows/amd64"], [3]),
        (["linux/arm64/v8"], [1]),
    ],
)
async def test_chosen(platforms: list[str], expected: list[int]) -> None:
    """A platform means its image under whatever name, and one that is not there is no error beside one that is."""
    assert await chosen(INDEX, *platforms) == expected


@pytest.mark.parametrize(
    ("platforms", "expected"), [([""], [2]), (["", "linux/amd64"], [0, 2]), (["unknown/unknown"], [1])]
)
async def test_without_a_platform(platforms: list[str], expected: list[int]) -> None:
    """An empty text means the entries without a platform; one that is called unknown has one."""
    assert await chosen(ATTESTED, *platforms) == expected


@pytest.mark.parametrize(
    "platform", ["linux/arm/v6", "linux/amd64/v3", "windows/amd64,osver=10.0.1", "", "freebsd/amd64"]
)
async def test_nothing_chosen(platform: str) -> None:
    """Nothing that would merely run there is chosen; if nothing is, the error tells what there is."""
    with pytest.raises(NotFound, match="there are: linux/amd64, linux/arm/v7, linux/arm64, windows/amd64") as caught:
        await chosen(INDEX, platform)
    assert (platform or '""') in str(caught.value)


async def test_index_without_platforms() -> None:
    """Where no entry has a platform, the error says so."""
    with pytest.raises(NotFound, match="there are: none with a platform"):
        await chosen(index_of(PLAIN.descriptor(), children=(PLAIN,)), "linux/amd64")


async def test_nested() -> None:
    """An index inside without a platform is wanted if it has something inside, at any depth."""
    inner = index_of(INDEX.descriptor(), children=(INDEX,))
    other = images.platforms("linux/s390x")
    outer = index_of(other.descriptor(), inner.descriptor(), PLAIN.descriptor(), children=(other, inner, PLAIN))
    assert await chosen(outer, "linux/arm64") == [1]
    with pytest.raises(NotFound, match=r"there are: .*linux/s390x, windows/amd64"):
        await chosen(outer, "freebsd/amd64")


async def test_too_many_nested() -> None:
    """Not very many are looked into."""
    empty = [index_of({**PLAIN.descriptor(), "size": number}, children=(PLAIN,)) for number in range(40)]
    fake = served(index_of(*(child.descriptor() for child in empty), children=tuple(empty)))
    with pytest.raises(Unverified, match="too many"):
        await Choice(remote(fake), TAG, ("linux/amd64",)).of(await remote(fake).manifest(TAG))
    assert len(fake.asked) < 40


def test_parse() -> None:
    """Texts are platforms, or nothing, or the script's mistake."""
    assert parse_platforms(("linux/arm64", "")) == [Platform("linux", "arm64"), None]
    with pytest.raises(InvalidText):
        parse_platforms(("linux/arm64", "no such!"))


async def test_refused_by_a_registry(make_registry: MakeRegistry) -> None:
    """A registry that wants its indexes whole refuses: the chosen image is there then, and no tag."""
    one, other = make_registry(), make_registry()
    images.push(one, "team/app", "v1", INDEX)
    async with connected(one, other) as through:
        with pytest.raises(RegistryError):
            await copy(through, named(one), named(other), CopyOptions(platforms=("linux/arm64",)))
    assert other.digest("team/app", INDEX.children[1].digest)
    assert other.digest("team/app", "v1") == other.digest("team/app", INDEX.children[0].digest) == ""


async def test_nothing_is_sent_of_nothing(registry: DockerRegistry) -> None:
    """If no image is chosen nothing is written, not even an index inside."""
    images.push(registry, "team/app", "v1", index_of(INDEX.descriptor(), children=(INDEX,)))
    async with connected(registry) as through:
        with pytest.raises(NotFound):
            await copy(through, named(registry), named(registry, "team/copy:v1"), CopyOptions(platforms=("a/b",)))
    assert counts(registry) == {"HEAD manifests": 1, "GET manifests": 2}


async def test_sparse_copy(registry: DockerRegistry, files_folder: Path) -> None:
    """What is copied is the chosen images, and every index on the way as it is; indexes without any are left out."""
    other = images.platforms("linux/s390x")
    outer = index_of(other.descriptor(), INDEX.descriptor(), children=(other, INDEX))
    images.push(registry, "team/app", "v1", outer)
    hosts = Hosts([Host(registry.host, tls=Tls.DISABLED)])
    target = Reference.parse("ocidir://out:v1")
    with Files(files_folder) as files:
        async with Registries(hosts, files=files, user_agent="") as through:
            await copy(through, named(registry), target, CopyOptions(platforms=("linux/arm64",)))
    wanted = INDEX.children[1]
    there = {path.name for path in (files_folder / "out/blobs/sha256").iterdir()}
    names = {outer.digest, INDEX.digest, wanted.digest, *wanted.blobs}
    assert {f"sha256:{name}" for name in there} == names

from __future__ import annotations

import base64
import json

import pytest

from regbot.registry import images as under_test
from regbot.registry import mediatype
from regbot.registry.errors import InvalidText, NotFound, RegistryError, Unverified
from regbot.registry.images import config, resolve
from regbot.registry.platform import Platform
from regbot.registry.reference import Reference
from tests import images
from tests.fake_registry import NAME, index_of, remote, served

IMAGE = images.image(layers=[b"one", b"two"])
INDEX = images.platforms("linux/amd64", "linux/arm64", "linux/arm/v7")
TAG = Reference.parse(f"{NAME}/team/app:v1")


async def test_resolve_image() -> None:
    """An image is what it is, whatever platform is wanted, be it nonsense."""
    manifest = await resolve(remote(served(IMAGE)), TAG, "nonsense platform")
    assert str(manifest.descriptor.digest) == IMAGE.digest


@pytest.mark.parametrize("platform", ["linux/arm64", None])
async def test_resolve_index(platform: str | None) -> None:
    """Of an index the image of the platform is chosen; of none that of this machine."""
    here = str(Platform.local())
    wanted = images.image(platform=platform or here)
    made = images.index({"linux/s390x": images.image(platform="linux/s390x"), platform or here: wanted})
    manifest = await resolve(remote(served(made)), TAG, platform)
    assert str(manifest.descriptor.digest) == wanted.digest


async def test_platform_is_missing() -> None:
    """A platform that an index lacks is an error, which lists what there is."""
    with pytest.raises(NotFound, match="no image for linux/s390x; there are: linux/amd64, linux/arm/v7, linux/arm64"):
        await resolve(remote(served(INDEX)), TAG, "linux/s390x")


async def test_no_platforms_at_all() -> None:
    """An index whose entries have no platform has none for anybody."""
    with pytest.raises(NotFound, match="none with a platform"):
        await resolve(remote(served(index_of(IMAGE.descriptor(), children=(IMAGE,)))), TAG, "linux/amd64")


async def test_nonsense_on_an_index() -> None:
    """A platform that is none is an error on an index."""
    with pytest.raises(InvalidText, match="platform"):
        await resolve(remote(served(INDEX)), TAG, "nonsense platform")


async def test_nested_index() -> None:
    """An index within an index is looked into."""
    outer = index_of(INDEX.descriptor(), children=(INDEX,))
    manifest = await resolve(remote(served(outer)), TAG, "linux/arm64")
    assert str(manifest.descriptor.digest) == INDEX.children[1].digest


async def test_nested_too_deep() -> None:
    """Indexes within indexes come to an end."""
    made = INDEX
    for _ in range(under_test.MAX_DEPTH):
        made = index_of(made.descriptor(), children=(made,))
    with pytest.raises(NotFound):
        await resolve(remote(served(made)), TAG, "linux/amd64")


async def test_nested_too_wide() -> None:
    """Nor are very many opened in search of one platform."""
    empty = [index_of({**IMAGE.descriptor(), "size": number}, children=(IMAGE,)) for number in range(40)]
    outer = index_of(*(child.descriptor() for child in empty), children=tuple(empty))
    fake = served(outer)
    with pytest.raises(Unverified, match="too many"):
        await resolve(remote(fake), TAG, "linux/amd64")
    assert len(fake.asked) < 40


async def test_config() -> None:
    """An image's config comes with its manifest."""
    manifest, body = await config(remote(served(IMAGE)), TAG, None)
    assert str(manifest.descriptor.digest) == IMAGE.digest
    assert body == next(iter(IMAGE.blobs.values()))


async def test_no_config() -> None:
    """What has no config is no image."""
    layers = images.Image(mediatype.OCI_MANIFEST, b'{"layers": []}', {})
    with pytest.raises(RegistryError, match="no image with a config"):
        await config(remote(served(layers)), TAG, None)


def with_config(**changed: object) -> images.Image:
    """Return the image with a changed descriptor of its config."""
    tree = json.loads(IMAGE.manifest)
    tree["config"] |= changed
    return images.Image(IMAGE.media_type, json.dumps(tree).encode(), IMAGE.blobs)


async def test_huge_config() -> None:
    """A config of more than 8 MiB is not even asked for."""
    fake = served(with_config(size=under_test.MAX_CONFIG + 1))
    with pytest.raises(Unverified, match="at most"):
        await config(remote(fake), TAG, None)
    assert len(fake.asked) == 1


async def test_config_inside_the_manifest() -> None:
    """A config that its descriptor carries needs no request."""
    data = next(iter(IMAGE.blobs.values()))
    fake = served(with_config(data=base64.b64encode(data).decode()))
    assert (await config(remote(fake), TAG, None))[1] == data
    assert len(fake.asked) == 1


@pytest.mark.parametrize("data", ["!", base64.b64encode(b"forged").decode(), "ä"])
async def test_forged_config_inside_the_manifest(data: str) -> None:
    """One that has not the digest it should have is refused."""
    with pytest.raises(Unverified):
        await config(remote(served(with_config(data=data))), TAG, None)

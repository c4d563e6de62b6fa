"""Operations on references, repositories and tags, and those that read manifests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from regbot.supervisor.operations.table import OperationFailed
from tests.images import image, platforms, push
from tests.supervisor.scripts import opened

if TYPE_CHECKING:
    from regbot.protocol.values import Value
    from tests.docker_registry import DockerRegistry

MADE: Final = platforms("linux/amd64", "linux/arm64")
NO_QUOTA: Final = {"Set": False, "Remain": 0, "Limit": 0, "Reset": 0, "Policies": []}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"alpine", {"repository": "docker.io/library/alpine", "tag": "latest", "digest": ""}),
        (
            b"localhost:5000/a@sha256:" + b"0" * 64,
            {"repository": "localhost:5000/a", "tag": "", "digest": "sha256:" + "0" * 64},
        ),
    ],
)
async def test_a_reference_is_taken_apart(name: bytes, expected: Value) -> None:
    """A name becomes repository, tag and digest, "" where there is none."""
    async with opened() as gate:
        assert await gate.perform("reference.new", [name]) == expected


async def test_listings(registry: DockerRegistry) -> None:
    """Repositories and tags are listed, all of them or a part."""
    for repository, tag in (("a", "v1"), ("a", "v2"), ("a", "v3"), ("b", "v1")):
        push(registry, repository, tag, image())
    name = f"{registry.host}/a".encode()
    async with opened(registry.host) as gate:
        assert await gate.perform("repo.ls", [registry.host.encode()]) == ["a", "b"]
        assert await gate.perform("repo.ls", [registry.host.encode(), {"limit": 1}]) == ["a"]
        assert await gate.perform("tag.ls", [name]) == ["v1", "v2", "v3"]
        assert await gate.perform("tag.ls", [name, {"limit": 1, "last": b"v1"}]) == ["v2"]


async def test_a_tag_is_deleted(registry: DockerRegistry) -> None:
    """A tag goes, and what has only a digest is no tag."""
    push(registry, "a", "v1", image())
    push(registry, "a", "v2", image())
    async with opened(registry.host) as gate:
        await gate.perform("tag.delete", [f"{registry.host}/a:v1".encode()])
        with pytest.raises(OperationFailed, match="which tag is to be deleted"):
            await gate.perform("tag.delete", [f"{registry.host}/a@{image().digest}".encode()])
    assert registry.tags("a") == {"v2"}


async def test_manifests_are_read(registry: DockerRegistry) -> None:
    """A manifest is read as it is, or by its platform, or only looked at."""
    push(registry, "a", "v1", MADE)
    name = f"{registry.host}/a:v1"
    arm = MADE.children[1]
    async with opened(registry.host) as gate:
        one = await gate.perform("manifest.get", [name.encode(), b"linux/arm64"])
        whole = await gate.perform("manifest.getList", [name.encode()])
        looked = await gate.perform("manifest.head", [name.encode()])
    assert one == {**_known(name, arm.descriptor()), "body": arm.manifest}
    assert whole == {**_known(name, MADE.descriptor()), "body": MADE.manifest}
    assert looked == _known(name, MADE.descriptor())


def _known(name: str, descriptor: dict[str, object]) -> dict[str, object]:
    return {"reference": name, "descriptor": descriptor, "ratelimit": NO_QUOTA}

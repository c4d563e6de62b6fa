"""manifest.put and manifest.delete, in a real registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from regbot.supervisor.operations.table import OperationFailed
from tests.images import digest, image, platforms, push
from tests.supervisor.scripts import opened

if TYPE_CHECKING:
    from regbot.protocol.values import Value
    from tests.docker_registry import DockerRegistry

ODD: Final = image(annotations={"org.example/odd": "é <&>"})
"""An image whose manifest others would write in other bytes."""


def methods(registry: DockerRegistry, start: int) -> list[str]:
    """Return the methods of the requests for manifests since the first *start* of all."""
    return [method for method, path, _ in registry.requests()[start:] if "/manifests/" in path]


async def test_a_manifest_is_put_as_it_came(registry: DockerRegistry) -> None:
    """The bytes that a script holds are stored as they are, under the target's tag, with one request."""
    push(registry, "a", "v1", ODD)
    start = len(registry.requests())
    whole: Value = {"reference": b"x", "mediaType": ODD.media_type.encode(), "body": ODD.manifest}
    async with opened(registry.host) as gate:
        assert await gate.perform("manifest.put", [whole, f"{registry.host}/a:v2".encode()]) is None
    assert methods(registry, start) == ["PUT"]
    assert registry.digest("a", "v2") == ODD.digest


async def test_a_manifest_is_described(registry: DockerRegistry) -> None:
    """What bytes are as a manifest is said without asking anybody."""
    start = len(registry.requests())
    whole: Value = {"reference": b"x", "mediaType": ODD.media_type.encode(), "body": ODD.manifest}
    async with opened(registry.host) as gate:
        found = await gate.perform("manifest.export", [whole])
    assert isinstance(found, dict)
    assert found["descriptor"] == {"mediaType": ODD.media_type, "digest": ODD.digest, "size": len(ODD.manifest)}
    assert found["ratelimit"]["Set"] is False
    assert len(registry.requests()) == start


@pytest.mark.parametrize(
    ("made", "fault"),
    [
        ({"reference": b"a/b", "mediaType": b"text/plain", "body": b"{}"}, "a manifest was expected"),
        ({"reference": b"a/b", "mediaType": b"", "body": b'{"layers": [], "manifests": []}'}, "an index and an image"),
        ({"reference": b"a/b", "mediaType": ODD.media_type.encode(), "body": b'{"config": {"size": -1}}'}, "no size"),
        (b"a/b", "the bytes of a manifest were expected"),
    ],
)
async def test_what_is_no_manifest_is_not_described(registry: DockerRegistry, made: Value, fault: str) -> None:
    """Bytes that no registry should be sent are refused before they are."""
    async with opened(registry.host) as gate:
        with pytest.raises(OperationFailed, match=rf'manifest.export "a/b": .*{fault}'):
            await gate.perform("manifest.export", [made])


@pytest.mark.parametrize("form", ["name", "object"])
async def test_the_manifest_of_an_image_is_put(registry: DockerRegistry, form: str) -> None:
    """An image in place of a manifest means its manifest as it is; of an object, the one that it was got by."""
    made = platforms("linux/amd64", "linux/arm64")
    push(registry, "a", "v1", made)
    name = f"{registry.host}/a:v1".encode()
    source: Value = name if form == "name" else {"reference": name, "digest": made.digest.encode()}
    if form == "object":
        push(registry, "a", "v1", ODD)
    async with opened(registry.host) as gate:
        await gate.perform("manifest.put", [source, f"{registry.host}/a:v2".encode()])
    assert registry.digest("a", "v2") == made.digest


async def test_a_target_with_another_digest(registry: DockerRegistry) -> None:
    """A target that names a digest takes that manifest and no other."""
    push(registry, "a", "v1", ODD)
    other = f"{registry.host}/a:v2@{digest(b'')}"
    async with opened(registry.host) as gate:
        with pytest.raises(OperationFailed) as caught:
            await gate.perform("manifest.put", [f"{registry.host}/a:v1".encode(), other.encode()])
    assert caught.value.payload()["code"] == "DIGEST_INVALID"
    assert registry.tags("a") == {"v1"}


async def test_what_a_manifest_names_must_be_there(registry: DockerRegistry) -> None:
    """A registry refuses a manifest whose blobs it does not have, and the error says so."""
    push(registry, "a", "v1", ODD)
    async with opened(registry.host) as gate:
        with pytest.raises(OperationFailed, match=r'manifest.put ".*/a:v1" to ".*/b:v1": PUT .* MANIFEST_BLOB_UNKNOWN'):
            await gate.perform("manifest.put", [f"{registry.host}/a:v1".encode(), f"{registry.host}/b:v1".encode()])


async def test_a_manifest_is_deleted_by_its_tag(registry: DockerRegistry) -> None:
    """Without a digest, what the tag points at is deleted."""
    push(registry, "a", "v1", ODD)
    async with opened(registry.host) as gate:
        await gate.perform("manifest.delete", [f"{registry.host}/a:v1".encode()])
    assert registry.request("HEAD", f"/v2/a/manifests/{ODD.digest}")[0] == 404


async def test_an_object_is_deleted_by_its_digest(registry: DockerRegistry) -> None:
    """The manifest that a script looked at is deleted, and not what its tag points at by now."""
    push(registry, "a", "v1", ODD)
    push(registry, "a", "v1", image())
    name = f"{registry.host}/a:v1".encode()
    async with opened(registry.host) as gate:
        await gate.perform("manifest.delete", [{"reference": name, "digest": ODD.digest.encode()}])
    assert registry.request("HEAD", f"/v2/a/manifests/{ODD.digest}")[0] == 404
    assert registry.digest("a", "v1") == image().digest

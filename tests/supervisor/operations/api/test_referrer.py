"""referrer.ls: what refers to an image, in registries with the API and without, and in layouts."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest
import trio

from regbot.supervisor.gate import Gate
from regbot.supervisor.operations.table import OperationFailed
from tests.copies import SIGNATURE, counts, referrer
from tests.images import platforms, push
from tests.model.options import Options
from tests.model.registry import ModelRegistry
from tests.model.served import Served
from tests.supervisor.overlays import dry
from tests.supervisor.scripts import opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from regbot.protocol.values import Value
    from tests.docker_registry import DockerRegistry
    from tests.images import Image

NOTE: Final = "application/x.note"
SUBJECT: Final = platforms("linux/amd64", "linux/arm64")


def annotated(made: Image, key: str, value: str) -> Image:
    """Return an artifact with an annotation."""
    return replace(made, manifest=json.dumps({**json.loads(made.manifest), "annotations": {key: value}}).encode())


SIGNED: Final = annotated(referrer(SUBJECT), "org.example/by", "\u00fc")
NOTED: Final = referrer(SUBJECT, b"note", NOTE)
OF_AMD64: Final = referrer(SUBJECT.children[0])


@pytest.fixture
def listing() -> Iterator[Served]:
    """Give a registry that lists referrers, and an image with some."""
    with Served(ModelRegistry(Options(referrers=True))) as served:
        push(served, "a", "v1", SUBJECT)
        for each in (NOTED, SIGNED, OF_AMD64):
            push(served, "a", each.digest, each)
        yield served


def described(made: Image, kind: str, **annotations: str) -> Value:
    """Return what the prelude gets of a referrer."""
    known: dict[str, Value] = {"mediaType": made.media_type, "digest": made.digest, "size": len(made.manifest)}
    return {**known, "artifactType": kind, "annotations": annotations}


async def test_a_list_of_descriptors(listing: Served) -> None:
    """Each is described with its type and annotations, in the registry's order; a HEAD says what a tag means."""
    async with opened(listing.host) as gate:
        found = await gate.perform("referrer.ls", [f"{listing.host}/a:v1".encode()])
    assert counts(listing) == {"HEAD manifests": 1, "GET referrers": 1}
    listed = json.loads(listing.request("GET", f"/v2/a/referrers/{SUBJECT.digest}")[2])["manifests"]
    of = {
        NOTED.digest: described(NOTED, NOTE),
        SIGNED.digest: described(SIGNED, SIGNATURE, **{"org.example/by": "\u00fc"}),
    }
    assert found == [of[each["digest"]] for each in listed]


@pytest.mark.parametrize("form", ["digest", "object"])
async def test_a_digest_needs_no_look(listing: Served, form: str) -> None:
    """An image by its digest, or one that was looked at, is asked for at once, and only its own referrers come."""
    amd64 = SUBJECT.children[0].digest
    name = f"{listing.host}/a@{amd64}" if form == "digest" else f"{listing.host}/a:v1"
    image: Value = name.encode() if form == "digest" else {"reference": name.encode(), "digest": amd64.encode()}
    async with opened(listing.host) as gate:
        assert await gate.perform("referrer.ls", [image]) == [described(OF_AMD64, SIGNATURE)]
    assert counts(listing) == {"GET referrers": 1}


async def test_of_one_type(registry: DockerRegistry) -> None:
    """Those of one artifact type can be had alone, also where the registry has no API for any."""
    push(registry, "a", "v1", SUBJECT)
    name = f"{registry.host}/a"
    async with opened(registry.host) as gate:
        for made in (NOTED, SIGNED):
            for data in made.blobs.values():
                await gate.perform("blob.put", [name.encode(), data])
            whole: Value = {"reference": b"x", "mediaType": made.media_type.encode(), "body": made.manifest}
            await gate.perform("manifest.put", [whole, f"{name}@{made.digest}".encode()])
        found = await gate.perform("referrer.ls", [f"{name}:v1".encode(), {"artifactType": NOTE.encode()}])
        none = await gate.perform("referrer.ls", [f"{name}:v1".encode(), {"artifactType": b"application/x"}])
    assert (found, none) == ([described(NOTED, NOTE)], [])


async def test_what_nothing_refers_to(registry: DockerRegistry) -> None:
    """An image without referrers has none, nor has a digest that is not there; a tag that is not there is an error."""
    push(registry, "a", "v1", SUBJECT)
    async with opened(registry.host) as gate:
        for name in ("a:v1", f"a@{NOTED.digest}"):
            assert await gate.perform("referrer.ls", [f"{registry.host}/{name}".encode()]) == []
        with pytest.raises(OperationFailed, match=r"referrer\.ls .*404"):
            await gate.perform("referrer.ls", [f"{registry.host}/a:none".encode()])


async def test_in_a_dry_run(listing: Served) -> None:
    """What would refer to an image is listed, and what would be deleted is not."""
    async with dry(listing) as overlay:
        gate = Gate(registry=overlay, slots=trio.CapacityLimiter(1))
        await gate.perform("manifest.delete", [f"{listing.host}/a@{SIGNED.digest}".encode()])
        await gate.perform(
            "image.copy", [f"{listing.host}/a:v1".encode(), f"{listing.host}/b:v2".encode(), {"referrers": True}]
        )
        found = [
            await gate.perform("referrer.ls", [f"{listing.host}/{name}".encode(), {"artifactType": NOTE.encode()}])
            for name in ("a:v1", "b:v2")
        ]
    assert found == [[described(NOTED, NOTE)]] * 2


async def test_in_a_layout(listing: Served, tmp_path: Path) -> None:
    """A layout lists what was copied to it."""
    async with opened(listing.host, folder=tmp_path) as gate:
        await gate.perform("image.copy", [f"{listing.host}/a:v1".encode(), b"ocidir://b:v1", {"referrers": {}}])
        found = await gate.perform("referrer.ls", [b"ocidir://b:v1", {"artifactType": SIGNATURE.encode()}])
    assert found == [described(SIGNED, SIGNATURE, **{"org.example/by": "\u00fc"})]

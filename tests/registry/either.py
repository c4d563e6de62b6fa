"""What tests on registries of both kinds share."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

from regbot.registry.credentials import Login, Secret
from regbot.registry.digest import Digest
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.http.client import Client
from regbot.registry.manifest import Manifest
from regbot.registry.reference import Reference, Repository
from regbot.registry.remote.remote import Remote
from tests import images

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.asking import Asking
    from tests.model.message import Answerer
    from tests.model.served import Served

IMAGE: Final = images.image(layers=[b"one", b"two"])
INDEX: Final = images.platforms("linux/amd64", "linux/arm64")
MANIFEST: Final = Manifest.read(IMAGE.manifest)
LAYER: Final = MANIFEST.layers[0]
DATA: Final = IMAGE.blobs[str(LAYER.digest)]
NOBODYS: Final = Digest.of(b"nobody has this")
USERS: Final = {"user": "right"}
LOGIN: Final = Login("user", Secret("right"))
Serve: TypeAlias = "Callable[[Answerer], Served]"


def plain(registry: Asking) -> Host:
    """Return how a registry is reached."""
    return Host(registry.host, tls=Tls.DISABLED)


@asynccontextmanager
async def connected(*hosts: Host) -> AsyncIterator[Remote]:
    """Give a way to registries."""
    made = Remote(Client(Hosts(hosts), user_agent="both"))
    try:
        yield made
    finally:
        await made.aclose()


def at(registry: Asking, name: str = "team/app:v1") -> Reference:
    """Return a reference in a registry."""
    return Reference.parse(f"{registry.host}/{name}")


async def read(remote: Remote, repository: Repository) -> bytes:
    """Return the layer."""
    async with remote.blob(repository, LAYER) as data:
        return b"".join([piece async for piece in data])


async def referring(remote: Remote, registry: Asking) -> list[str]:
    """Put two artifacts about the image, delete one, and return what refers to the image."""
    about = [note(registry, name) for name in ("one", "other")]
    for manifest in about:
        await remote.put_manifest(at(registry).at(manifest.descriptor.digest), manifest)
    await remote.delete_manifest(at(registry).at(about[0].descriptor.digest))
    found = await remote.referrers(at(registry).at(MANIFEST.descriptor.digest))
    assert [each.digest for each in found] == [about[1].descriptor.digest]
    return [each.artifact_type for each in found]


def note(registry: Asking, name: str) -> Manifest:
    """Make an artifact about the image, of which only the manifest is still to be put."""
    artifact = images.image(layers=[], annotations={"name": name})
    for digest, data in artifact.blobs.items():
        images.push_blob(registry, "team/app", digest, data)
    tree = Manifest.read(artifact.manifest).tree
    about = {**tree, "subject": IMAGE.descriptor(), "artifactType": "application/x-note"}
    return Manifest.read(json.dumps(about).encode())

"""What tests of copies share: ways to registries, what they were asked, and what belongs to an image."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from regbot.registry import mediatype
from regbot.registry.copying.options import CopyOptions
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.http.client import Client
from regbot.registry.reference import Reference
from regbot.registry.remote.remote import Remote
from tests.asking import AGENT
from tests.images import Image, digest, image
from tests.model.message import Asked as Request
from tests.model.message import Refused
from tests.model.registry import ModelRegistry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Protocol

    from tests.model.message import Reply

    class Asked(Protocol):
        """A registry that keeps what it was asked, real or model."""

        host: str

        def requests(self) -> list[tuple[str, str, int]]:
            """Return method, path with query, and status of every request."""


PLAIN: Final = CopyOptions()
SIGNATURE: Final = "application/x.signature"


class PushOnly(ModelRegistry):
    """A registry that lets nobody look at manifests and blobs; *status* is what it answers to who tries."""

    def __init__(self, status: int = 403) -> None:
        super().__init__()
        self._status = status

    async def __call__(self, asked: Request) -> Reply:
        """Answer a request."""
        if asked.method in {"GET", "HEAD"} and "/uploads/" not in asked.path and asked.headers["user-agent"] != AGENT:
            return Refused(self._status, "DENIED", "requested access to the resource is denied").reply
        return await super().__call__(asked)


@asynccontextmanager
async def connected(*registries: Asked) -> AsyncIterator[Remote]:
    """Give a way to registries on loopback."""
    made = Remote(Client(Hosts([Host(each.host, tls=Tls.DISABLED) for each in registries]), user_agent=""))
    try:
        yield made
    finally:
        await made.aclose()


def named(registry: Asked, name: str = "team/app:v1") -> Reference:
    """Return a reference in a registry."""
    return Reference.parse(f"{registry.host}/{name}")


def counts(registry: Asked) -> dict[str, int]:
    """Return how often each method and kind was asked for."""
    found: dict[str, int] = {}
    for method, path, _ in registry.requests():
        kind = next(word for word in ("manifests", "uploads", "blobs", "tags", "referrers") if word in path)
        found[f"{method} {kind}"] = found.get(f"{method} {kind}", 0) + 1
    return found


def referrer(subject: Image, text: bytes = b"signed", kind: str = SIGNATURE) -> Image:
    """Return an artifact of a *kind* whose subject is an image; *text* is its one layer."""
    config = b"{}"
    manifest = {
        "schemaVersion": 2,
        "mediaType": mediatype.OCI_MANIFEST,
        "artifactType": kind,
        "config": {"mediaType": mediatype.OCI_EMPTY, "digest": digest(config), "size": len(config)},
        "layers": [{"mediaType": "application/octet-stream", "digest": digest(text), "size": len(text)}],
        "subject": subject.descriptor(),
    }
    return Image(mediatype.OCI_MANIFEST, json.dumps(manifest).encode(), {digest(each): each for each in (config, text)})


def signature(text: bytes = b"signed") -> Image:
    """Return what older tools put under a tag that spells a digest."""
    return image(layers=[text])


def tag_for(subject: Image, ending: str = ".sig") -> str:
    """Return such a tag."""
    return subject.digest.replace(":", "-") + ending

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.http.client import Client
from regbot.registry.remote import repositories
from tests import images
from tests.fake_registry import NAME, FakeRegistry, Reply, client

if TYPE_CHECKING:
    from tests.docker_registry import DockerRegistry

NAMES = ["alpha/one", "alpha/two", "beta", "zeta"]


@pytest.mark.parametrize(
    ("limit", "last", "expected"),
    [(0, "", NAMES), (2, "", NAMES[:2]), (2, "alpha/two", NAMES[2:]), (0, "beta", NAMES[3:]), (5000, "", NAMES)],
)
async def test_real_registry(registry: DockerRegistry, limit: int, last: str, expected: list[str]) -> None:
    """The catalog is listed, from *last* on and up to *limit*."""
    for name in NAMES:
        images.push(registry, name, "v1", images.image())
    sender = Client(Hosts([Host(registry.host, tls=Tls.DISABLED)]), user_agent="")
    assert await repositories.ls(sender, registry.host, limit=limit, last=last) == expected
    await sender.aclose()


async def test_invalid_names_are_dropped() -> None:
    """What is no repository is left out."""
    fake = FakeRegistry()
    fake.on("GET /v2/_catalog", Reply(200, b'{"repositories": ["a", "../b", "C", "d/e"]}'))
    assert await repositories.ls(client(fake), NAME, limit=0, last="") == ["a", "d/e"]

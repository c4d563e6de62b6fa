from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regbot.registry.content import Bytes
from regbot.registry.credentials import Login, Secret
from regbot.registry.errors import RegistryError
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.http.client import Client
from regbot.registry.manifest import Manifest
from regbot.registry.reference import Reference
from regbot.registry.remote.remote import Remote
from tests import images
from tests.fake_registry import CANARY
from tests.registry.auth.token_registry import token_registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.registry.auth.token_registry import TokenRegistry, TokenServer

IMAGE = images.image()
MANIFEST = Manifest.read(IMAGE.manifest)


@pytest.fixture
def real(tmp_path: Path) -> Iterator[tuple[TokenRegistry, TokenServer]]:
    """Start a real registry, and the token server that it believes."""
    with token_registry(tmp_path, {"bot": CANARY}) as both:
        yield both


def remote(registry: TokenRegistry, password: str = CANARY) -> Remote:
    """Return a Remote that reaches *registry* as bot."""
    host = Host(registry.host, tls=Tls.DISABLED, login=Login("bot", Secret(password)))
    return Remote(Client(Hosts([host]), user_agent=""))


async def push(to: Remote, reference: Reference) -> None:
    """Push the image."""
    for descriptor in MANIFEST.blobs:
        await to.put_blob(reference.repository, descriptor, Bytes(IMAGE.blobs[str(descriptor.digest)]))
    await to.put_manifest(reference, MANIFEST)


async def test_push_pull_delete(real: tuple[TokenRegistry, TokenServer]) -> None:
    """A real registry takes our tokens for everything, and each repository costs one for each kind of access."""
    registry, tokens = real
    one, two = (Reference.parse(f"{registry.host}/team/{name}:v1") for name in ("one", "two"))
    bot = remote(registry)
    await push(bot, one)
    for descriptor in MANIFEST.blobs:
        await bot.copy_blob(descriptor, one.repository, two.repository)
    await bot.put_manifest(two, MANIFEST)
    assert await bot.tags(one.repository) == ["v1"]
    assert await bot.repositories(registry.host) == ["team/one", "team/two"]
    await bot.delete_manifest(two.at(MANIFEST.descriptor.digest))
    assert tokens.asked == [
        "repository:team/one:pull,push",
        "repository:team/two:pull,push repository:team/one:pull",
        "registry:catalog:*",
        "repository:team/two:pull,push,delete",
    ]
    assert [path for _, path, status in registry.requests() if status == 401] == ["/v2/team/one/blobs/uploads/"]
    await bot.aclose()


async def test_wrong_password(real: tuple[TokenRegistry, TokenServer]) -> None:
    """And nothing without."""
    registry, _ = real
    bot = remote(registry, "wrong")
    with pytest.raises(RegistryError, match="wrong password") as caught:
        await bot.tags(Reference.parse(f"{registry.host}/team/one:v1").repository)
    assert (caught.value.status, CANARY in str(caught.value)) == (401, False)
    await bot.aclose()

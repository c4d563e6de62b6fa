from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from regbot.registry.credentials import Secret
from regbot.registry.errors import RegistryError
from regbot.registry.hosts import Host
from tests import images
from tests.docker_registry import DockerRegistry
from tests.registry.either import IMAGE, MANIFEST, at, connected

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("known", [True, False])
async def test_mutual_tls(tmp_path: Path, *, known: bool) -> None:
    """A registry that wants a certificate of its clients is read with one; without, TLS is said to be the matter."""
    with DockerRegistry(tmp_path / "registry", tls=True, mutual=True) as registry:
        images.push(registry, "team/app", "v1", IMAGE)
        certificate, key, ca = ((registry.folder / name).read_text() for name in ("server.pem", "server.key", "ca.pem"))
        identity = Host(registry.host, regcert=ca, client_cert=certificate, client_key=Secret(key))
        async with connected(identity if known else Host(registry.host, regcert=ca)) as remote:
            with nullcontext() if known else pytest.raises(RegistryError, match=r"TLS|certificate"):
                assert await remote.manifest(at(registry)) == MANIFEST

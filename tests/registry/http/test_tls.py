from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from regbot.registry.credentials import Secret
from regbot.registry.errors import RegistryError, Unreachable
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.http import tls
from regbot.registry.http.client import Client
from regbot.registry.reference import Repository
from regbot.registry.remote.tags import ls
from tests import images
from tests.docker_registry import make_certificates
from tests.programs import run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakeRegistry

CANARY = "c4n4ry-key"


async def tags(host: Host) -> list[str]:
    """List tags over TLS."""
    sender = Client(Hosts([host]), user_agent="")
    try:
        return await ls(sender, Repository(host.name, "team/app"), limit=0, last="")
    finally:
        await sender.aclose()


async def test_unknown_authority(make_registry: MakeRegistry) -> None:
    """A certificate of an authority that nobody trusts is refused, with the advice what to configure."""
    registry = make_registry(tls=True)
    with pytest.raises(Unreachable, match="regcert names the CA to trust"):
        await tags(Host(registry.host))


async def test_regcert(make_registry: MakeRegistry) -> None:
    """An authority that regcert names is trusted, and with insecure any."""
    registry = make_registry(tls=True)
    assert registry.ca is not None
    images.push(registry, "team/app", "v1", images.image())
    assert await tags(Host(registry.host, regcert=registry.ca.read_text())) == ["v1"]
    assert await tags(Host(registry.host, tls=Tls.INSECURE)) == ["v1"]


async def test_other_authority(make_registry: MakeRegistry, tmp_path: Path) -> None:
    """Another authority than that of regcert is not trusted by it."""
    registry = make_registry(tls=True)
    make_certificates(tmp_path)
    with pytest.raises(Unreachable, match="certificate"):
        await tags(Host(registry.host, regcert=(tmp_path / "ca.pem").read_text()))


def shows_certificate(client: ssl.SSLContext, folder: Path) -> bool:
    """Say whether *client* shows a certificate to a server that wants one; in memory."""
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(folder / "ca.pem"))
    server.load_cert_chain(folder / "server.pem", folder / "server.key")
    server.verify_mode = ssl.CERT_OPTIONAL
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = client.wrap_bio(down, up, server_hostname="localhost"), server.wrap_bio(up, down, server_side=True)
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return bool(ends[1].getpeercert())


@pytest.mark.parametrize("identify", [True, False])
def test_client_certificate(tmp_path: Path, *, identify: bool) -> None:
    """A client certificate is shown to its registry, and nowhere else."""
    make_certificates(tmp_path)
    ca, certificate, key = ((tmp_path / name).read_text() for name in ("ca.pem", "server.pem", "server.key"))
    host = Host("localhost", regcert=ca, client_cert=certificate, client_key=Secret(key))
    assert shows_certificate(tls.context(host, identify=identify), tmp_path) is identify


@pytest.mark.parametrize(
    "host",
    [
        Host("a", regcert=f"no PEM {CANARY}"),
        Host("a", client_cert=f"no PEM {CANARY}", client_key=Secret(CANARY)),
        Host("a", regcert="-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        Host("a", regcert="ä"),
    ],
)
def test_unusable(host: Host) -> None:
    """What is no PEM text is a fault of the configuration that shows nothing of the text."""
    with pytest.raises(RegistryError, match="configured for a is no usable PEM text") as caught:
        tls.context(host, identify=True)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    "host",
    [
        Host("a", regcert="/etc/ssl/ca.pem"),
        Host("a", client_cert="/etc/ssl/me.pem", client_key=Secret("/etc/ssl/me.key")),
    ],
)
def test_path(host: Host) -> None:
    """Who names a file where its text belongs is told how that is written."""
    with pytest.raises(RegistryError, match=r"is no PEM text; \{\{file \"PATH\"\}\} reads a file"):
        tls.context(host, identify=True)


@pytest.mark.parametrize(
    ("key", "why"),
    [("encrypted.key", "the key is encrypted, and should be without a password"), ("ca.key", "of another certificate")],
)
def test_unusable_key(tmp_path: Path, key: str, why: str) -> None:
    """A key that cannot be used is told apart from a text that is none."""
    make_certificates(tmp_path)
    run(
        "openssl",
        "ec",
        "-aes128",
        "-passout",
        "pass:x",
        "-in",
        f"{tmp_path}/server.key",
        "-out",
        f"{tmp_path}/encrypted.key",
    )
    certificate, text = ((tmp_path / name).read_text() for name in ("server.pem", key))
    with pytest.raises(RegistryError, match=why):
        tls.context(Host("a", client_cert=certificate, client_key=Secret(text)), identify=True)


def test_key_in_the_same_text(tmp_path: Path) -> None:
    """Certificate and key may stand in one text; where there is no key at all, that is said."""
    make_certificates(tmp_path)
    ca, certificate, key = ((tmp_path / name).read_text() for name in ("ca.pem", "server.pem", "server.key"))
    host = Host("localhost", regcert=ca, client_cert=certificate + key)
    assert shows_certificate(tls.context(host, identify=True), tmp_path)
    with pytest.raises(RegistryError, match="the key is missing"):
        tls.context(Host("a", client_cert=certificate), identify=True)


async def test_unusable_at_use() -> None:
    """It is the same error when the registry is asked for something."""
    with pytest.raises(RegistryError, match="the regcert configured"):
        await tags(Host("a.example", regcert="no PEM"))


def test_shared() -> None:
    """Registries without settings of their own share a context: making one takes long."""
    assert tls.context(Host("a"), identify=True) is tls.context(Host("b"), identify=False)


def test_system_without_authorities(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has no authorities, as in a bare container, there are others to trust."""
    for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.setenv(variable, "/nonexistent")
    assert tls.system().cert_store_stats()["x509_ca"] > 0


def test_checks() -> None:
    """Certificates are checked unless that is switched off."""
    modes = [tls.context(Host("a", tls=mode), identify=True).verify_mode for mode in (Tls.ENABLED, Tls.INSECURE)]
    assert modes == [ssl.CERT_REQUIRED, ssl.CERT_NONE]

from __future__ import annotations

import pytest

from regbot.registry.auth.realm import MAX_REALM, BadRealm, parse_realm
from regbot.registry.hosts import Host, Tls
from tests.fake_registry import CANARY

SECURE = Host("registry.test")
PLAIN = Host("registry.test", tls=Tls.DISABLED)
HERE = [
    Host("localhost:5000", tls=Tls.DISABLED),
    Host("127.0.0.1:5000", tls=Tls.DISABLED),
    Host("registry.test", hostname="[::1]:5000", tls=Tls.DISABLED),
]
LINK_LOCAL = [
    "169.254.169.254",
    "169.254.169.254.",
    "169.254.1",
    "2852039166",
    "0xa9fea9fe",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[64:ff9b::169.254.169.254]",
    "[2002:a9fe:a9fe::]",
]
LOOPBACK = ["127.0.0.1", "127.1", "2130706433", "0.0.0.0", "localhost", "LOCALHOST.", "a.localhost", "[::1]", "[::]"]


@pytest.mark.parametrize(
    "text", ["https://auth.test/token", "https://auth.test:444/token?x=1", "https://10.0.0.1/token"]
)
@pytest.mark.parametrize("host", [SECURE, PLAIN])
def test_realm(text: str, host: Host) -> None:
    """A token server may be anywhere; where it is stays as it was said."""
    assert str(parse_realm(text, host)) == text


def test_fragment() -> None:
    """A fragment is nothing that is sent."""
    assert str(parse_realm("https://auth.test/token#x", SECURE)) == "https://auth.test/token"


@pytest.mark.parametrize("host", [SECURE, Host("registry.test", tls=Tls.INSECURE)])
def test_plain_http(host: Host) -> None:
    """A registry that is spoken to by https sends nobody to plain http; one that is not may."""
    with pytest.raises(BadRealm, match=r"http://auth\.test/token, which is not https"):
        parse_realm("http://auth.test/token", host)
    assert parse_realm("http://auth.test/token", PLAIN).host == "auth.test"


@pytest.mark.parametrize("name", LINK_LOCAL)
@pytest.mark.parametrize("host", [SECURE, PLAIN, HERE[0]], ids=["https", "http", "here"])
def test_link_local(name: str, host: Host) -> None:
    """No registry may send us to a link-local address, however it is written."""
    with pytest.raises(BadRealm, match="link-local"):
        parse_realm(f"{host.scheme}://{name}/latest/meta-data", host)


@pytest.mark.parametrize("name", LOOPBACK)
def test_loopback(name: str) -> None:
    """This machine is a realm only of registries on it."""
    with pytest.raises(BadRealm, match="this machine"):
        parse_realm(f"https://{name}/token", SECURE)
    assert [parse_realm(f"http://{name}/token", host).path for host in HERE] == ["/token"] * 3


@pytest.mark.parametrize(
    "text",
    [
        "",
        "token",
        "/token",
        "ftp://auth.test/token",
        "javascript:1",
        "https://",
        "https:///token",
        "https://auth.test:65536/",
        "https://[1:2]/",
        "https://[fe80::1%25eth0]\uff0e\uff0e[::1]",
        "https://0251.0376.0251.0376/",
        "https://a\x01b/",
        f"https://user:{CANARY}@auth.test/token",
        f"https://{CANARY}:x/",
        f"https://auth.test/{'x' * MAX_REALM}",
    ],
    ids=lambda text: ascii(text[:20]),
)
def test_no_realm(text: str) -> None:
    """What is no URL of a token server is refused, and what may be a secret in it is not repeated."""
    with pytest.raises(BadRealm) as caught:
        parse_realm(text, SECURE)
    assert CANARY not in str(caught.value)
    assert caught.value.__context__ is None

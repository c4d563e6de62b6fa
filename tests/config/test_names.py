from __future__ import annotations

import pytest

from regbot.config.names import is_host, registry_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ghcr.io", "ghcr.io"),
        ("localhost:5000", "localhost:5000"),
        ("[::1]:5000", "[::1]:5000"),
        ("docker.io", "docker.io"),
        ("index.docker.io", "docker.io"),
        ("registry-1.docker.io", "docker.io"),
        ("https://index.docker.io/v1/", "docker.io"),
        ("https://reg.example.com/v2/", "reg.example.com"),
        ("http://reg.example.com:5000", "reg.example.com:5000"),
        (" ghcr.io ", "ghcr.io"),
    ],
)
def test_name(text: str, name: str) -> None:
    """A registry is called by host and port; Docker Hub has several names and goes by one."""
    assert registry_name(text) == name


@pytest.mark.parametrize(
    "text", ["", "/", "a b", "host:port", "-x", "https://", "a:1:2", "ü.example.com", "user@host", "1.2.3.999"]
)
def test_no_name(text: str) -> None:
    """What is no host has no name."""
    assert registry_name(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        *("localhost", "registry", "registry:5000", "reg.example.com", "reg.example.com.", "REG.Example.com", "a--b.c"),
        *("my_reg_1:5000", "_reg", "10.0.0.5", "10.0.0.5:65535", "a:1", "4.example.com", "123a"),
        *("[::1]", "[::1]:5000", "[2001:db8::A]", "[::ffff:10.0.0.5]:80", "a" * 63, ".".join(["a" * 62] * 4)),
    ],
)
def test_host(text: str) -> None:
    """A host is a name, an IPv4 address or an IPv6 one in brackets, with or without a port."""
    assert is_host(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", ":5000", "a:", "a:0", "a:65536", "a:123456", "a:b", "a:1:2", "a b", " a", "a\n", "a\0", "\x7f"),
        *("999.999.999.999", "1.2.3", "1.2.3.4.5", "1.2.3.4.", "5000", "::1", "[::1", "[]", "[1.2.3.4]", "[::g]"),
        *("[fe80::1%eth0]", "https://a", "a/b", "a?b", "a#b", "user@a", "user:pass@a:5000", "a..b", ".a", "-a", "a-"),
        *("a" * 64, ".".join(["a" * 62] * 5), "é.example.com", "\u0661.2.3.4", "a:\u0661", "\ud800", "{{x}}"),
    ],
)
def test_no_host(text: str) -> None:
    """Nothing else is one: no address out of range, no scheme, user or path, no white space or control character."""
    assert not is_host(text)

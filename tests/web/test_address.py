"""Addresses as users write them."""

from __future__ import annotations

import errno

import pytest

from regbot.web.address import Address, CannotListen, advice, is_loopback


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:0", Address("127.0.0.1", 0)),
        ("localhost:8080", Address("localhost", 8080)),
        ("[::1]:65535", Address("::1", 65535)),
        ("unix:/run/x y", Address(path="/run/x y")),
    ],
)
def test_forms(text: str, address: Address) -> None:
    """Each form is read, and written as it was."""
    assert Address.parse(text) == address
    assert str(address) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no address"),
        ("8080", "no address"),
        (":8080", "127.0.0.1:8080 is this machine only"),
        ("::1:80", "no address"),
        ("host:", "no address"),
        ("host:-1", "no address"),
        ("host:٣", "no address"),
        ("host:65536", "no port 65536"),
        ("[localhost]:80", "should be an IPv6 address"),
        ("http://host:80", "no address"),
        ("unix:", "path of the socket"),
        ("unix:a\0b", "path of the socket"),
        ("unix:" + "x" * 108, "at most 107 bytes"),
    ],
)
def test_mistakes(text: str, said: str) -> None:
    """What is no address is refused, and it is said what would be."""
    with pytest.raises(CannotListen) as refused:
        Address.parse(text)
    assert said in str(refused.value)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "x" * 64 + ".invalid"])
def test_unknown_host(host: str) -> None:
    """A host without an address is named, also one that can be no name."""
    with pytest.raises(CannotListen) as refused:
        Address(host, 1).resolve()
    assert host in str(refused.value)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("0.0.0.0", False), ("::", False), ("evil", False)],
)
def test_loopback(host: str, loopback: bool) -> None:  # noqa: FBT001 -- a parameter
    """Literal addresses that only this machine reaches are known."""
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EADDRINUSE, "another program"),
        (errno.EADDRNOTAVAIL, "no network interface"),
        (errno.EACCES, "below 1024"),
        (errno.ENOENT, "No such file"),
    ],
)
def test_advice(number: int, said: str) -> None:
    """Of what the system refuses it is said what to do."""
    assert said in advice(OSError(number, "No such file"))

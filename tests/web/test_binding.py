"""Sockets, bound on real interfaces and in real folders."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from regbot.web.address import Address, CannotListen
from regbot.web.binding import bind

if TYPE_CHECKING:
    from pathlib import Path


def connects(address: Address) -> bool:
    """Whether somebody listens there."""
    try:
        if address.path:
            with socket.socket(socket.AF_UNIX) as made:
                made.connect(address.path)
        else:
            socket.create_connection((address.host, address.port)).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback(host: str) -> None:
    """At loopback somebody listens as soon as it is bound, at one port, until it is closed; nobody else can connect."""
    bound = bind(Address(host, 0), anywhere=False)
    assert bound.local
    assert {each.getsockname()[1] for each in bound.sockets} == {bound.address.port}
    assert connects(bound.address)
    bound.close()
    assert not connects(bound.address)


def test_elsewhere() -> None:
    """Where others could connect is bound only if that is meant."""
    with pytest.raises(CannotListen, match="--token-file"):
        bind(Address("0.0.0.0", 0), anywhere=False)
    bound = bind(Address("0.0.0.0", 0), anywhere=True)
    assert not bound.local
    bound.close()


def test_both_kinds() -> None:
    """[::] is every IPv4 address, too."""
    bound = bind(Address("::", 0), anywhere=True)
    assert connects(Address("127.0.0.1", bound.address.port))
    bound.close()


def test_taken() -> None:
    """A port that somebody has is not taken from him."""
    bound = bind(Address("127.0.0.1", 0), anywhere=False)
    with pytest.raises(CannotListen, match="another program"):
        bind(bound.address, anywhere=False)
    bound.close()


def test_not_ours() -> None:
    """An address that no interface has is named."""
    with pytest.raises(CannotListen, match="no network interface"):
        bind(Address("192.0.2.1", 0), anywhere=True)


def test_socket(tmp_path: Path) -> None:
    """A socket's file is its owner's alone, and is gone when it is closed, however often."""
    address = Address(path=str(tmp_path / "socket"))
    bound = bind(address, anywhere=False)
    assert (tmp_path / "socket").stat().st_mode & 0o777 == 0o600
    assert (bound.local, connects(address)) == (True, True)
    bound.close()
    bound.close()
    assert not (tmp_path / "socket").exists()


def test_stale_socket(tmp_path: Path) -> None:
    """A socket that nobody listens at any more is replaced."""
    address = Address(path=str(tmp_path / "socket"))
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(address.path)
    bound = bind(address, anywhere=False)
    assert connects(address)
    bound.close()


@pytest.mark.parametrize("queue", [100, 0])
def test_live_socket(tmp_path: Path, queue: int) -> None:
    """A socket that somebody listens at is left to him, also when his queue is full."""
    address = Address(path=str(tmp_path / "socket"))
    bound = bind(address, anywhere=False)
    bound.sockets[0].listen(queue)
    with socket.socket(socket.AF_UNIX) as first:
        first.connect(address.path)
        with pytest.raises(CannotListen, match="another program"):
            bind(address, anywhere=False)
    bound.close()


def test_other_file(tmp_path: Path) -> None:
    """A file that is no socket is never removed."""
    (tmp_path / "socket").write_text("precious")
    with pytest.raises(CannotListen, match="something else"):
        bind(Address(path=str(tmp_path / "socket")), anywhere=False)
    assert (tmp_path / "socket").read_text() == "precious"


def test_no_folder(tmp_path: Path) -> None:
    """A folder that is not there is an error that names the path."""
    with pytest.raises(CannotListen, match="No such file"):
        bind(Address(path=str(tmp_path / "no" / "socket")), anywhere=False)


def test_replaced_socket(tmp_path: Path) -> None:
    """A file that somebody else put in our socket's place is not ours to remove."""
    bound = bind(Address(path=str(tmp_path / "socket")), anywhere=False)
    (tmp_path / "socket").unlink()
    (tmp_path / "socket").write_text("precious")
    bound.close()
    assert (tmp_path / "socket").read_text() == "precious"

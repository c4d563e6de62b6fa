from __future__ import annotations

import pytest

from regbot.registry.credentials import Login, Secret
from regbot.registry.hosts import Host, Hosts, Tls


def test_unknown_registry() -> None:
    """A registry that nobody configured is spoken to by https, at its own name."""
    found = Hosts().find("registry.example.org:5000")
    assert (found.scheme, found.address, found.req_concurrent) == ("https", "registry.example.org:5000", None)


def test_default() -> None:
    """What holds for unknown registries can be chosen, and their names stay."""
    found = Hosts(other=lambda name: Host(name, req_concurrent=1)).find("a.example")
    assert (found.name, found.req_concurrent) == ("a.example", 1)


def test_configured() -> None:
    """A configured registry is found by its name, and answers at its hostname."""
    hosts = Hosts([Host("a.example", hostname="b.example:5000", tls=Tls.DISABLED)])
    assert (hosts.find("a.example").scheme, hosts.find("a.example").address) == ("http", "b.example:5000")
    assert hosts.find("b.example:5000").scheme == "https"


@pytest.mark.parametrize(
    ("configured", "address"), [("", "registry-1.docker.io"), ("mirror.example", "mirror.example")]
)
def test_docker_hub(configured: str, address: str) -> None:
    """Docker Hub answers at another name than its own, unless the configuration has a third."""
    assert Host("docker.io", hostname=configured).address == address


def test_no_secret_is_shown() -> None:
    """The repr of a host shows neither password nor key nor certificate."""
    host = Host("a", login=Login("u", Secret("c4n4ry")), client_key=Secret("c4n4ry"), client_cert="c4n4ry")
    assert "c4n4ry" not in repr(host)

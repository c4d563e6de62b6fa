from __future__ import annotations

import pytest

from regbot.config.names import registry_name


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


@pytest.mark.parametrize("text", ["", "/", "a b", "host:port", "-x", "https://", "a:1:2", "ü.example.com", "user@host"])
def test_no_name(text: str) -> None:
    """What is no host has no name."""
    assert registry_name(text) == ""

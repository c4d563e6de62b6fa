from __future__ import annotations

import pytest

from regbot.registry.auth.challenges import parse_challenges
from regbot.registry.auth.place import Place, unusable
from regbot.registry.hosts import Host

HOST = Host("registry.test")


@pytest.mark.parametrize(
    ("header", "scheme", "realm", "scope"),
    [
        ("Basic", "basic", "None", ""),
        ('Bearer realm="https://a/"', "bearer", "https://a/", ""),
        ('Bearer realm="http://a/",scope=x, Bearer realm="https://b/",scope=y', "bearer", "https://b/", "y"),
        ('Basic, Bearer realm="https://a/"', "bearer", "https://a/", ""),
        ('Basic, Bearer realm="http://a/"', "basic", "None", ""),
        ("Negotiate", "", "None", ""),
        ("", "", "None", ""),
    ],
)
def test_learn(header: str, scheme: str, realm: str, scope: str) -> None:
    """The best that can be used is taken."""
    place = Place("*")
    assert place.learn(parse_challenges(header), HOST) == scope
    assert (place.scheme, str(place.realm)) == (scheme, realm)


def test_nothing_new() -> None:
    """What makes no sense does not make what was known wrong."""
    place = Place("*")
    place.learn(parse_challenges('Bearer realm="https://a/",service=s'), HOST)
    place.learn(parse_challenges("Negotiate"), HOST)
    assert (place.scheme, str(place.realm), place.service) == ("bearer", "https://a/", "s")


def test_unusable() -> None:
    """A long name of a scheme is cut."""
    assert len(unusable(parse_challenges("x" * 8000), HOST)) < 150

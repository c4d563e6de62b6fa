from __future__ import annotations

import pytest

from regbot.config import access
from regbot.config.kinds import Kind, Unreadable
from regbot.config.nodes import Mapping, Scalar, Sequence
from regbot.registry.credentials import Secret

from .support import CANARY, creds, faults

HOST_RULE = "it should be HOST or HOST:PORT, like 10.0.0.5:5000, without scheme, user or path"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        *((access.HOST, text) for text in ("", "registry", "Reg.example.com:5000", "my_reg:80", "10.0.0.5", "[::1]:1")),
        *((access.USER, text) for text in ("", "bot", "me@example.com", "é b")),
        *((access.PATH, text) for text in ("", "/", "hub", "/mirror/hub/", "a__b/c-d.e")),
        *((access.PROGRAM, text) for text in ("", "docker-credential-pass", "x.sh", "/opt/a b/x", "./x", "~/bin/x")),
    ],
)
def test_accepted(kind: Kind[str], text: str) -> None:
    """A text of the right form is kept as it is, and an empty one is not set."""
    assert kind.read(Scalar(1, text)) == text


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        *((access.USER, text) for text in ("a:b", "a\n", "\0", "\ud800")),
        *((access.PATH, text) for text in ("Hub", "a//b", "a b", "..", "a/../b", "a?b", "a\0", "é", "a" * 256)),
        *((access.PROGRAM, text) for text in ("a b", "x --flag", "-x", "a\0", "/a\0", "/bin/", "/a\nb", "/\ud800")),
    ],
)
def test_refused(kind: Kind[str], text: str) -> None:
    """A text of another form is a fault, which tells the rule and repeats nothing."""
    with pytest.raises(Unreadable) as caught:
        kind.read(Scalar(7, text))
    assert caught.value.line == 7
    assert text not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        *(f"user:{CANARY}@host:5000", f"https://user:{CANARY}@h", f"host/{CANARY}", f"host:{CANARY}", f"{CANARY} h"),
        *(f"{CANARY}\\0", f"{CANARY}\\n", f"[{CANARY}]", "999.999.999.999", "host:65536", "host:0", "::1"),
    ],
)
def test_hostname(text: str) -> None:
    """A hostname that is none is told with its line and the form that it should have, and never its text."""
    assert faults(f'creds:\n- registry: a.io\n  hostname: "{text}"\n') == [f"regbot.yml:3: hostname: {HOST_RULE}"]


def test_colon_in_user() -> None:
    """A user name with a colon, also one that a template makes, is a fault on its line, and is not shown."""
    text = "creds:\n- registry: a.io\n  user: '{{env \"BOT\"}}'\n"
    assert faults(text, {"BOT": f"bot:{CANARY}"}) == [
        "regbot.yml:3: user: a user name cannot hold a colon or control characters (RFC 7617)"
    ]


def test_password() -> None:
    """A password may hold everything but control characters, which are a fault that does not show it."""
    assert creds("registry: a.io, pass: 'a:é b'")[0].password == Secret("a:é b")
    (fault,) = faults(f"creds:\n- registry: a.io\n  pass: |\n    {CANARY}\n")
    assert fault.startswith("regbot.yml:3: pass: a password or token cannot hold line breaks")
    assert CANARY not in fault


@pytest.mark.parametrize(
    ("key", "value"), [("pathPrefix", "A/B"), ("credHelper", "x get"), ("mirrors", "[https://b.io]")]
)
def test_fields(key: str, value: str) -> None:
    """Prefix, helper and mirrors are checked where they stand."""
    (fault,) = faults(f"creds:\n- registry: a.io\n  {key}: {value}\n")
    assert fault.startswith(f"regbot.yml:3: {key}: ")


def test_mirrors() -> None:
    """Mirrors are names of registries, Docker Hub by any of its own."""
    found = creds("registry: a.io, mirrors: [b.io, 'c_1:5000', registry-1.docker.io]")[0]
    assert found.mirrors == ("b.io", "c_1:5000", "docker.io")
    assert creds("registry: a.io, mirrors: []")[0].mirrors == ()


@pytest.mark.parametrize(
    ("node", "line"),
    [
        (Scalar(3, "b.io"), 3),
        (Mapping(3, ()), 3),
        (Sequence(3, (Scalar(4, "b.io"), Scalar(5, f"https://u:{CANARY}@c.io"))), 5),
        (Sequence(3, (Sequence(4, ()),)), 4),
        (Sequence(3, (Scalar(4, ""),)), 4),
    ],
)
def test_no_mirrors(node: Scalar | Mapping | Sequence, line: int) -> None:
    """What is no list of registries is a fault on the line of what is wrong, without its text."""
    with pytest.raises(Unreadable) as caught:
        access.REGISTRIES.read(node)
    assert caught.value.line == line
    assert CANARY not in str(caught.value)

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbot.config.docker import DockerAuth, DockerConfig, load_docker
from regbot.registry.credentials import Secret

from .support import CANARY

if TYPE_CHECKING:
    from pathlib import Path

AUTH = "Ym90OnJpZ2h0"
"""bot:right in base64."""


def docker(document: object) -> DockerConfig:
    """Import a document from a file."""
    text = document if isinstance(document, str) else json.dumps(document)
    return load_docker({"HOME": "/home/me"}, lambda _path: text)


def refuse(path: str) -> str:
    """Stand for a file system that nobody may ask, and say what for."""
    raise AssertionError(path)


def notes(document: object) -> list[str]:
    """Import a document; return the warnings without their file."""
    return [warning.message for warning in docker(document).warnings]


def one(document: object) -> DockerAuth:
    """Import a document that knows one registry."""
    (auth,) = docker(document).auths
    return auth


def test_auth() -> None:
    """`auth` is user and password in base64."""
    assert one({"auths": {"a.io:5000": {"auth": AUTH}}}) == DockerAuth(
        "a.io:5000", "a.io:5000", user="bot", password=Secret("right")
    )


def test_auth_padding() -> None:
    """Zero bytes that some tools write after the password are no part of it; a colon is."""
    assert one({"auths": {"a.io": {"auth": "dTphOmIAAA=="}}}).password.reveal() == "a:b"


def test_user_and_password() -> None:
    """User and password may stand there as they are."""
    found = one({"auths": {"a.io": {"username": "u", "password": "p"}}})
    assert (found.user, found.password.reveal()) == ("u", "p")


def test_tokens() -> None:
    """Identity and registry tokens are kept apart."""
    found = one({"auths": {"a.io": {"identitytoken": "i", "registrytoken": "r"}}})
    assert (found.identity_token.reveal(), found.registry_token.reveal()) == ("i", "r")


@pytest.mark.parametrize(
    ("server", "registry", "plain_http"),
    [
        ("https://index.docker.io/v1/", "docker.io", False),
        ("docker.io", "docker.io", False),
        ("registry-1.docker.io", "docker.io", False),
        ("https://a.io/v2/", "a.io", False),
        ("http://a.io:5000", "a.io:5000", True),
        ("a.io/v1", "a.io", False),
    ],
)
def test_server(server: str, registry: str, plain_http: bool) -> None:  # noqa: FBT001 -- a column of the table
    """A key may be a URL; it is kept as written for the helper."""
    found = one({"auths": {server: {"auth": AUTH}}})
    assert (found.registry, found.server, found.plain_http) == (registry, server, plain_http)


@pytest.mark.parametrize("order", [1, -1])
def test_exact_key(order: int) -> None:
    """Of several keys for one host that without scheme and path counts, wherever it stands."""
    auths = {
        "a.io": {"username": "u", "password": "exact"},
        "https://a.io/team": {"username": "u", "password": "other"},
    }
    assert one({"auths": dict(list(auths.items())[::order])}).password.reveal() == "exact"


def test_helpers() -> None:
    """A registry's own helper beats the store, and the store goes for all others that are listed."""
    found = docker(
        {
            "auths": {"a.io": {}, "b.io": {}},
            "credHelpers": {"a.io": "one", "c.io": "two", "d.io": ""},
            "credsStore": "desktop",
        }
    )
    assert [(auth.registry, auth.helper) for auth in found.auths] == [
        ("a.io", "docker-credential-one"),
        ("b.io", "docker-credential-desktop"),
        ("c.io", "docker-credential-two"),
    ]
    assert found.store == "docker-credential-desktop"


def test_nothing_usable() -> None:
    """An entry without credentials and helper is none."""
    assert docker({"auths": {"a.io": {}, "b.io": {"username": "u"}}}).auths == ()


@pytest.mark.parametrize("text", ["", " \n", "{}", "null", '{"auths": null}'])
def test_empty(text: str) -> None:
    """A file that says nothing is no reason to say anything."""
    assert docker(text) == DockerConfig((), "", ())


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ('{"auths": ', "not JSON (Expecting value); Docker's credentials are not used"),
        ("[" * 100_000, "nested too deeply, or a number too long; Docker's credentials are not used"),
        ("9" * 5000, "nested too deeply, or a number too long; Docker's credentials are not used"),
        ([], "the whole should be an object; it is ignored"),
        ({"auths": []}, "auths should be an object; it is ignored"),
        ({"auths": {"a.io": "x"}}, "auths of a.io should be an object; it is ignored"),
        ({"auths": {"a.io": {"password": 1}}}, "password of a.io should be a text; it is ignored"),
        ({"auths": {"a.io": {"auth": "?"}}}, "auth of a.io is no base64 of user:password; it is ignored"),
        ({"auths": {"a.io": {"auth": "Ym90"}}}, "auth of a.io is no base64 of user:password; it is ignored"),
        (
            {"auths": {"a.io": {"auth": "Ym90Ouk="}}},
            "auth of a.io is of a user or password that is no UTF-8; it is ignored",
        ),
        ({"auths": {"a.io/team": {"auth": AUTH}}}, "a key of auths is for a part of a.io only; it is ignored"),
        (
            {"auths": {"https://a.io/v2/team/": {"auth": AUTH}}},
            "a key of auths is for a part of a.io only; it is ignored",
        ),
        ({"credHelpers": {"a.io/team": "pass"}}, "a key of credHelpers is for a part of a.io only; it is ignored"),
        ({"auths": {"a b": {"auth": AUTH}}}, "a key of auths is no registry; it is ignored"),
        ({"credsStore": "../evil"}, "credsStore should name a helper, like pass or osxkeychain; it is ignored"),
        (
            {"credHelpers": {"a.io": 1}},
            "credHelpers of a.io should name a helper, like pass or osxkeychain; it is ignored",
        ),
    ],
)
def test_warnings(document: object, message: str) -> None:
    """What is wrong is a warning, and what is right beside it still counts."""
    assert notes(document) == [message]


def test_rest_counts() -> None:
    """A broken entry does not take the others with it."""
    found = docker({"auths": {"a.io": 1, "b.io": {"auth": AUTH}}})
    assert [auth.registry for auth in found.auths] == ["b.io"]
    assert len(found.warnings) == 1


def test_line() -> None:
    """A file that is no JSON is named with the line."""
    assert str(docker('{\n"auths": ').warnings[0]).startswith("/home/me/.docker/config.json:2: not JSON")


def test_no_secret_in_warnings() -> None:
    """Neither a warning nor the repr of the result shows a secret."""
    entry = {"auth": f"{CANARY}!", "password": [CANARY], "identitytoken": CANARY}
    found = docker({"auths": {"a.io": entry}, "credsStore": [CANARY]})
    assert len(found.warnings) == 3
    assert CANARY not in repr(found)
    assert CANARY not in repr(docker(f'{{"auths": {{"a.io": {{"auth": "{CANARY}"'))


@pytest.mark.parametrize("text", ["\ud800", "\0", "a\r\nX-Header: b", "\x7f"])
@pytest.mark.parametrize("key", ["username", "password"])
def test_unsendable(key: str, text: str) -> None:
    """A user name or password that no request can carry is ignored with a warning that does not repeat it."""
    found = docker({"auths": {"a.io": {"username": "u", "password": "p", key: CANARY + text}}})
    assert found.auths == ()
    (warning,) = found.warnings
    assert "of a.io has a" in warning.message
    assert CANARY not in warning.message


@pytest.mark.parametrize("key", ["identitytoken", "registrytoken"])
def test_unsendable_token(key: str) -> None:
    """So is a token, and the login beside it still counts."""
    found = docker({"auths": {"a.io": {"auth": AUTH, key: f"{CANARY}\ud800"}}})
    assert [auth.password.reveal() for auth in found.auths] == ["right"]
    assert [warning.message for warning in found.warnings] == [f"{key} of a.io has a control character; it is ignored"]


def test_colon_in_user() -> None:
    """A user name with a colon would end at it, so it is ignored; a password may hold one."""
    entries = {"a.io": {"username": "u:v", "password": "p"}, "b.io": {"username": "u", "password": "p:q"}}
    found = docker({"auths": entries})
    assert [(auth.registry, auth.password.reveal()) for auth in found.auths] == [("b.io", "p:q")]
    assert "the user name of a.io has a colon" in found.warnings[0].message


def test_unsendable_in_auth() -> None:
    """What stands in base64 is checked, too."""
    auth = base64.b64encode(b"bot:a\nb").decode()
    assert notes({"auths": {"a.io": {"auth": auth}}}) == ["the password of a.io has a control character; it is ignored"]


def test_helper_beside_unsendable() -> None:
    """A helper counts, whatever is wrong with the login beside it."""
    entry = {"username": "u:v", "password": "p"}
    assert one({"auths": {"a.io": entry}, "credHelpers": {"a.io": "x"}}) == DockerAuth(
        "a.io", "a.io", helper="docker-credential-x"
    )


@pytest.mark.parametrize("part", ["auths", "credHelpers"])
@pytest.mark.parametrize("key", [f"https://u:{CANARY}@a.io/v2/", f"u:{CANARY}@a.io", f"{CANARY} \ud800"])
def test_secret_in_key(part: str, key: str) -> None:
    """A key that is no registry may hold a password, and is not repeated."""
    assert notes({part: {key: {}}}) == [f"a key of {part} is no registry; it is ignored"]


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({"DOCKER_CONFIG": "/etc/docker-me", "HOME": "/home/me"}, "/etc/docker-me/config.json"),
        ({"DOCKER_CONFIG": "", "HOME": "/home/me"}, "/home/me/.docker/config.json"),
    ],
)
def test_path(environ: dict[str, str], path: str) -> None:
    """DOCKER_CONFIG names the folder, else it is that in HOME."""
    with pytest.raises(AssertionError, match=path):
        load_docker(environ, refuse)


def test_no_home() -> None:
    """Without either there is no file to read."""
    assert load_docker({}) == DockerConfig((), "", ())


def test_inline() -> None:
    """DOCKER_AUTH_CONFIG holds the document itself and beats the file, registry by registry."""
    inline = json.dumps({"auths": {"a.io": {"username": "u", "password": "inline"}}})
    text = json.dumps({"auths": {"a.io": {"auth": AUTH}, "b.io": {"auth": AUTH}}, "credsStore": "pass"})
    found = load_docker({"HOME": "/h", "DOCKER_AUTH_CONFIG": inline}, lambda _path: text)
    assert [(auth.registry, auth.password.reveal()) for auth in found.auths] == [("a.io", "inline"), ("b.io", "right")]
    assert found.store == "docker-credential-pass"


def test_no_file(tmp_path: Path) -> None:
    """A file that is not there is no reason to say anything."""
    assert load_docker({"HOME": str(tmp_path)}) == DockerConfig((), "", ())
    (tmp_path / ".docker").write_text("a file where the folder should be")
    assert load_docker({"HOME": str(tmp_path)}) == DockerConfig((), "", ())


def test_unreadable_file(tmp_path: Path) -> None:
    """A file that is there and cannot be read is a warning with its path."""
    (tmp_path / "config.json").mkdir()
    (warning,) = load_docker({"DOCKER_CONFIG": str(tmp_path)}).warnings
    assert str(warning) == f"{tmp_path}/config.json: cannot be read: Is a directory; Docker's credentials are not used"


def test_no_text(tmp_path: Path) -> None:
    """So is one that is no text."""
    (tmp_path / "config.json").write_bytes(b"\xff")
    (warning,) = load_docker({"DOCKER_CONFIG": str(tmp_path)}).warnings
    assert "it is no text, or far too large" in warning.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(["auths", "auth", "a.io", "credHelpers", "credsStore"]), inner)
    ),
)


@given(st.text() | JSON.map(json.dumps))
def test_any_text(text: str) -> None:
    """Any document gives a result, and nothing else happens."""
    assert isinstance(docker(text), DockerConfig)


def test_broken_lines() -> None:
    """Base64 may have line breaks, as some tools write it."""
    found = one({"auths": {"a.io": {"auth": f"{AUTH[:5]}\r\n{AUTH[5:]}\n"}}})
    assert (found.user, found.password.reveal()) == ("bot", "right")


def test_docker_desktop() -> None:
    """What Docker Desktop keeps for itself is nobody's login, and nothing to warn of."""
    found = docker(
        {"auths": {f"https://index.docker.io/v1/{kind}-token": {"auth": AUTH} for kind in ("access", "refresh")}}
    )
    assert (found.auths, found.warnings) == ((), ())

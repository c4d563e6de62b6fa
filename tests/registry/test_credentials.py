from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass

import pytest

from regbot.registry.credentials import ANONYMOUS, Login, Secret, hide

CANARY = "canary-7f3a"


@dataclass(frozen=True, slots=True)
class Holder:
    """A value with a secret in it."""

    password: Secret


def test_reveal() -> None:
    """Only reveal gives the text."""
    assert Secret(CANARY).reveal() == CANARY


@pytest.mark.parametrize(
    "shown",
    [
        repr(Secret(CANARY)),
        str(Secret(CANARY)),
        f"{Secret(CANARY)}",
        f"{Secret(CANARY)!r:>40}",
        f"{Secret(CANARY):>40}",
        "%s %r" % (Secret(CANARY), Secret(CANARY)),  # noqa: UP031 -- this way of formatting is the claim
        repr(Holder(Secret(CANARY))),
        repr([Secret(CANARY)]),
    ],
)
def test_masked(shown: str) -> None:
    """No way to print a secret, or a value that holds one, shows it."""
    assert CANARY not in shown
    assert "***" in shown


def test_format_spec() -> None:
    """The mask obeys a width like any text."""
    assert f"{Secret(CANARY):>5}" == "  ***"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_no_pickle(protocol: int) -> None:
    """A secret is not pickled, in any protocol."""
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Secret(CANARY), protocol)


def test_no_copy() -> None:
    """A copy goes the way of a pickle."""
    with pytest.raises(TypeError, match="not pickled"):
        copy.deepcopy(Holder(Secret(CANARY)))


def test_no_dict() -> None:
    """There is no attribute dictionary to print by mistake."""
    with pytest.raises(TypeError):
        vars(Secret(CANARY))


def test_equal() -> None:
    """Secrets of one text are equal, have one hash, and are not that text."""
    assert Secret("é") == Secret("é")
    assert hash(Secret("é")) == hash(Secret("é"))
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


def test_empty() -> None:
    """Only the empty secret is false."""
    assert not Secret("")
    assert Secret(" ")


def test_token_user() -> None:
    """The user "<token>" is nobody: his password is an identity token, unless there is another one."""
    assert Login("<token>", Secret(CANARY)) == Login(identity_token=Secret(CANARY))
    assert Login("<token>", Secret("x"), Secret(CANARY)) == Login(identity_token=Secret(CANARY))
    assert Login("<token>") == ANONYMOUS


@pytest.mark.parametrize(
    ("login", "shown"),
    [
        (ANONYMOUS, "nobody"),
        (Login("bot", Secret(CANARY)), 'user "bot"'),
        (Login("bot", Secret(CANARY), identity_token=Secret(CANARY)), "the identity token"),
        (Login(registry_token=Secret(CANARY)), "the configured token"),
    ],
)
def test_login_shown(login: Login, shown: str) -> None:
    """A login is named by what it is, never by what is secret of it."""
    assert str(login) == shown
    assert bool(login) == (login != ANONYMOUS)
    assert CANARY not in repr(login)


@pytest.mark.parametrize(
    ("login", "sendable"),
    [
        (ANONYMOUS, True),
        (Login("böt", Secret("Pä$$:w0rd\n")), True),
        (Login("bot\ud800"), False),
        (Login("bot", Secret("\udcff")), False),
        (Login(identity_token=Secret("\udcff")), False),
        (Login(registry_token=Secret("a.b-c=")), True),
        (Login(registry_token=Secret("a\r\nX: 1")), False),
        (Login(registry_token=Secret("ä")), False),
    ],
)
def test_sendable(login: Login, *, sendable: bool) -> None:
    """Any text can be sent as a password; a token has to fit into a header."""
    assert login.sendable is sendable


def test_basic() -> None:
    """User and password are sent as UTF-8 (RFC 7617)."""
    assert Login("bot", Secret("Pä$$:w0rd")).basic == Secret("Ym90OlDDpCQkOncwcmQ=")


def test_hide() -> None:
    """What a server repeats of a login is masked in any form in which it was sent."""
    login = Login("bot", Secret("p@ss/word"), Secret("refreshes"), Secret("bearer-1"))
    text = f"{login.basic.reveal()}, p@ss/word, p%40ss%2Fword, refreshes, bearer-1, bot"
    assert hide(text, login.secrets) == "***, ***, ***, ***, ***, bot"


def test_hide_short() -> None:
    """A secret that may be a word of any text is not looked for: the mask would give it away."""
    assert hide("wrong password", [Secret("wrong"), Secret("")]) == "wrong password"


@pytest.mark.parametrize(
    "said",
    [
        'a "<b>&/\u00e9  c',
        "a+%22%3Cb%3E%26%2F%C3%A9++c",
        "a%20%22%3Cb%3E%26%2F%C3%A9%20%20c",
        r"a \"<b>&/\u00e9  c",
        'a \\"<b>&/\u00e9  c',
        'a \\"<b>&\\/\u00e9  c',
        'a \\"\\u003cb\\u003e\\u0026/\u00e9  c',
    ],
)
def test_hide_spellings(said: str) -> None:
    """A secret is found however a server writes it: as it is, in a URL, in JSON, in Go's JSON."""
    assert hide(f"-{said}-", [Secret('a "<b>&/\u00e9  c')]) == "-***-"


def test_hide_longest_first() -> None:
    """Of two secrets, one of which holds the other, nothing stays."""
    assert hide("password1-more", [Secret("password1"), Secret("password1-more")]) == "***"

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbot.registry.auth import Auth, Challenge, parse_challenges
from regbot.registry.credentials import Secret
from regbot.registry.errors import RegistryError
from regbot.registry.hosts import Host
from tests.fake_registry import CANARY

BASIC = [Challenge("basic", {"realm": "x"})]
BOT = Host("a.example", user="bot", password=Secret("Pä$$:w0rd"))


@pytest.mark.parametrize(
    ("header", "challenges"),
    [
        ("", []),
        ('Basic realm="a, b=c"', [Challenge("basic", {"realm": "a, b=c"})]),
        ("BASIC", [Challenge("basic")]),
        (
            'Bearer realm="https://t/token",service="s",scope="repository:a/b:pull,push", Basic realm="x"',
            [
                Challenge("bearer", {"realm": "https://t/token", "service": "s", "scope": "repository:a/b:pull,push"}),
                Challenge("basic", {"realm": "x"}),
            ],
        ),
        (r'Basic Realm = "say \"hi\""', [Challenge("basic", {"realm": 'say "hi"'})]),
        ("Basic realm=plain, charset=UTF-8", [Challenge("basic", {"realm": "plain", "charset": "UTF-8"})]),
        ('realm="lost"', []),
    ],
)
def test_challenges(header: str, challenges: list[Challenge]) -> None:
    """A header has as many challenges as schemes, each with its parameters."""
    assert parse_challenges(header) == challenges


@given(st.text())
def test_any_header(header: str) -> None:
    """No header is an error."""
    assert isinstance(parse_challenges(header), list)


def test_answer_is_remembered() -> None:
    """Nothing is sent unasked; a challenge is answered, and the answer sent along from then on."""
    auth = Auth(BOT)
    assert auth.headers() == {}
    assert auth.answer(BASIC, {})
    assert base64.b64decode(auth.headers()["Authorization"].removeprefix("Basic ")).decode() == "bot:Pä$$:w0rd"


def test_answered_once() -> None:
    """A registry that refuses the answer is not told it again."""
    auth = Auth(BOT)
    auth.answer(BASIC, {})
    assert not auth.answer(BASIC, auth.headers())
    assert 'refuses user "bot"' in auth.fault(BASIC)


def test_learned_meanwhile() -> None:
    """A request that went without is repeated, though another one learned the answer in the meantime."""
    auth = Auth(BOT)
    auth.answer(BASIC, {})
    assert auth.answer(BASIC, {})


def test_nothing_to_say() -> None:
    """Without credentials there is no answer, and the fault is named."""
    auth = Auth(Host("a.example"))
    assert not auth.answer(BASIC, {})
    assert auth.fault(BASIC) == "no credentials are configured for a.example"


@pytest.mark.parametrize(
    ("user", "password"), [("bot", f"{CANARY}\udcff"), (f"{CANARY}\ud800", "x")], ids=["one", "other"]
)
def test_not_to_be_sent(user: str, password: str) -> None:
    """A user or password that is no text is a fault of the configuration, and nobody is shown any of it."""
    with pytest.raises(RegistryError, match=r"configured for a\.example") as caught:
        Auth(Host("a.example", user=user, password=Secret(password)))
    assert caught.value.code == "CONFIG"
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert CANARY not in str(caught.value)


def test_other_scheme() -> None:
    """A scheme that is not understood gets no answer, and above all not the password."""
    auth = Auth(BOT)
    assert not auth.answer([Challenge("negotiate")], {})
    assert auth.headers() == {}
    assert "Negotiate" in auth.fault([Challenge("negotiate")])

from __future__ import annotations

import json

import pytest

from regbot.registry.auth.token_answer import LONGEST_LIFE, MAX_ANSWER, MAX_TOKEN, USUAL_LIFE, parse_answer
from regbot.registry.errors import Unverified
from tests.fake_registry import CANARY, NOW


def answer(**members: object) -> bytes:
    """Return an answer with a token, and whatever else."""
    return json.dumps({"token": CANARY, **members}).encode()


@pytest.mark.parametrize(
    "members",
    [{"token": CANARY}, {"access_token": CANARY}, {"token": "", "access_token": CANARY}, {"token": CANARY, "more": 1}],
)
def test_token(members: dict[str, object]) -> None:
    """A token has either name."""
    given = parse_answer(json.dumps(members).encode(), NOW)
    assert (given.token.reveal(), given.life, bool(given.refresh)) == (CANARY, USUAL_LIFE, False)


def test_refresh() -> None:
    """What to show the next time comes along."""
    assert parse_answer(answer(refresh_token="r"), NOW).refresh.reveal() == "r"


@pytest.mark.parametrize(
    ("members", "life"),
    [
        ({"expires_in": 300}, 300),
        ({"expires_in": 0.5}, 0.5),
        ({"expires_in": 10**300}, LONGEST_LIFE),
        ({"expires_in": 0}, USUAL_LIFE),
        ({"expires_in": -1}, USUAL_LIFE),
        ({"expires_in": "300"}, USUAL_LIFE),
        ({"expires_in": True}, USUAL_LIFE),
        ({"expires_in": None}, USUAL_LIFE),
        ({"expires_in": 10**400}, LONGEST_LIFE),
        ({"expires_in": 10**400, "issued_at": "2027-01-15T07:58:20Z"}, LONGEST_LIFE - 100),
        # NOW is 08:00:00.
        ({"expires_in": 300, "issued_at": "2027-01-15T07:58:20Z"}, 200),
        ({"expires_in": 300, "issued_at": "2027-01-15T07:58:20"}, 200),
        ({"expires_in": 300, "issued_at": "2027-01-15T09:58:20.123456789+02:00"}, pytest.approx(200, abs=1)),
        ({"expires_in": 300, "issued_at": "2027-01-15T08:01:00Z"}, 300),
        ({"expires_in": 300, "issued_at": "2027-01-15T07:00:00Z"}, 300),
        ({"expires_in": 300, "issued_at": "yesterday"}, 300),
        ({"expires_in": 300, "issued_at": 5}, 300),
        ({"expires_in": 300, "issued_at": "9999-12-31T23:59:59-23:59"}, 300),
        ({"issued_at": "2027-01-15T07:59:40Z"}, 40),
    ],
)
def test_life(members: dict[str, object], life: float) -> None:
    """A token lives as long as is said, counted from when it was made if that makes sense, else a minute."""
    assert parse_answer(answer(**members), NOW).life == life


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "INVALID_JSON"),
        (b"[]", "INVALID_JSON"),
        (f"{CANARY}".encode(), "INVALID_JSON"),
        (b"{}", "TOKEN_INVALID"),
        (answer(token=None), "TOKEN_INVALID"),
        (answer(token=[CANARY]), "TOKEN_INVALID"),
        (answer(token=5), "TOKEN_INVALID"),
        (answer(token=f"{CANARY}\r\nX-Evil: 1"), "TOKEN_INVALID"),
        (answer(token=f"{CANARY} x"), "TOKEN_INVALID"),
        (answer(token=f"{CANARY}ä"), "TOKEN_INVALID"),
        (answer(token="x" * (MAX_TOKEN + 1)), "TOKEN_INVALID"),
        (answer(refresh_token=f"{CANARY}\0"), "TOKEN_INVALID"),
        (answer(more="x" * MAX_ANSWER), "TOO_LARGE"),
    ],
    ids=lambda value: ascii(value[:30]),
)
def test_no_token(body: bytes, code: str) -> None:
    """An answer without a token that can be sent is an error, which repeats nothing of it."""
    with pytest.raises(Unverified, match="token") as caught:
        parse_answer(body, NOW)
    assert caught.value.code == code
    assert CANARY not in str(caught.value)

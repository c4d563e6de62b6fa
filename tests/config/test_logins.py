from __future__ import annotations

import pytest

from regbot.config.logins import is_sendable, is_user


@pytest.mark.parametrize("text", ["", "bot", "a b", "é", "\U0001f511", "a\x80", "~!@#$%^&*()"])
def test_sendable(text: str) -> None:
    """Letters of every script, spaces and signs can be sent."""
    assert is_sendable(text)
    assert is_user(text)


@pytest.mark.parametrize("text", ["\0", "a\n", "\r\n", "\t", "\x1f", "\x7f", "\ud800", "a\udfff"])
def test_not_sendable(text: str) -> None:
    """Control characters and what has no form in UTF-8 cannot."""
    assert not is_sendable(text)
    assert not is_user(text)


def test_colon() -> None:
    """A colon ends a user's name, and is a character like others in a password."""
    assert is_sendable("a:b")
    assert not is_user("a:b")

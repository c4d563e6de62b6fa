from __future__ import annotations

import hashlib

import pytest

from regbot.registry.digest import Digest
from regbot.registry.errors import InvalidText, Unverified


def test_of() -> None:
    """The digest of bytes is their hash, by sha256 unless told otherwise."""
    assert str(Digest.of(b"x")) == "sha256:" + hashlib.sha256(b"x").hexdigest()
    assert str(Digest.of(b"x", "sha512")) == "sha512:" + hashlib.sha512(b"x").hexdigest()


@pytest.mark.parametrize(
    "text", ["", "sha256:", "sha256:" + "0" * 31, "0" * 64, "sha256:" + "g" * 64, "a:b:" + "0" * 64]
)
def test_invalid(text: str) -> None:
    """What has not the form algorithm:hex, with 32 digits or more, is no digest."""
    with pytest.raises(InvalidText, match="digest"):
        Digest.parse(text)


def test_verify() -> None:
    """Bytes that have the digest pass, others do not."""
    digest = Digest.of(b"right")
    digest.verify(b"right", "a blob")
    with pytest.raises(Unverified, match="a blob should have the digest"):
        digest.verify(b"wrong", "a blob")


@pytest.mark.parametrize("text", ["md5:" + "0" * 32, "sha256:" + "0" * 32, "sha256:" + "A" * 64])
def test_not_checkable(text: str) -> None:
    """A digest of an unknown algorithm, or of a form that no hash has, is a digest that nothing has."""
    digest = Digest.parse(text)
    assert not digest.checkable
    with pytest.raises(Unverified, match="cannot be checked"):
        digest.verify(b"", "a blob")

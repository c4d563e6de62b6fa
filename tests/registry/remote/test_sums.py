from __future__ import annotations

import pytest

from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import RegistryError, Unverified
from regbot.registry.remote import sums
from regbot.registry.remote.sums import Sum

DATA = bytes(range(256)) * (sums.MARK // 64)


def fault(kind: type[RegistryError], code: str, what: str) -> RegistryError:
    """Return an error."""
    return kind(what, code=code)


def summed(data: bytes, *, size: int = len(DATA), algorithm: str = "sha256") -> Sum:
    """Return the sum of *data*, piece by piece, for what should be DATA."""
    made = Sum(Descriptor("", Digest.of(DATA, algorithm), size), fault)
    for start in range(0, len(data), 1 << 20):
        made.add(data[start : start + (1 << 20)])
    return made


@pytest.mark.parametrize("size", [len(DATA), -1])
@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_right(algorithm: str, size: int) -> None:
    """The right bytes are right, by every algorithm, and also where nobody knew their size."""
    summed(DATA, size=size, algorithm=algorithm).check()


@pytest.mark.parametrize(("data", "what"), [(DATA[:-1], "instead of"), (DATA[:-1] + b"x", "digest"), (b"", "instead")])
def test_wrong(data: bytes, what: str) -> None:
    """Too few bytes and wrong ones are found in the end."""
    with pytest.raises(Unverified, match=what):
        summed(data).check()


def test_too_many() -> None:
    """More bytes than there should be are found at once."""
    with pytest.raises(Unverified, match="more than"):
        summed(DATA + b"x")


@pytest.mark.parametrize("offset", [0, 1, sums.MARK - 1, sums.MARK, 3 * sums.MARK + 5, len(DATA), 2 * len(DATA)])
def test_back(offset: int) -> None:
    """From any place it can be gone back to one shortly before, and gone on from there."""
    made = summed(DATA)
    there = made.back(offset)
    again = made.position
    for start in range(there, len(DATA), 1 << 20):
        made.add(DATA[start : start + (1 << 20)])
    made.check()
    assert there == again <= offset
    assert there > min(offset, len(DATA)) - sums.MARK


def test_not_checkable() -> None:
    """What cannot be verified is refused before a byte is read."""
    with pytest.raises(Unverified, match="cannot be checked"):
        Sum(Descriptor("", Digest("md5", "0" * 32), 1), fault)

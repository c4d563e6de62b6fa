from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regbot.registry.content import Blob, Bytes, Content, Meter, Metered
from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.reference import Repository
from tests.fake_registry import NAME, FakeRegistry, Reply, remote

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = b"0123456789"
DIGEST = Digest.of(DATA)
REPOSITORY = Repository(NAME, "team/app")


async def read(content: Content, offset: int) -> bytes:
    """Return all from *offset* on."""
    async with content.open(offset) as data:
        return b"".join([piece async for piece in data])


def blob(moved: Callable[[int], None]) -> Content:
    """Return a blob of a registry."""
    fake = FakeRegistry()
    fake.on(f"GET /v2/team/app/blobs/{DIGEST}", Reply(200, DATA))
    return Blob(remote(fake), REPOSITORY, Descriptor("", DIGEST, 10), moved)


def in_memory(moved: Callable[[int], None]) -> Content:
    """Return bytes that are metered."""
    return Metered(Bytes(DATA), Meter(moved))


@pytest.mark.parametrize("make", [blob, in_memory])
async def test_from_any_byte(make: Callable[[Callable[[int], None]], Content]) -> None:
    """Content may be read again and again, from anywhere; bytes that were counted once are not counted again."""
    counted: list[int] = []
    content = make(counted.append)
    assert [await read(content, offset) for offset in (7, 0, 10, 3)] == [b"789", DATA, b"", b"3456789"]
    assert sum(counted) == 10

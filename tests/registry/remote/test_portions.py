from __future__ import annotations

import pytest

from regbot.registry.errors import Unverified
from regbot.registry.remote.portions import Portions
from tests.fake_registry import Pieces


@pytest.mark.parametrize("sizes", [[10], [3, 3, 4], [1] * 10, [4, 6], [5, 5]])
@pytest.mark.parametrize("pieces", [[b"0123456789"], [b"01234", b"56789"], [b"", b"012", b"", b"3456", b"789"]])
async def test_portions(pieces: list[bytes], sizes: list[int]) -> None:
    """However a stream comes, its portions have the sizes that were asked for."""
    portions = Portions(aiter(Pieces(*pieces)))
    found = [b"".join([piece async for piece in portions.take(size)]) for size in sizes]
    assert [len(portion) for portion in found] == sizes
    assert (b"".join(found), portions.position, portions.failure) == (b"0123456789", 10, None)


async def test_too_short() -> None:
    """A stream that ends too early is its own fault, and nobody else's."""
    portions = Portions(aiter(Pieces(b"01")), 5)
    with pytest.raises(Unverified, match="ends after 7 bytes") as caught:
        _ = [piece async for piece in portions.take(3)]
    assert portions.failure is caught.value

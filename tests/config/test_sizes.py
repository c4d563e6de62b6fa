from __future__ import annotations

import pytest

from regbot.config.sizes import InvalidSize, parse_size


@pytest.mark.parametrize(
    ("text", "size"), [("0", 0), ("4096", 4096), ("512KiB", 512 << 10), ("128MiB", 128 << 20), ("1GiB", 1 << 30)]
)
def test_size(text: str, size: int) -> None:
    """A size is a whole number of bytes, or of one of three units."""
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "MiB", "1.5GiB", "128 MiB", "128MB", "128mib", "-1", "1" * 16, "\u0661KiB"])
def test_no_size(text: str) -> None:
    """Anything else is refused, with the rule."""
    with pytest.raises(InvalidSize, match="whole number of KiB, MiB, GiB or bytes") as caught:
        parse_size(text)
    assert caught.value.text == text

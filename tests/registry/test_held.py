from __future__ import annotations

from regbot.registry.held import Held


async def test_held() -> None:
    """Held bytes come in one piece, once."""
    held = Held(b"abc")
    assert [piece async for piece in held] == [b"abc"]
    assert [piece async for piece in held] == []

from __future__ import annotations

from regbot.registry.recent import Recent


def test_forgets_the_oldest() -> None:
    """What was used longest ago makes room."""
    recent: Recent[str, int] = Recent(2)
    recent.put("a", 1)
    recent.put("b", 2)
    recent.get("a")
    recent.put("c", 3)
    assert [recent.get(key) for key in "abc"] == [1, None, 3]
    assert len(recent) == 2


def test_forget() -> None:
    """What is forgotten is gone, and need not have been there."""
    recent: Recent[str, int] = Recent(2)
    recent.put("a", 1)
    recent.forget("a")
    recent.forget("a")
    assert list(recent.items()) == []

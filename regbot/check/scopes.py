"""The local variables that are seen at a place of a script, and what they stand for."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from regbot.check.uses import Path


class Scopes:
    """Scopes in each other, the innermost last.  Each has for its variables the path that one stands for, or None."""

    def __init__(self) -> None:
        self._scopes: list[dict[str, Path | None]] = []

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Have a scope more, until the block ends."""
        self._scopes.append({})
        yield
        self._scopes.pop()

    def declare(self, name: str, path: Path | None = None) -> None:
        """Add a variable to the innermost scope; *path* is what it stands for."""
        self._scopes[-1][name] = path

    def forget(self, name: str) -> bool:
        """Take note that a name gets another value; False if it is no variable."""
        scope = self._of(name)
        if scope is not None:
            scope[name] = None
        return scope is not None

    def path(self, name: str) -> Path | None:
        """Return what a name stands for, which is itself where it is no variable; None if that is not known."""
        scope = self._of(name)
        return (name,) if scope is None else scope[name]

    def _of(self, name: str) -> dict[str, Path | None] | None:
        return next((scope for scope in reversed(self._scopes) if name in scope), None)

"""Short ways to check a script in a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regbot.check.known import Known
from regbot.check.script import check
from regbot.manual import reading

if TYPE_CHECKING:
    from collections.abc import Collection


def found(source: str, modules: Collection[str] = (), *, is_module: bool = False) -> list[str]:
    """Return the findings of a script: `2 error: …`."""
    known = Known(reading.read(), modules, is_module=is_module)
    return [f"{each.line} {'error' if each.certain else 'warning'}: {each.message}" for each in check(source, known)]

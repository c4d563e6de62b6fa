"""The description of the API, for `regbot schema api`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regbot.web.describing import describe
from regbot.web.table import ENDPOINTS

if TYPE_CHECKING:
    from collections.abc import Mapping


def document() -> Mapping[str, Any]:
    """Return the OpenAPI document, as a server of this version gives it."""
    return describe(ENDPOINTS)

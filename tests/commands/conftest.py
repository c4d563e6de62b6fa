"""What every test of a command has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from loguru import logger

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _no_log_is_left() -> Iterator[None]:
    """Take away the log that a command opened in this process: its stream ends with the test."""
    yield
    logger.remove()

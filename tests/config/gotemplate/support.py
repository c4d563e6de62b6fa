"""Short ways to render a template in a test."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from regbot.config.templates import TemplateError, render
from tests.config.support import no_file


def rendered(text: str, data: object = None) -> str:
    """Render a template that can be, on the last day of January 2024."""
    now = datetime(2024, 1, 31, 13, 4, 5, 120000, tzinfo=UTC)
    return render(text, environ={}, read_file=no_file, data=data, now=lambda: now)


def fault(text: str, data: object = None) -> str:
    """Render a template that cannot be; return what is wrong, after its place."""
    with pytest.raises(TemplateError) as caught:
        rendered(text, data)
    return caught.value.reason

"""The server that the tests of this folder ask; it is started once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.site import Site

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give a server that wants a token."""
    with Site(tmp_path_factory.mktemp("site")) as site:
        yield site

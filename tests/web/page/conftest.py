"""One server and one browser for all tests of the page, and what must be true after each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.page.browser import Browser
from tests.web.page.gate import Gate
from tests.web.page.scene import TOKEN, Scene

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="package")
def gate() -> Iterator[Gate]:
    """Give a registry that answers when it is let."""
    with Gate() as gate:
        yield gate


@pytest.fixture(scope="package")
def scene(tmp_path_factory: pytest.TempPathFactory, gate: Gate) -> Iterator[Scene]:
    """Give the server."""
    with Scene(tmp_path_factory.mktemp("scene"), gate.host) as scene:
        yield scene


@pytest.fixture(scope="package")
def chromium(tmp_path_factory: pytest.TempPathFactory, scene: Scene) -> Iterator[Browser]:
    """Start the browser, without the token."""
    with Browser(tmp_path_factory.mktemp("chromium"), scene.address) as browser:
        yield browser


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """Give the browser: light, wide, with the token.  No test may bring it to complain, or to ask somebody else."""
    chromium.look()
    chromium.open()
    chromium.run("sessionStorage.setItem('regbot.token', arguments[0])", TOKEN)
    yield chromium
    assert chromium.complaints() == []
    assert chromium.strangers() == []

"""One server and one browser for all tests of the page, and what must be true after each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.page.gate import Gate
from tests.web.page.scene import TOKEN, Scene
from tests.web.page.visitor import Visitor

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
def chromium(tmp_path_factory: pytest.TempPathFactory, scene: Scene) -> Iterator[Visitor]:
    """Start the browser, without the token."""
    with Visitor(tmp_path_factory.mktemp("chromium"), scene) as browser:
        browser.open()
        browser.run("sessionStorage.setItem('regbot.token', arguments[0])", TOKEN)
        yield browser


@pytest.fixture
def browser(chromium: Visitor) -> Iterator[Visitor]:
    """Give the browser: light, wide, with the token.  No test may bring it to complain, or to ask somebody else."""
    chromium.look()
    yield chromium
    assert chromium.complaints() == []
    assert chromium.strangers() == []

"""Who else must be able to use the page: on a phone, in the dark, by keyboard, by screen reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.keys import Keys

from tests.web.page.scene import HOSTILE

if TYPE_CHECKING:
    from tests.web.page.visitor import Visitor


@pytest.fixture
def places(browser: Visitor) -> list[str]:
    """Give an address of each view, of runs one that failed and one that lists changes."""
    runs = [f"#/runs/{number}" for number in (browser.see(HOSTILE), browser.see("prune", dry=True))]
    return ["#/", "#/scripts/prune", *runs]


def test_barriers(browser: Visitor, places: list[str]) -> None:
    """An accessibility checker finds nothing serious in any view, light or dark."""
    found = []
    for place in places:
        browser.visit(place)
        browser.shorten()
        for dark in (False, True):
            browser.look(dark=dark)
            found += [(place, dark, each) for each in browser.barriers()]
    assert found == []


def test_barriers_are_found(browser: Visitor) -> None:
    """The checker does find what is wrong, or the test above proves nothing."""
    browser.open("#/scripts/prune")
    browser.find("tbody tr")
    browser.run("document.getElementById('reload').textContent = ''")
    assert [each[:2] for each in browser.barriers()] == [["critical", "button-name"]]


def test_dark(browser: Visitor) -> None:
    """The page is dark where that is preferred, and light where not."""
    browser.open()
    colours = []
    for dark in (False, True):
        browser.look(dark=dark)
        colours.append(browser.run("return getComputedStyle(document.body).backgroundColor"))
    assert colours == ["rgb(251, 250, 248)", "rgb(21, 23, 26)"]


def test_phone(browser: Visitor, places: list[str]) -> None:
    """On a screen of 360 pixels nothing reaches beyond its edge."""
    browser.look(width=360, height=740)
    for place in places:
        browser.visit(place)
        assert browser.run("return document.documentElement.scrollWidth") <= 360, place


def test_keyboard(browser: Visitor) -> None:
    """All that the mouse can do the keyboard can, in the order of the page; the focus is seen where it is."""
    browser.open()
    browser.find("h2", "prune")
    browser.tab_to("Skip to content")
    browser.press(Keys.ENTER)
    assert browser.run("return document.activeElement.id") == "main"
    browser.tab_to("Filter by name")
    browser.press("prune")
    browser.until(lambda: len(browser.all("li.script")) == 1)
    browser.tab_to("Dry run of prune")
    assert browser.run("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    browser.press(Keys.ENTER)
    browser.find(".subtitle .outcome", "success")
    assert browser.run("return document.activeElement.tagName") == "H1"


def test_keys_in_a_strip(browser: Visitor) -> None:
    """A strip is one stop of the Tab key; the arrows go from run to run."""
    older, newer = browser.see("prune", dry=True), browser.see("prune", dry=True)
    browser.open()
    browser.until(lambda: len(browser.row("prune").find_elements("css selector", ".bar")) > 1)
    browser.tab_to(f"Run {newer}: ")
    browser.press(Keys.ARROW_LEFT)
    assert browser.focused.startswith(f"Run {older}: ")
    browser.press(Keys.TAB)
    assert browser.focused == "Dry run of prune"


def test_said(browser: Visitor) -> None:
    """A screen reader hears that a run has begun, and how it has ended."""
    browser.open()
    browser.row("prune").find_element("css selector", "[aria-label^=Dry]").click()
    said = browser.until(lambda: browser.run("return document.getElementById('said').textContent"))
    assert said.startswith("Run ")

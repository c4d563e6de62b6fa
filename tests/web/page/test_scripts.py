"""The list of scripts, and a script's own view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selenium.webdriver.common.keys import Keys

from tests.web.page.scene import FILLERS, HOSTILE

if TYPE_CHECKING:
    from tests.web.page.visitor import Visitor


def test_row(browser: Visitor) -> None:
    """A script is shown with its schedule, its last run, the next time, and that as a date too."""
    browser.see("prune", dry=True)
    browser.open()
    row = browser.row("prune")
    browser.until(lambda: "success" in row.text)
    assert "every 12 d 12 h" in row.text
    assert "next in 12 d" in row.text
    assert str(row.find_element("css selector", ".next time").get_attribute("title")).count(":") == 2


def test_strip(browser: Visitor) -> None:
    """A run is a bar of the strip: named for what it was, not by its colour alone, and a link to it."""
    number = browser.see("prune", dry=True)
    browser.open()
    bar = browser.until(lambda: browser.row("prune").find_elements("css selector", ".bar"))[-1]
    assert bar.accessible_name.startswith(f"Run {number}: success, ")
    assert ", dry run, " in bar.accessible_name
    bar.click()
    assert browser.place == f"#/runs/{number}"


def test_many_scripts(browser: Visitor) -> None:
    """Only so many lines are made as anybody reads; what is beyond is found by the filter, or by asking for more."""
    browser.open()
    told = browser.text(".told")
    assert told == f"100 of {FILLERS + 4} scripts shown"
    assert len(browser.all("li.script")) == 100
    browser.find("#filter").send_keys(f"JOB-{FILLERS - 1}")
    browser.until(lambda: len(browser.all("li.script")) == 1)
    browser.find("#filter").send_keys(Keys.ESCAPE)
    browser.find(".rest button").click()
    assert len(browser.all("li.script")) == FILLERS + 4


def test_failing(browser: Visitor) -> None:
    """Scripts whose last run went wrong are found among the others, and the word says so, not only the colour."""
    browser.see(HOSTILE)
    browser.open()
    browser.find(".kinds button", "Failing").click()
    browser.until(lambda: not browser.all("li.script", "job-"))
    assert "error" in browser.row(HOSTILE).text


def test_filter_is_kept(browser: Visitor) -> None:
    """Whoever comes back to the list finds it as it was."""
    browser.open()
    browser.find("#filter").send_keys("prune")
    browser.find("h2 a", "prune").click()
    browser.find("h1", "prune")
    browser.driver.back()
    assert browser.find("#filter").get_attribute("value") == "prune"
    browser.find("#filter").send_keys(Keys.ESCAPE)


def test_script(browser: Visitor) -> None:
    """A script's own view lists its runs, the latest first, each with a link."""
    number = browser.see("prune", dry=True)
    browser.open("#/scripts/prune")
    first = browser.find("tbody tr", str(number))
    assert first.text.split() >= [str(number), "success", "dry", "run"]
    assert browser.driver.title == "prune · regbot"


def test_list_is_live(browser: Visitor) -> None:
    """The list tells that a script runs, and that it does not any more, without being loaded anew."""
    browser.open()
    browser.find("h2", "endless")
    number = browser.start("endless")
    browser.until(lambda: "running" in browser.row("endless").text)
    browser.cancel(number)
    browser.until(lambda: "cancelled" in browser.row("endless").text)


def test_nothing_there(browser: Visitor) -> None:
    """An address of nothing says so, and leads back."""
    browser.open("#/runs/999999")
    assert "999999" in browser.text(".error")
    browser.find("main a", "All scripts").click()
    browser.find("h1", "Scripts")
    assert browser.place == "#/"

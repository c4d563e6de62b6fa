"""A run: begun, seen live, cancelled; and what a dry run says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.web.page.scene import HOSTILE

if TYPE_CHECKING:
    from tests.web.page.gate import Gate
    from tests.web.page.scene import Scene
    from tests.web.page.visitor import Visitor


def test_live(browser: Visitor, gate: Gate) -> None:
    """A run that was begun by its button is seen live: what it is at, each line of its log, its end."""
    browser.open()
    browser.row("stepping").find_element("css selector", "[aria-label$=now]").click()
    browser.find(".subtitle", "tag.ls")
    assert browser.all(".log .message") == []
    gate.let()
    browser.find(".log .message", "step 1")
    assert browser.text(".subtitle .outcome") == "running"
    gate.let()
    browser.find(".subtitle .outcome", "success")
    log = [each.text for each in browser.all(".log .message")]
    assert log == ["step 1", "step 2", "Script finished outcome=success"]
    assert [each.text.split()[::2][:2] for each in browser.all("tbody tr")] == [["tag.ls", "2"], ["tag.ls", "2"]]
    assert browser.driver.title.startswith("success: stepping")


def test_cancel(browser: Visitor) -> None:
    """A run is cancelled by its button, which is gone then, and those that begin another are there."""
    browser.open(f"#/runs/{browser.start('endless')}")
    browser.find(".log .message", "begun")
    assert browser.all(".actions") == []
    browser.find("button", "Cancel").click()
    browser.find(".subtitle .outcome", "cancelled")
    assert [each.text for each in browser.all("main button")] == ["Dry run", "Run now"]


def test_busy(browser: Visitor) -> None:
    """A script that runs cannot be started, and the button says why."""
    number = browser.start("endless")
    browser.open()
    button = browser.row("endless").find_element("css selector", ".actions button")
    assert (button.get_attribute("aria-disabled"), button.get_attribute("title")) == ("true", "It is running")
    button.click()
    assert browser.place == "#/"
    browser.cancel(number)


def test_dry_run(browser: Visitor, scene: Scene) -> None:
    """A dry run lists what would change, and changes nothing."""
    before = (scene.folder / "images" / "index.json").read_bytes()
    browser.open()
    browser.row("prune").find_element("css selector", "[aria-label^=Dry]").click()
    browser.find(".subtitle .outcome", "success")
    browser.find("h2", "What would change")
    rows = [each.text.split()[:3] for each in browser.all("[aria-label=Changes] tbody tr")]
    assert rows == [["delete", "tag", f"ocidir://images:pr-{number}"] for number in (1, 2)]
    assert (scene.folder / "images" / "index.json").read_bytes() == before


def test_hostile(browser: Visitor) -> None:
    """Names, log lines and errors are text, whatever they look like; what would turn text around is written out."""
    browser.open(f"#/runs/{browser.see(HOSTILE)}")
    browser.find(".error", HOSTILE)
    assert browser.text(".log .message") == f"{HOSTILE}\\u202eturned"
    assert browser.text("h1") == HOSTILE
    assert browser.all("main img") == []
    assert HOSTILE in browser.driver.title


def test_back(browser: Visitor) -> None:
    """The button Back leads back, with the address and the title of what was there."""
    browser.open()
    browser.find("h2 a", "prune").click()
    browser.until(lambda: browser.driver.title == "prune · regbot")
    browser.driver.back()
    browser.until(lambda: browser.driver.title == "Scripts · regbot")
    assert browser.place == "#/"

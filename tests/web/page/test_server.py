"""The page and its server: the token, reloading, a connection that is lost, and what the page may load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selenium.webdriver.common.keys import Keys

from tests.web.page.scene import TOKEN

if TYPE_CHECKING:
    from tests.web.page.scene import Scene
    from tests.web.page.visitor import Visitor

_OFFLINE = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}


def test_token(browser: Visitor) -> None:
    """The page asks for the token, once more if it was wrong, and keeps it for as long as its tab is open."""
    browser.open()
    browser.run("sessionStorage.clear()")
    browser.open()
    assert browser.text("dialog h2") == "This server asks for a token"
    assert browser.barriers() == []
    browser.press("wrong", Keys.ENTER)
    browser.find("#token-wrong", "does not know")
    browser.press(TOKEN, Keys.ENTER)
    browser.find("h2", "prune")
    browser.open()
    browser.find("h2", "prune")
    assert browser.run("return document.cookie") == ""


def test_reload(browser: Visitor, scene: Scene) -> None:
    """The configuration is read anew by a button; what is wrong with it is listed, and nothing changes."""
    good = scene.config.read_text()
    browser.open()
    try:
        scene.config.write_text(good + "  - {name: broken, schedule: often, script: ''}\n")
        browser.find("#reload").click()
        assert "often" in browser.find(".notice li", "regbot.yml").text
        scene.config.write_text(good + "  - {name: newcomer, script: ''}\n")
        browser.find("#reload").click()
        browser.find(".notice li", "Added: newcomer")
    finally:
        scene.config.write_text(good)
    browser.find("#reload").click()
    browser.find(".notice li", "Removed: newcomer")
    browser.find(".notice button").click()
    assert browser.all(".notice") == []


def test_lost_connection(browser: Visitor) -> None:
    """When the server does not answer the page says so, and asks again; when it does, the page goes on."""
    browser.open()
    browser.driver.execute_cdp_cmd("Network.enable", {})
    browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {"offline": True, **_OFFLINE})
    browser.run("document.dispatchEvent(new Event('visibilitychange'))")  # a stream that is open stays open otherwise
    browser.find("#connection", "connection to the server is lost")
    browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {"offline": False, **_OFFLINE})
    browser.find("#connection button").click()
    browser.until(lambda: not browser.all("#connection"))


def test_content_policy(browser: Visitor) -> None:
    """What somebody got into the page would neither run nor lead out: the fixture sees no complaint but these."""
    browser.open()
    browser.run("""
        const script = document.createElement('script');
        script.textContent = 'document.title = "owned"';
        document.body.append(script);
        const image = document.createElement('img');
        image.src = 'http://127.0.0.1:9/';
        document.body.append(image);
    """)
    complaints = browser.until(browser.complaints)
    assert all("Content Security Policy" in each for each in complaints)
    assert browser.driver.title == "Scripts · regbot"


def test_strangers_are_seen(browser: Visitor) -> None:
    """What is asked of another host is noticed, or the fixture proves nothing."""
    other = browser.address.replace("127.0.0.1", "localhost")
    browser.driver.get(f"http://{other}/")
    browser.find("h2", "This server asks")
    assert set(browser.strangers()) == {other}
    browser.driver.get("about:blank")
    browser.strangers()

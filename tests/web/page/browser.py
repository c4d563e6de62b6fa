"""Headless Chromium, which looks at the page of a server."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from selenium.webdriver.remote.webelement import WebElement

WITHIN: Final = 30.0
"""Seconds for anything to appear; a busy machine takes its time."""
# What a browser asks of others by itself would be taken for requests of the page.
_QUIET: Final = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
)
# One question for all of them: each that WebDriver itself asks costs some milliseconds.
_SHOWN: Final = """
return [...document.querySelectorAll(arguments[0])].filter(
  each => each.checkVisibility() && each.innerText.includes(arguments[1]));
"""
_NET: Final = {"http", "https", "ws", "wss"}
_AXE: Final = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ['violations']}).then(found => done(found.violations.map(
  each => [each.impact, each.id, each.nodes.map(node => node.html).join(' ')])));
"""


class Browser:
    """A browser with an empty profile in *folder*, at a server's *address* (host:port); from `with` to its end."""

    def __init__(self, folder: Path, address: str, *, environ: dict[str, str] | None = None) -> None:
        self.address = address
        options = webdriver.ChromeOptions()
        options.binary_location = require("chromium")
        for word in (*_QUIET.split(), f"--user-data-dir={folder / 'profile'}"):
            options.add_argument(word)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        # Of the environment only what finds programs: no settings, caches or keys of whoever runs the tests.
        given = {"PATH": os.environ["PATH"], "HOME": str(folder), "TZ": "UTC", "LANG": "C.UTF-8", **(environ or {})}
        service = Service(executable_path=require("chromedriver"), env=given)
        self.driver = webdriver.Chrome(options=options, service=service)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.driver.quit()

    def look(self, *, dark: bool = False, width: int = 1280, height: int = 800) -> None:
        """Be a screen of a size in CSS pixels, light or dark; a narrow one is a phone's."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme, still]})
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def open(self, place: str = "#/") -> None:
        """Load the page anew at a place of it."""
        self.driver.get("about:blank")
        self.driver.get(f"http://{self.address}/{place}")

    @property
    def place(self) -> str:
        """Where it is: the part of the address behind "#", with that."""
        return str(self.run("return location.hash"))

    def run(self, script: str, *arguments: object) -> Any:  # noqa: ANN401 -- whatever JavaScript returns
        """Run a function's body of JavaScript, outside of the page's content policy."""
        return self.driver.execute_script(script, *arguments)

    def all(self, css: str, text: str = "") -> list[WebElement]:
        """Return the elements that are shown, and have this text in them."""
        found: list[WebElement] = self.run(_SHOWN, css, text)
        return found

    def find(self, css: str, text: str = "") -> WebElement:
        """Wait for an element that is shown, and has this text in it; return the first."""
        found: list[WebElement] = self.until(lambda: self.all(css, text))
        return found[0]

    def text(self, css: str) -> str:
        """Return the text of an element, as soon as it is shown."""
        return str(self.until(lambda: [each.text for each in self.all(css)])[0])

    def until(self, there: Callable[[], Any]) -> Any:  # noqa: ANN401 -- whatever *there* returns
        """Wait until *there* returns something, return that; what is replaced meanwhile is looked for again."""
        end = time.monotonic() + WITHIN
        while True:
            with suppress(StaleElementReferenceException):
                if found := there():
                    return found
            assert time.monotonic() < end, self.run("return document.body.innerText")
            time.sleep(0.02)

    def press(self, *keys: str) -> None:
        """Press keys, one after another, wherever the focus is."""
        # Not sent to an element: the page may replace the one that has the focus in between.
        for key in keys:
            ActionChains(self.driver, duration=0).send_keys(key).perform()

    @property
    def focused(self) -> str:
        """The accessible name of what has the focus."""
        return str(self.until(lambda: [self.driver.switch_to.active_element.accessible_name])[0])

    def tab_to(self, name: str) -> None:
        """Press the Tab key until what has the focus has an accessible name that begins so."""
        for _ in range(60):
            self.press(Keys.TAB)
            if self.focused.startswith(name):
                return
        raise AssertionError(f"the Tab key never came to {name}")

    def barriers(self) -> list[list[str]]:
        """Return what axe-core finds serious or critical: impact, rule, elements."""
        if self.run("return typeof axe") == "undefined":
            source = (files("axe_core_python") / "axe.min.js").read_text()
            self.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": source})
        found: list[list[str]] = self.driver.execute_async_script(_AXE)
        return [each for each in found if each[0] in {"serious", "critical"}]

    def complaints(self) -> list[str]:
        """Return what came to the console since the last time, but answers of the API that were refusals."""
        found = self.driver.get_log("browser")  # type: ignore[no-untyped-call]  # it has no types
        return [each["message"] for each in found if each["source"] != "network"]

    def strangers(self) -> list[str]:
        """Return the hosts besides the server's that were asked for something since the last time."""
        logged = self.driver.get_log("performance")  # type: ignore[no-untyped-call]  # it has no types
        told = [json.loads(each["message"])["message"] for each in logged]
        sent = [each["params"] for each in told if each["method"] == "Network.requestWillBeSent"]
        # What the content policy forbids is told of as if it were sent.
        kept = {each["params"]["requestId"] for each in told if each["params"].get("blockedReason") == "csp"}
        parts = [urlsplit(each["request"]["url"]) for each in sent if each["requestId"] not in kept]
        return [part.netloc for part in parts if part.scheme in _NET and part.netloc != self.address]

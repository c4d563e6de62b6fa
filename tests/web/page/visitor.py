"""The browser at the page of the scene, as somebody who knows what is on it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.web.page.browser import Browser
from tests.web.site import API, begin, events

if TYPE_CHECKING:
    from pathlib import Path

    from selenium.webdriver.remote.webelement import WebElement

    from tests.web.page.scene import Scene


class Visitor(Browser):
    """A browser that looks at *scene*, and can have the server do something behind the page's back."""

    def __init__(self, folder: Path, scene: Scene) -> None:
        super().__init__(folder, scene.address)
        self._http = scene.http

    def visit(self, place: str) -> None:
        """Go to another place of the page, as by a link, and wait until all is there that will be."""
        if self.all("h1") and self.place != place:
            self.run("document.querySelector('h1').dataset.before = ''; location.hash = arguments[0]", place)
        else:
            self.open(place)
        self.find("h1:not([data-before])")
        self.until(lambda: self.all("li.script, dl.facts div") and not self.all(".outcome.running"))

    def shorten(self) -> None:
        """Leave out what only makes a list long."""
        for each in self.all("#filter"):
            each.send_keys("n")
            self.until(lambda: not self.all("li.script", "job-"))

    def row(self, script: str) -> WebElement:
        """Wait for a script in the list, return its line."""
        return self.find("li.script", script)

    def start(self, script: str, *, dry: bool = False) -> int:
        """Have a script started, return the number of its run."""
        return begin(self._http, quote(script, safe=""), dry_run=dry)

    def see(self, script: str, *, dry: bool = False) -> int:
        """Have a script run to its end, return the number of its run."""
        number = self.start(script, dry=dry)
        self.ended(number)
        return number

    def cancel(self, number: int) -> None:
        """Have a run cancelled, and wait for its end."""
        self._http.post(f"{API}/runs/{number}/cancel")
        self.ended(number)

    def ended(self, number: int) -> None:
        """Wait for the end of a run."""
        for _ in events(self._http, f"{API}/runs/{number}/events"):
            pass

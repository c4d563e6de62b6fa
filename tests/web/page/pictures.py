"""Takes the pictures of the documents: python -m tests.web.page.pictures [FOLDER].

They look best where the font Inter is installed (fonts-inter), and are smallest where pngquant is.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from base64 import b64decode
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import trio
from selenium.webdriver.common.keys import Keys

from tests.docker_registry import DockerRegistry
from tests.running import Running
from tests.web.page import example
from tests.web.page.browser import Browser
from tests.web.page.gate import Gate

PICTURES: Final = Path(__file__).parents[3] / "docs" / "pictures"
MOST: Final = 150_000
"""Bytes of a picture: documents are read over slow lines, too."""
_MONO: Final = ("ui-monospace", "SF Mono", "Cascadia Mono", "Menlo", "Consolas", "Liberation Mono", "monospace")
"""The fonts of page/base.css that stay what they are; each other is Inter."""
_KEPT: Final = "".join(f'<test name="family" compare="not_eq"><string>{name}</string></test>' for name in _MONO)
_FONTS: Final = f"""<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <match target="pattern">
    {_KEPT}
    <edit name="family" mode="prepend" binding="strong"><string>Inter</string></edit>
  </match>
  <include>/etc/fonts/fonts.conf</include>
</fontconfig>
"""


def main() -> None:
    """Take them."""
    folder = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else PICTURES
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(TemporaryDirectory()))
        gate = stack.enter_context(Gate())
        registry = stack.enter_context(DockerRegistry(scratch / "registry"))
        example.fill(registry)
        trio.run(example.write_history, scratch / "state")
        fonts = scratch / "fonts.conf"
        fonts.write_text(_FONTS)
        config = example.config(registry.host, gate.host)
        words = ("--listen", "127.0.0.1:0", "--state", str(scratch / "state"), "--grace", "0s")
        server = stack.enter_context(Running(scratch / "server", config, *words))
        address = str(server.told("Listening")[0]["address"])
        browser = Browser(scratch, address, environ={"FONTCONFIG_FILE": str(fonts)})
        take_all(stack.enter_context(browser), folder)


def take_all(browser: Browser, folder: Path) -> None:
    """Take one picture after another."""
    browser.look(width=720, height=1400)
    browser.open()
    browser.tab_to("Dry run of Prune pull requests")
    browser.press(Keys.ENTER)
    browser.find(".subtitle .outcome", "success")
    browser.look(width=360, height=780)
    take(browser, folder / "dry-run-phone.png", scale=2)
    browser.look(height=820)
    browser.open()
    browser.tab_to("Run Mirror base images now")
    browser.press(Keys.ENTER)
    browser.find(".message", "quay.io is slow")
    browser.find(".subtitle", "quay.io")
    browser.find(".facts [data-told=since]", "4.")
    take(browser, folder / "run-live.png")
    browser.open()
    browser.until(lambda: browser.run("return document.querySelectorAll('.bar').length > 150"))
    take(browser, folder / "scripts-light.png")
    browser.look(dark=True, height=820)
    take(browser, folder / "scripts-dark.png")


def take(browser: Browser, file: Path, *, scale: int = 1) -> None:
    """Write a picture of what is seen now; *scale* is how many of its pixels make one of CSS's."""
    browser.run("document.activeElement.blur(); scrollTo(0, 0)")
    width, height = browser.run("return [innerWidth, innerHeight]")
    size = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 500}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    shot = browser.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
    file.write_bytes(b64decode(shot["data"]))
    if shutil.which("pngquant"):
        subprocess.run(["pngquant", "--force", "--speed=1", "--output", str(file), str(file)], check=True)
    taken = file.stat().st_size
    print(f"{file}: {taken} bytes")  # noqa: T201 -- a program that talks to its user
    assert taken < MOST, "that is too large for a document"


if __name__ == "__main__":
    main()

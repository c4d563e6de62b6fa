"""The files of the page, without a browser."""

from __future__ import annotations

import re
from typing import Final

import pytest

from regbot.web.page.files import SHELL, assets

TEXTS: Final = {name: asset.content.decode() for name, asset in assets().items()}
_NAMED: Final = re.compile(r'(?:from|href=|src=) ?"(?:page|\.)/([^"#]+)"')
# The namespace of SVG is a name that looks like an address.
_OUTSIDE: Final = re.compile(r"https?://(?!www\.w3\.org/2000/svg\b)|(?:href|src)=\"//|@import|url\(")
_PARSED: Final = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|srcdoc")
_INLINE: Final = re.compile(r"<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=")


def test_whole() -> None:
    """Every file that another names is there, and each is named by one."""
    named = {name for text in TEXTS.values() for name in _NAMED.findall(text)}
    assert named == TEXTS.keys() - {SHELL}


@pytest.mark.parametrize("name", TEXTS)
def test_nothing_from_outside(name: str) -> None:
    """No file names an address of anybody else."""
    assert not _OUTSIDE.search(TEXTS[name])


@pytest.mark.parametrize("name", TEXTS)
def test_nothing_parsed(name: str) -> None:
    """No file has a text parsed as HTML or as a program."""
    assert not _PARSED.search(TEXTS[name])


def test_nothing_inline() -> None:
    """The shell has no script and no style of its own: the content policy would refuse them."""
    assert not _INLINE.search(TEXTS[SHELL])


def test_tags() -> None:
    """Files that differ have different entity tags."""
    assert len({asset.etag for asset in assets().values()}) == len(assets())

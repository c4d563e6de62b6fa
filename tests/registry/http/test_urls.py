from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbot.registry.http.urls import MAX_URL, BadUrl, below, join, parse, with_query

BASE = httpx.URL("https://a.example/v2/x")
CANARY = "c4n4ry-url"
BAD = [
    "http:////[a]",
    "https://[fe80::1%25eth0]\uff0e\uff0e[::1]",
    "http://a.example:65536/",
    "http://[v1.x]/",
    f"http://a/{CANARY}\udcff",
    f"http://a/{CANARY}\x7f",
    "/" + "a" * MAX_URL,
    "/" + "\N{GRINNING FACE}" * (MAX_URL // 10),
]


@pytest.mark.parametrize("text", BAD, ids=lambda text: ascii(text[:20]))
def test_no_url(text: str) -> None:
    """What is no URL is one kind of error, which holds nothing of the text."""
    with pytest.raises(BadUrl) as caught:
        join(BASE, text)
    assert (str(caught.value), caught.value.__context__) == ("no URL", None)


def test_below() -> None:
    """What we put together ourselves is the URL that it looks like, unless it is too long."""
    assert below("http://[::1]:5000", "/v2/a/tags/list?n=1") == httpx.URL("http://[::1]:5000/v2/a/tags/list?n=1")
    with pytest.raises(BadUrl):
        below("https://a.example", "/" + "a" * MAX_URL)


def test_parse() -> None:
    """A URL stands for itself, wherever others would lead from."""
    assert parse("https://a.example:5000/v2/") == httpx.URL("https://a.example:5000/v2/")
    with pytest.raises(BadUrl):
        parse("https://a.example:99999/")


@given(st.text(max_size=30) | st.from_regex(r"(https?:)?//[\[\]a0:.@%\uff0e/?#-]{0,12}", fullmatch=True))
def test_any_text(text: str) -> None:
    """Any text is a URL that can be used, or none."""
    try:
        url = join(BASE, text)
    except BadUrl:
        return
    assert url.raw_host.isascii()
    assert with_query(url, "x=1").query.endswith(b"x=1")


def test_with_query() -> None:
    """What is asked for comes after what stands there already; what would be too long is none."""
    assert with_query(BASE, "a=1") == httpx.URL("https://a.example/v2/x?a=1")
    assert with_query(httpx.URL("https://a.example/?_state=%3D"), "a=1").query == b"_state=%3D&a=1"
    with pytest.raises(BadUrl):
        with_query(BASE, "a" * 3 * MAX_URL)

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbot.registry.errors import RegistryError, Unverified
from regbot.registry.http.exchange import TIMEOUTS, Request
from tests.fake_registry import CANARY

URL = httpx.URL(f"https://user:{CANARY}@a.example/v2/x/tags/list?token={CANARY}")
REQUEST = Request("GET", URL, "a.example", "x")


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/y?z=1", "https://a.example/y?z=1"),
        ("more?last=b", "https://a.example/v2/x/tags/more?last=b"),
        ("https://xn--a/y", "https://xn--a/y"),
        ("https://b.example:8443/y", "https://b.example:8443/y"),
    ],
)
def test_target(location: str, target: str) -> None:
    """A location is taken from where it was said."""
    assert str(REQUEST.target(httpx.URL("https://a.example/v2/x/tags/list"), location)) == target


@given(st.text() | st.from_regex(r"(https?:)?//[a-z0-9.:@\[\]%/-]{0,30}", fullmatch=True))
def test_any_location(location: str) -> None:
    """Any location is an https URL with a host, or an error of the registry."""
    try:
        found = REQUEST.target(httpx.URL("https://a.example/v2/x"), location)
    except RegistryError:
        return
    assert (found.scheme, found.raw_host != b"") == ("https", True)


@pytest.mark.parametrize(
    "location",
    [
        "http://a:b/",
        "https://a.example:99999999/",
        "https://:1/",
        "//\0/",
        "http:////[a]",
        "https://[fe80::1%25eth0]\uff0e\uff0e[::1]",
        "/v2/a/blobs/uploads/x?" + "a" * 65470,
    ],
    ids=lambda location: ascii(location[:20]),
)
def test_no_url(location: str) -> None:
    """A location that is no URL is an error of the registry."""
    with pytest.raises(RegistryError, match="leads to"):
        REQUEST.target(URL, location)


def test_fault() -> None:
    """An error of a request says where it happened, and nothing that is secret."""
    fault = REQUEST.fault(Unverified, "DIGEST_INVALID", "no")
    assert str(fault) == "GET https://a.example/v2/x/tags/list: no"
    assert (type(fault), fault.code, fault.registry, fault.repository) == (
        Unverified,
        "DIGEST_INVALID",
        "a.example",
        "x",
    )
    assert CANARY not in repr(vars(fault))


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/v2/a/b/manifests/v1", "GET manifests"),
        ("GET", "/v2/a/b/tags/list", "GET tags"),
        ("PUT", "/v2/a/blobs/uploads/123-456", "PUT uploads"),
        ("POST", "/v2/a/blobs/uploads/", "POST uploads"),
        ("GET", "/v2/_catalog", "GET v2"),
        ("GET", "/x", "GET "),
        ("GET", "", "GET "),
    ],
)
def test_kind(method: str, path: str, kind: str) -> None:
    """What is slowed down together is of one method and one noun."""
    assert Request(method, httpx.URL(f"https://a.example{path}"), "a.example").kind == kind


@pytest.mark.parametrize(
    ("method", "body", "length"),
    [("GET", b"", None), ("HEAD", b"", None), ("DELETE", b"", None), ("POST", b"", "0"), ("PUT", b"abc", "3")],
)
async def test_length(method: str, body: bytes, length: str | None) -> None:
    """A body is announced by its length, and so is that there is none where one might be expected."""
    wire = Request(method, URL, "a.example", body=body).wire(URL, {}, TIMEOUTS)
    assert isinstance(wire.stream, httpx.AsyncByteStream)
    assert wire.headers.get("Content-Length") == length
    assert b"".join([piece async for piece in wire.stream]) == body


@pytest.mark.parametrize(("method", "read"), [("GET", TIMEOUTS.read), ("HEAD", TIMEOUTS.read), ("PUT", TIMEOUTS.store)])
def test_timeouts(method: str, read: float) -> None:
    """Silence has its end, and to store something may take longer than to find it."""
    assert TIMEOUTS.of(method)["read"] == read < float("inf")

"""Who may ask, by the headers of requests as browsers send them."""

from __future__ import annotations

import io
from typing import Final

import pytest
from starlette.datastructures import Headers

from regbot.supervisor.logs import Writer, open_log
from regbot.supervisor.server.telemetry import Telemetry
from regbot.web.address import Address
from regbot.web.guard import Guard
from regbot.web.problems import Problem

LOOPBACK: Final = Address("127.0.0.1", 8080)


def refused(method: str, address: Address = LOOPBACK, **headers: str) -> int:
    """Return the status with which a server without a token refuses a request, 0 if it does not."""
    guard = Guard(address, None, Telemetry("1"), open_log(Writer(stream=io.StringIO())))
    try:
        guard.check_site(method, Headers({name.replace("_", "-"): value for name, value in headers.items()}))
        guard.check_token(Headers({}))
    except Problem as problem:
        return problem.status
    return 0


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "127.1.2.3", "[::1]", "[::1]:8080"])
def test_our_names(host: str) -> None:
    """Loopback is answered for by each of its names."""
    assert refused("GET", host=host) == 0


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[::2]", "0.0.0.0", "[", "a@localhost"],
)
def test_foreign_names(host: str) -> None:
    """Any other name may be one that somebody's DNS has lead here."""
    assert refused("GET", host=host) == 421


def test_configured_name() -> None:
    """The name that the server was told to listen at is its own."""
    assert refused("GET", Address("box.internal", 1), host="box.internal:1") == 0


def test_socket_has_no_name() -> None:
    """At a Unix socket any name will do: no browser connects there."""
    assert refused("GET", Address(path="socket"), host="anything") == 0


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (0, {}),
        (0, {"sec_fetch_site": "same-origin", "origin": "http://localhost:8080"}),
        (0, {"sec_fetch_site": "none"}),
        (0, {"origin": "http://LOCALHOST:8080"}),
        (0, {"origin": "https://localhost:8080"}),
        (403, {"sec_fetch_site": "cross-site"}),
        (403, {"sec_fetch_site": "same-site"}),
        (403, {"sec_fetch_site": ""}),
        (403, {"origin": "null"}),
        (403, {"origin": "http://evil.example"}),
        (403, {"origin": "http://localhost:9090"}),
        (403, {"origin": ""}),
    ],
)
def test_acting(status: int, headers: dict[str, str]) -> None:
    """Only our own page, or what is no browser, acts; another site's page may at most be shown what it cannot read."""
    assert refused("POST", LOOPBACK, host="localhost:8080", **headers) == status
    assert refused("GET", LOOPBACK, host="localhost:8080", **headers) == 0

"""Who may ask: by token, or where there is none because nobody else can connect, by what browsers say of a request.

A page of another site can have a browser ask us: by a name that it makes lead here (DNS rebinding), or by a form.  The
first shows in Host, the second in Origin and Sec-Fetch-Site; neither can be set by a script of that page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import trio

from regbot.web.address import is_loopback
from regbot.web.problems import Problem

if TYPE_CHECKING:
    from loguru import Logger
    from starlette.datastructures import Headers

    from regbot.supervisor.server.telemetry import Telemetry
    from regbot.web.address import Address
    from regbot.web.token import Token

_READS: Final = {"GET", "HEAD", "OPTIONS"}
_OUR_OWN: Final = {"same-origin", "none"}
"""What Sec-Fetch-Site says of a page of ours, and of somebody who typed the address (Fetch Metadata)."""
_TELL_EVERY: Final = 60.0
"""Seconds between two records of the log that say that tokens were wrong."""


class Guard:
    """Stands before every route; each method raises a Problem where somebody may not ask."""

    def __init__(self, address: Address, token: Token | None, telemetry: Telemetry, log: Logger) -> None:
        self._address, self._token, self._telemetry, self._log = address, token, telemetry, log
        self._wrong = 0
        self._tell_at = 0.0

    def check_site(self, method: str, headers: Headers) -> None:
        """Refuse what another site's page has a browser ask."""
        if self._token is None and not self._address.path and not self._is_ours(headers.get("host", "")):
            self._telemetry.refused("host")
            names = "localhost, 127.0.0.1, [::1] or what it listens at"
            raise Problem(421, f"without a token this server answers only to {names}; Host said something else")
        if method not in _READS and _is_foreign(headers):
            self._telemetry.refused("origin")
            raise Problem(403, "a page of another site asks for this; use the page of this server, or no browser")

    def check_token(self, headers: Headers) -> None:
        """Refuse who does not show the token, if there is one."""
        if self._token is None:
            return
        scheme, _, shown = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._token.opens(shown.strip().encode("latin-1")):
            return
        self._telemetry.refused("token")
        if shown:
            self._tell_wrong()
        what = "is wrong" if shown else "is missing"
        detail = f"the token {what}: send the header Authorization: Bearer TOKEN, with the text of --token-file"
        error = ', error="invalid_token"' if shown else ""
        raise Problem(401, detail, headers={"WWW-Authenticate": f'Bearer realm="regbot"{error}'})

    def _is_ours(self, host: str) -> bool:
        name = _without_port(host).lower()
        return name in {"localhost", self._address.host.lower()} or is_loopback(name)

    def _tell_wrong(self) -> None:
        self._wrong += 1
        if (now := trio.current_time()) >= self._tell_at:
            self._log.bind(requests=self._wrong).warning("Somebody shows a wrong token")
            self._wrong, self._tell_at = 0, now + _TELL_EVERY


def _is_foreign(headers: Headers) -> bool:
    if (site := headers.get("sec-fetch-site")) is not None:
        return site not in _OUR_OWN
    if (origin := headers.get("origin")) is None:
        return False  # No browser.
    # A proxy may speak TLS for us: the scheme of the page is not ours then.
    host = origin.partition("://")[2].lower()
    return host == "" or host != headers.get("host", "").lower()


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]

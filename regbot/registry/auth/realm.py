"""Where a registry may send us for tokens.  We would show our login there, so not every place will do."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

import httpx

from regbot.registry.http import faults, guard, urls

if TYPE_CHECKING:
    from regbot.registry.hosts import Host

MAX_REALM: Final = 2048
"""Characters of a realm."""


class BadRealm(ValueError):
    """A realm that nothing is sent to; the message goes on from "the registry ..."."""


def parse_realm(text: str, host: Host) -> httpx.URL:
    """Return the URL of the token server that *text*, said by *host*, names; BadRealm if nothing should be sent there.

    Plain http does for a registry that is spoken to by plain http; a link-local address for none (guard.py), since
    clouds give out a machine's own credentials there; and this machine only for a registry on it.
    """
    url = _url(text)
    shown = faults.shown("sends for tokens to", url)
    name = url.raw_host.decode().rstrip(".")
    if host.scheme == "https" and url.scheme != "https":
        raise BadRealm(f"{shown}, which is not https")
    try:
        guard.check(name)
    except guard.LinkLocal as exc:
        raise BadRealm(f"{shown}, which {exc.what}") from None
    if _is_here(name) and not _is_here(httpx.URL(f"{host.scheme}://{host.address}").raw_host.decode()):
        raise BadRealm(f"{shown}, which is this machine")
    return url


def _url(text: str) -> httpx.URL:
    if not text:
        raise BadRealm("asks for a token and does not say where to get it")
    url = httpx.URL("")
    with suppress(urls.BadUrl):
        url = urls.parse(text).copy_with(fragment=None)
    if len(text) > MAX_REALM or url.userinfo or url.scheme not in {"http", "https"}:
        raise BadRealm("sends for tokens to what is no plain URL")
    if not url.raw_host:
        raise BadRealm("sends for tokens to a URL without a valid host")
    return url


def _is_here(name: str) -> bool:
    """Say whether *name* is a name or an address of this machine's loopback."""
    address = guard.parse_address(name)
    if address is None:
        return name == "localhost" or name.endswith(".localhost")
    return any(form.is_loopback or form.is_unspecified for form in guard.forms(address))

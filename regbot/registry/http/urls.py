"""URLs out of texts that others wrote: httpx, and what it uses, raise errors of many kinds for what is none."""

from __future__ import annotations

import functools
from typing import Final

import httpx

from regbot.registry.reference import MAX_PORT

MAX_URL: Final = 8 << 10
"""Characters of a URL that is taken from an answer."""

# UnicodeError is a ValueError: idna raises it for names that the DNS cannot have.
_FAULTS: Final = (httpx.InvalidURL, ValueError)


class BadUrl(ValueError):
    """A text is no URL; nothing of it is repeated, since it may hold a secret."""


def parse(text: str) -> httpx.URL:
    """Return the URL that *text* is; BadUrl if it is none, or has a port that nobody has."""
    return join(httpx.URL(), text)


def join(base: httpx.URL, text: str) -> httpx.URL:
    """Return where *text* leads from *base*; BadUrl as of `parse`."""
    url = None
    if len(text) <= MAX_URL:
        try:
            url = base.join(text) if base.scheme else httpx.URL(text)
            # Some of what is none is found out only when it is used.
            _ = url.raw_host, url.raw_path, url.copy_with(userinfo=b"")
        except _FAULTS:
            url = None
    # Outside of the block: their errors repeat the text.
    if url is None or (url.port or 0) > MAX_PORT or len(str(url)) > MAX_URL:
        raise BadUrl("no URL")
    return url


@functools.lru_cache(maxsize=256)
def below(origin: str, path: str) -> httpx.URL:
    """Return the URL of *path* at *origin*, "scheme://host:port"; BadUrl if it is too long.

    For what we have put together ourselves: nothing in *path* needs quoting.  What is looked at is mostly got next.
    """
    text = origin + path
    if len(text) > MAX_URL:
        raise BadUrl("no URL")
    return httpx.URL(text)


def with_query(url: httpx.URL, query: str) -> httpx.URL:
    """Return *url* with *query*, which is encoded and not "", after its own; BadUrl if the whole is too long."""
    whole = b"&".join(filter(None, (url.query, query.encode("ascii"))))
    if len(whole) > 2 * MAX_URL:
        raise BadUrl("no URL")
    return url.copy_with(query=whole)

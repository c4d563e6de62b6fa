"""What TLS to one registry trusts, and by what it shows who we are."""

from __future__ import annotations

import functools
import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx

from regbot.registry import pem
from regbot.registry.errors import RegistryError
from regbot.registry.hosts import Tls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from regbot.registry.hosts import Host


def context(host: Host, *, identify: bool) -> ssl.SSLContext:
    """Return the context for connections to *host*; the client certificate is shown only where *identify* is true.

    RegistryError if a configured certificate is none.
    """
    own = (host.tls is Tls.INSECURE) or host.regcert or (host.client_cert and identify)
    if not own:
        return _shared()
    made = system()
    if host.tls is Tls.INSECURE:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if host.regcert:
        with _usable(host, "regcert"):
            pem.trust(made, host.regcert)
    if host.client_cert and identify:
        with _usable(host, "clientCert or clientKey"):
            pem.identify(made, host.client_cert, host.client_key)
    return made


@functools.cache
def _shared() -> ssl.SSLContext:
    # Reading all authorities of a system takes tens of milliseconds.
    return system()


def system() -> ssl.SSLContext:
    """Return a fresh context that trusts what the system trusts."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile or paths.capath:
        return ssl.create_default_context()
    # A system without certificates of its own, such as a bare container.
    return httpx.create_ssl_context(trust_env=False)


@contextmanager
def _usable(host: Host, what: str) -> Iterator[None]:
    try:
        yield
    except pem.BadPem as exc:
        hint = '; {{file "PATH"}} reads a file' if isinstance(exc, pem.NoPem) else ""
        message = f"the {what} configured for {host.name} is no usable PEM text: {exc}{hint}"
        raise RegistryError(message, code="CONFIG", registry=host.name) from exc

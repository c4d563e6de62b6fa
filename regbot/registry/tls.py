"""What TLS to one registry trusts, and by what it shows who we are."""

from __future__ import annotations

import functools
import os
import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx

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
            # Bundles come with comments in every language.
            made.load_verify_locations(cadata=host.regcert.encode("ascii", "replace").decode())
    if host.client_cert and identify:
        with _usable(host, "clientCert or clientKey"):
            _identify(made, f"{host.client_cert}\n{host.client_key.reveal()}")
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
    except (ssl.SSLError, ValueError) as exc:
        # OpenSSL's words hold nothing of the text.
        message = f"the {what} configured for {host.name} is no usable PEM text: {exc}"
        raise RegistryError(message, code="CONFIG", registry=host.name) from exc


def _identify(made: ssl.SSLContext, pem: str) -> None:
    # OpenSSL reads keys from files only; this one is never on a disk.
    descriptor = os.memfd_create("regbot", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, pem.encode())
        made.load_cert_chain(f"/proc/self/fd/{descriptor}", password="")
    finally:
        os.close(descriptor)

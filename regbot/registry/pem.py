"""Certificates and keys as PEM texts, put into a context of TLS."""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from regbot.registry.credentials import Secret

_BEGIN: Final = "-----BEGIN "


class BadPem(ValueError):
    """A text cannot be used; the message says why, and holds nothing of the text."""


class NoPem(BadPem):
    """A text is no PEM at all, but perhaps the path of a file with it."""

    def __init__(self) -> None:
        super().__init__("it is no PEM text")


def trust(context: ssl.SSLContext, text: str) -> None:
    """Have *context* trust the authorities in *text*; BadPem if that holds none."""
    if _BEGIN not in text:
        raise NoPem
    try:
        # Bundles come with comments in every language.
        context.load_verify_locations(cadata=text.encode("ascii", "replace").decode())
    except (ssl.SSLError, ValueError) as exc:
        raise BadPem(_words(exc)) from exc


def identify(context: ssl.SSLContext, certificate: str, key: Secret) -> None:
    """Have *context* show *certificate* with its *key*, which may stand in one text; BadPem if they cannot be used."""
    if _BEGIN not in certificate or (key and _BEGIN not in key.reveal()):
        raise NoPem
    both = f"{certificate}\n{key.reveal()}"
    if "PRIVATE KEY-----" not in both:
        raise BadPem("the key is missing")
    if "ENCRYPTED" in both:
        raise BadPem("the key is encrypted, and should be without a password")
    # OpenSSL reads keys from files only; this one is never on a disk.
    descriptor = os.memfd_create("regbot", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, both.encode("utf-8", "replace"))
        context.load_cert_chain(f"/proc/self/fd/{descriptor}", password="")
    except (ssl.SSLError, ValueError) as exc:
        raise BadPem(_words(exc)) from exc
    finally:
        os.close(descriptor)


def _words(exc: Exception) -> str:
    if isinstance(exc, ssl.SSLError) and exc.reason == "KEY_VALUES_MISMATCH":
        return "the key is that of another certificate"
    # OpenSSL's words hold nothing of the text.
    return str(exc)

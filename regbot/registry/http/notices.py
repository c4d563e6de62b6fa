"""What registries want their users to know: `Warning: 299 - "text"` (OCI distribution specification, "Warnings")."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from regbot.registry.http.faults import printable
from regbot.registry.recent import Recent

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from regbot.registry.http.faults import Hide
    from regbot.registry.observer import Observer

MAX_OF_ANSWER: Final = 5
"""Warnings of one answer that are passed on."""
MAX_OF_REGISTRY: Final = 100
"""Warnings of one registry that are passed on, all different, and then one that there may be more."""
MAX_REGISTRIES: Final = 1000
"""Registries of which it is known what they warned of."""

_WARNING: Final = re.compile(r'299 - "((?:[^"\\]|\\.){1,4096})"')


class Notices:
    """Passes each registry's warnings on to *observer*, once, and not too many."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._known: Recent[str, set[str]] = Recent(MAX_REGISTRIES)

    def take(self, registry: str, headers: httpx.Headers, hide: Hide = str) -> None:
        """Look for warnings in an answer's *headers*; *hide* masks what is secret in them."""
        if "Warning" not in headers:
            return
        known = self._known.get(registry) or self._known.put(registry, set())
        found = list(islice(_texts(headers), MAX_OF_ANSWER + 1))
        for text in found[:MAX_OF_ANSWER]:
            self._tell(known, f"registry {registry} warns: {printable(hide(text))}", MAX_OF_REGISTRY)
        if len(found) > MAX_OF_ANSWER or len(known) >= MAX_OF_REGISTRY:
            self._tell(known, f"registry {registry} warns of more than that; the rest is left out", MAX_OF_REGISTRY + 1)

    def _tell(self, known: set[str], text: str, limit: int) -> None:
        if text not in known and len(known) < limit:
            known.add(text)
            self._observer.warn(text)


def _texts(headers: httpx.Headers) -> Iterator[str]:
    for value in headers.get_list("Warning"):
        for found in _WARNING.finditer(value):
            yield re.sub(r"\\(.)", r"\1", found[1])

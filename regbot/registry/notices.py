"""What registries want their users to know: `Warning: 299 - "text"` (OCI distribution specification, "Warnings")."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from regbot.registry.faults import printable

if TYPE_CHECKING:
    import httpx

    from regbot.registry.observer import Observer

MAX_KEPT: Final = 1000
"""Warnings that are remembered, so that each is passed on once."""

_WARNING: Final = re.compile(r'299 - "((?:[^"\\]|\\.){1,4096})"')


class Notices:
    """Passes each registry's warnings on to *observer*, once."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._known: dict[tuple[str, str], None] = {}

    def take(self, registry: str, headers: httpx.Headers) -> None:
        """Look for warnings in an answer's *headers*."""
        for value in headers.get_list("Warning"):
            for found in _WARNING.findall(value):
                self._pass_on(registry, printable(re.sub(r"\\(.)", r"\1", found)))

    def _pass_on(self, registry: str, text: str) -> None:
        if (registry, text) in self._known:
            return
        if len(self._known) >= MAX_KEPT:
            del self._known[next(iter(self._known))]
        self._known[registry, text] = None
        self._observer.warn(f"registry {registry} warns: {text}")

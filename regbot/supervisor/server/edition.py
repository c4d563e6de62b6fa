"""One edition of the configuration: what its runs are made with, for as long as any of them goes on.

A reload brings another edition, with registries and a launcher of its own.  Runs keep the one that they began with, and
with the last of them it ends.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import trio

from regbot.supervisor.dry.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from regbot.config.model import Config, Script
    from regbot.supervisor.audit.trail import Trail
    from regbot.supervisor.gate import Gate
    from regbot.supervisor.gates import Gates, Means


TIDY: Final = 60.0
"""Seconds between two collections of the garbage of layouts."""


def keyed(scripts: Iterable[Script]) -> Mapping[str, Script]:
    """Return scripts by names that are unique: a second one of a name has " (2)" behind it."""
    found: dict[str, Script] = {}
    for script in scripts:
        name, number = script.name, 1
        while name in found:
            number += 1
            name = f"{script.name} ({number})"
        found[name] = script
    return found


def text_hash(script: Script) -> str:
    """Return the digest of a script's text, as "sha256:" and hex digits."""
    return f"sha256:{hashlib.sha256(script.text.encode()).hexdigest()}"


class Edition:
    """A configuration in force, or one that was when a run began that still goes on."""

    def __init__(self, config: Config, means: Means, gates: Gates) -> None:
        self.config, self.means = config, means
        self.scripts = keyed(config.scripts)
        self.hashes = {name: text_hash(script) for name, script in self.scripts.items()}
        self.over = trio.Event()
        """Whether it was retired, and its last run has ended."""
        self._gates = gates
        self._runs: set[object] = set()
        self._left = trio.Event()
        """Is set whenever a run ends, and is another one then."""
        self._retired = False

    def gate(self, script: Script, trail: Trail, *, dry_run: bool) -> Gate:
        """Return the gate of one run; each dry run has a plan of its own."""
        return self._gates.of(script, trail, plan=Plan() if dry_run else None)

    def claim(self) -> object:
        """Take note of a run that begins; return what `release` wants at its end."""
        run = object()
        self._runs.add(run)
        return run

    def release(self, run: object) -> None:
        """Take note of a run that has ended."""
        self._runs.remove(run)
        self._left.set()
        self._left = trio.Event()
        self._look()

    def retire(self) -> None:
        """Let no further run begin."""
        self._retired = True
        self._look()

    async def keep_tidy(self) -> None:
        """Collect the garbage of layouts every now and then, until cancelled; registries do it at their end, too."""
        while True:
            await trio.sleep(TIDY)
            layouts = self.means.registry.detach_layouts()
            if layouts is None:
                continue
            try:
                # What they wrote, and have not named yet, is no garbage.
                before = set(self._runs)
                while before & self._runs:
                    await self._left.wait()
            finally:
                with trio.CancelScope(shield=True):
                    await layouts.aclose()

    def _look(self) -> None:
        if self._retired and not self._runs:
            self.over.set()

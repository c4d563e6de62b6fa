"""The gates of many runs, and what these runs share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from regbot.supervisor.dry.plan import Plan
from regbot.supervisor.gate import Gate
from regbot.supervisor.operations.modules import Modules
from regbot.supervisor.registries.crowd import Crowd
from regbot.supervisor.registries.observer import LogObserver
from regbot.supervisor.slots import Slots

if TYPE_CHECKING:
    from collections.abc import Callable

    from loguru import Logger

    from regbot.config.model import Script
    from regbot.registry.files.files import Files
    from regbot.registry.registries import Registries
    from regbot.supervisor.audit.change import Change
    from regbot.supervisor.children.launcher import Launcher


@dataclass(frozen=True, slots=True)
class Means:
    """What runs are made with.  *parallel* is the number of slots for heavy operations, 0 where nobody says."""

    launcher: Launcher
    registry: Registries
    files: Files
    log: Logger
    parallel: int
    dry_run: bool


class Gates:
    """Makes the gate of each run.  They share the slots, and in a dry run what would have been changed.

    *note* is told of each write that a dry run does not make.
    """

    def __init__(self, means: Means, note: Callable[[Change], None]) -> None:
        self._means, self._note = means, note
        self._slots = Slots(max(means.parallel, 1))
        self._crowd = Crowd(means.registry.at_once)
        self._plan = Plan()

    def of(self, script: Script) -> Gate:
        """Return the gate of a run of a script."""
        means = self._means
        log = means.log.bind(script=script.name)
        gate = Gate(
            registry=means.registry,
            slots=self._slots.share(),
            files=means.files,
            observer=LogObserver(log),
            modules=Modules(script.modules),
            crowd=self._crowd.joined(),
        )
        if not means.dry_run:
            return gate

        def note(change: Change) -> None:
            self._note(change)
            log.bind(
                **{"change": change.what, "reference": change.target, "digest": change.digest, "dry-run": True}
            ).info("Not done in a dry run")

        return gate.dry(means.registry, self._plan, note)

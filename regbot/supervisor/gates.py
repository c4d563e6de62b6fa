"""The gates of many runs, and what these runs share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from regbot.supervisor.audit.recorded import Recorded
from regbot.supervisor.dry.overlay import Overlay
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
    from regbot.registry.observer import Observer
    from regbot.registry.registries import Registries
    from regbot.supervisor.audit.change import Change
    from regbot.supervisor.audit.trail import Trail
    from regbot.supervisor.children.launcher import Launcher
    from regbot.supervisor.dry.plan import Plan


@dataclass(frozen=True, slots=True)
class Means:
    """What runs are made with.  *parallel* is the number of slots for heavy operations, 0 where nobody says.

    *reading* is what dry runs are done on: it was made so that it cannot write.  With *dry_run* all runs are dry ones,
    and *registry* is the same.
    """

    launcher: Launcher
    registry: Registries
    reading: Registries
    files: Files
    log: Logger
    parallel: int
    dry_run: bool


class Gates:
    """Makes the gate of each run.  They share *slots*: new ones, if none are given."""

    def __init__(self, means: Means, *, slots: Slots | None = None) -> None:
        self._means = means
        self._slots = slots or Slots(max(means.parallel, 1))
        self._crowd = Crowd(self._widen)

    def of(  # noqa: PLR0913 -- whose run, what it is told to, and how it is watched
        self,
        script: Script,
        trail: Trail,
        *,
        plan: Plan | None = None,
        log: Logger | None = None,
        observer: Observer | None = None,
        look: bool = False,
    ) -> Gate:
        """Return the gate of a run of a script, whose writes are noted in *trail*.

        With a *plan* it is a dry run, which sees the writes of others with the same plan.  *log* and *observer* are
        told what the run has to do with registries, by default the common log.  With *look* registries are asked where
        a tag points before it is changed.
        """
        means = self._means
        log = (log or means.log).bind(script=script.name)
        return Gate(
            registry=self._recorded(trail, plan, log, look=look),
            slots=self._slots.share(),
            files=means.files,
            observer=observer or LogObserver(log),
            meter=means.registry.meter,
            modules=Modules(script.modules),
            crowd=self._crowd.joined(),
        )

    def _recorded(self, trail: Trail, plan: Plan | None, log: Logger, *, look: bool) -> Recorded:
        means = self._means
        if plan is not None:
            return Recorded(Overlay(means.reading, plan), _telling(trail, log), look=look)
        assert not means.dry_run, "a run without a plan would fail at its first write"
        return Recorded(means.registry, trail.note, look=look)

    def _widen(self, calls: int) -> None:
        self._means.registry.at_once(calls)
        if self._means.reading is not self._means.registry:
            self._means.reading.at_once(calls)


def _telling(trail: Trail, log: Logger) -> Callable[[Change], None]:
    """Return what notes and logs a write that is not made."""

    def note(change: Change) -> None:
        trail.note(change)
        log.bind(**{"change": change.what, "reference": change.target, "digest": change.digest, "dry-run": True}).info(
            "Not done in a dry run"
        )

    return note

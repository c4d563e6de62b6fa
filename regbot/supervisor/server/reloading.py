"""The configuration in force, and how another takes its place: whole, or not at all."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

import trio

from regbot.supervisor.children.child import ChildLimits
from regbot.supervisor.gates import Gates
from regbot.supervisor.server.control import Reloaded, ReloadFailed
from regbot.supervisor.server.edition import Edition
from regbot.supervisor.service import CannotRun
from regbot.supervisor.slots import Slots

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from loguru import Logger

    from regbot.config.loading import Loaded
    from regbot.config.model import Config
    from regbot.supervisor.gates import Means
    from regbot.supervisor.server.telemetry import Telemetry

Load: TypeAlias = "Callable[[], Loaded]"
"""Reads the configuration's file; ReloadFailed if it cannot be used."""
OpenMeans: TypeAlias = "Callable[[Config], AbstractAsyncContextManager[Means]]"
"""Opens what runs of a configuration are made with; CannotRun if that cannot be had."""


class Editions:
    """The edition in force, and those before it that still have a run.

    *adopt* is told of each that comes into force, before anything else happens.
    """

    def __init__(
        self, load: Load, open_means: OpenMeans, adopt: Callable[[Edition], None], telemetry: Telemetry, log: Logger
    ) -> None:
        self.current: Edition | None = None
        self.since: datetime | None = None
        self.dry_run = False
        self._load, self._open, self._adopt = load, open_means, adopt
        self._telemetry, self._log = telemetry, log
        self._living: set[Edition] = set()
        self._deaths = self._renewals = 0
        """Of launchers of editions that are over."""
        self._slots = Slots(1)
        self._turn = trio.Lock()
        self._nursery: trio.Nursery | None = None

    @property
    def count(self) -> int:
        """How many there are, the one in force included."""
        return len(self._living)

    @property
    def alive(self) -> int:
        """How many children serve a run."""
        return sum(each.means.launcher.alive for each in self._living)

    @property
    def renewals(self) -> int:
        """How often a launcher was renewed."""
        return self._renewals + sum(each.means.launcher.renewals for each in self._living)

    @property
    def deaths(self) -> int:
        """How often a launcher was found dead."""
        return self._deaths + sum(each.means.launcher.deaths for each in self._living)

    async def begin(self, config: Config, nursery: trio.Nursery) -> None:
        """Put the first one into force; CannotRun if that cannot be.  *nursery* holds all that follow."""
        self._nursery = nursery
        self._put(await nursery.start(self._hold, config))

    async def reload(self) -> Reloaded:
        """Read the file and put another edition into force; ReloadFailed if that cannot be, and the old one stays."""
        assert self._nursery is not None, "one is in force"
        async with self._turn:
            try:
                loaded = await trio.to_thread.run_sync(self._load)
                coming = await self._nursery.start(self._hold, loaded.config)
            except CannotRun as exc:
                failed = ReloadFailed([str(exc)])
            except ReloadFailed as exc:
                failed = exc
            else:
                return self._replace(coming, tuple(map(str, loaded.warnings)))
            self._telemetry.reloaded(ok=False, when=time.time())
            for finding in failed.findings:
                self._log.error(finding)
            self._log.error("The configuration cannot be used: the one before stays in force")
            raise failed

    async def _hold(self, config: Config, *, task_status: trio.TaskStatus[Edition]) -> None:
        async with self._open(config) as means:
            # None is begun with that cannot lock its children up.
            async with means.launcher.child(ChildLimits.of(config.plain.limits)):
                pass
            edition = Edition(config, means, Gates(means, slots=self._slots))
            self._living.add(edition)
            task_status.started(edition)
            try:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(edition.keep_tidy)
                    await edition.over.wait()
                    nursery.cancel_scope.cancel()
            finally:
                self._living.remove(edition)
                self._deaths += means.launcher.deaths
                self._renewals += means.launcher.renewals

    def _put(self, edition: Edition) -> None:
        old, self.current = self.current, edition
        self.since = datetime.now(UTC)
        self.dry_run = edition.means.dry_run
        self._slots.resize(max(edition.means.parallel, 1))
        self._adopt(edition)
        self._telemetry.known({creds.registry for creds in edition.config.creds}, edition.scripts.keys())
        self._telemetry.reloaded(ok=True, when=time.time())
        if old is not None:
            old.retire()

    def _replace(self, coming: Edition, warnings: tuple[str, ...]) -> Reloaded:
        assert self.current is not None, "one is in force"
        before, after = self.current.scripts, coming.scripts
        self._put(coming)
        reloaded = Reloaded(
            added=tuple(name for name in after if name not in before),
            removed=tuple(name for name in before if name not in after),
            changed=tuple(name for name in after if name in before and before[name] != after[name]),
            warnings=warnings,
        )
        for warning in warnings:
            self._log.warning(warning)
        numbers = {what: len(getattr(reloaded, what)) for what in ("added", "removed", "changed")}
        self._log.bind(scripts=len(after), **numbers).info("Configuration reloaded")
        return reloaded

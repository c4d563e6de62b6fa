"""What happens to a server meanwhile: reloads of good and broken files, deaths of its children, people who ask."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import httpx

from tests.endurance.evidence import KEPT_OLD, RELOADED, instant
from tests.endurance.judge import Epoch
from tests.endurance.processes import below, everything
from tests.endurance.scripts import config, mutated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.endurance.scripts import Spec
    from tests.running import Running

PAUSES: Final = (1.0, 5.0)
"""Seconds between two blows."""
_WITHIN: Final = 30.0
_LOOK: Final = 0.05
_BLOWS: Final = {"child": 8, "launcher": 2, "same file": 1, "changed file": 4, "broken file": 1, "ask": 4}
"""What happens, and how often."""


class Chaos:
    """Deals blows to *server*, which runs *scripts* that are at *hosts*; *epochs* are what came into force when."""

    def __init__(self, server: Running, scripts: Sequence[Spec], hosts: Sequence[str], seed: int) -> None:
        self.blows: Counter[str] = Counter()
        (started,) = server.records("Server started")
        self.epochs = [_epoch(instant(str(started["time"])), scripts)]
        self.unanswered: list[str] = []
        """Reloads that the log never told the end of, requests that met no answer."""
        self._server, self._hosts = server, hosts
        self._all, self._scripts = list(scripts), list(scripts)
        self._chance = random.Random(seed)  # noqa: S311 -- no secret is made of it
        self._offset = 0

    def rage(self, until: float) -> None:
        """Deal blows until a time of the monotonic clock."""
        while time.monotonic() < until:
            (blow,) = self._chance.choices(list(_BLOWS), list(_BLOWS.values()))
            self.blows[blow] += 1
            self._deal(blow)
            time.sleep(self._chance.uniform(*PAUSES))

    def _deal(self, blow: str) -> None:
        match blow:
            case "child" | "launcher":
                self._kill(deep=blow == "child")
            case "same file":
                self._reload(self._scripts)
            case "changed file":
                self._reload(mutated(self._scripts, self._all, self._chance))
            case "broken file":
                self._break()
            case _:
                self._ask()

    def _kill(self, *, deep: bool) -> None:
        """Kill a launcher, or (*deep*) a process below one."""
        found = [each for each in below(self._server.pid, everything()) if (each.parent != self._server.pid) == deep]
        if found:
            # It may end by itself just now.
            with suppress(ProcessLookupError):
                os.kill(self._chance.choice(found).pid, signal.SIGKILL)

    def _reload(self, scripts: Sequence[Spec]) -> None:
        self._server.config.write_text(config(scripts, self._hosts))
        message, at = self._hang_up()
        if message == RELOADED:
            self._scripts = list(scripts)
            self.epochs.append(_epoch(at, scripts))
        else:
            # Its launcher was killed before it was in force, perhaps.
            self._server.config.write_text(config(self._scripts, self._hosts))

    def _break(self) -> None:
        good = self._server.config.read_text()
        self._server.config.write_text(good.replace('"version": 1', '"version": none'))
        message, at = self._hang_up()
        if message == RELOADED:
            self.unanswered.append(f"a broken file came into force at {at}")
        self._server.config.write_text(good)

    def _ask(self) -> None:
        names = [each.name for each in self._scripts if each.due.span is None]
        if not names:
            return
        path = f"/api/v1/scripts/{self._chance.choice(names)}/runs"
        try:
            answer = self._server.http.post(path, json={"dry_run": True})
            self._server.http.get("/metrics").raise_for_status()
        except httpx.HTTPError as exc:
            self.unanswered.append(f"{path}: {exc!r}")
        else:
            if answer.status_code not in {201, 409}:
                self.unanswered.append(f"{path}: {answer.status_code} {answer.text}")

    def _hang_up(self) -> tuple[str, float]:
        """Have the file read anew, return what the log says of it, and when."""
        self._offset = self._server.log.stat().st_size
        self._server.signal(signal.SIGHUP)
        end = time.monotonic() + _WITHIN
        while time.monotonic() < end:
            for message, at in self._news():
                return message, at
            time.sleep(_LOOK)
        self.unanswered.append("a SIGHUP, of which the log says nothing")
        return "", 0.0

    def _news(self) -> list[tuple[str, float]]:
        """Return what the log says of reloads since the last look."""
        with self._server.log.open("rb") as log:
            log.seek(self._offset)
            lines = log.read().split(b"\n")[:-1]
        self._offset += sum(len(line) + 1 for line in lines)
        wanted = {each: each.encode() for each in (RELOADED, KEPT_OLD)}
        return [
            (message, instant(line.split(b'"')[3].decode()))
            for line in lines
            for message, words in wanted.items()
            if words in line
        ]


def _epoch(at: float, scripts: Sequence[Spec]) -> Epoch:
    return Epoch(at, {each.name: each.due for each in scripts if each.due.span is not None})

"""A server as some team might have it, for pictures: a month of history, and a registry with something in it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from regbot.supervisor.audit.trail import Trail
from regbot.supervisor.history.history import open_history
from regbot.supervisor.history.record import Cause, RunRecord
from tests.images import image, push

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.asking import Asking

DENIED: Final = "SCRIPT {}:9: tag.delete: registry.example.com answered 403 (DENIED) for team/web"
SLOW: Final = "the run took longer than its timeout of 10m0s"
BUILDS: Final = ("pr-1184", "pr-1187", "pr-1190", "pr-1201", "v2.13.0", "v2.14.0", "v2.14.1")

SCRIPTS: Final = {
    # name: schedule, seconds between runs, seconds that one takes, outcomes by how long ago (0: the last run)
    "Mirror base images": ("0 */6 * * *", 21600, 190, {11: "error"}),
    "Prune pull requests": ("30 2 * * *", 86400, 41, {19: "limit", 20: "limit"}),
    "Promote release to stable": ("*/15 6-20 * * mon-fri", 900, 3, {}),
    "Copy releases to edge": ("CRON_TZ=Europe/Berlin 0 5 * * *", 86400, 260, {0: "error", 1: "error"}),
    "Keep the newest twenty builds": ("@daily", 86400, 18, {7: "cancelled"}),
    "Verify signatures": ("@hourly", 3600, 12, {24: "error"}),
    "Report quota": ("0 8 * * mon", 604800, 6, {}),
    "Export audit archive": ("", 500000, 95, {}),
}


def config(registry: str, gate: str) -> str:
    """Return the configuration: registry.example.com is at host *registry*, quay.io at *gate*."""
    scripts = "".join(
        f'  - name: {name}\n    schedule: "{schedule}"\n    script: ""\n'
        for name, (schedule, *_) in SCRIPTS.items()
        if name not in {"Mirror base images", "Prune pull requests"}
    )
    return f"""
version: 1
creds:
  - {{registry: registry.example.com, hostname: "{registry}", tls: disabled}}
  - {{registry: quay.io, hostname: "{gate}", tls: disabled}}
defaults:
  timeout: 10m
scripts:
  - name: Mirror base images
    schedule: "0 */6 * * *"
    script: |
      local ours = "registry.example.com/mirror/"
      for _, name in ipairs({{ "alpine", "debian", "redis" }}) do
        local from = "registry.example.com/upstream/" .. name
        local tags = tag.ls(from)
        log(name .. ": " .. #tags .. " tags upstream")
        for _, each in ipairs(tags) do
          image.copy(from .. ":" .. each, ours .. name .. ":" .. each)
          log("copied " .. ours .. name .. ":" .. each)
        end
      end
      logger.warn("quay.io is slow today", {{ tries = 2 }})
      tag.ls("quay.io/prometheus/node-exporter")
  - name: Prune pull requests
    schedule: "30 2 * * *"
    jitter: 90s
    script: |
      local builds = "registry.example.com/team/web"
      for _, name in ipairs(tag.ls(builds)) do
        if name:match("^pr%-%d+$") then
          log("delete " .. name)
          tag.delete(builds .. ":" .. name)
        end
      end
      image.copy(builds .. ":v2.14.1", builds .. ":stable")
{scripts}"""


def fill(registry: Asking) -> None:
    """Put images into the registry."""
    for name in BUILDS:
        push(registry, "team/web", name, image(labels={"build": name}))
    push(registry, "team/web", "stable", image(labels={"build": "v2.14.0"}))
    for number, name in enumerate(("alpine", "debian", "redis")):
        for minor in range(3):
            push(registry, f"upstream/{name}", f"{number + 3}.{minor}", image(layers=[f"{name} {minor}".encode()]))


async def write_history(folder: Path) -> None:
    """Write the runs that were, as a server would have."""
    chance = random.Random(7)  # noqa: S311 -- the same picture every time
    runs = sorted((run for name in SCRIPTS for run in past(name, chance)), key=lambda run: run.started)
    clock = partial(datetime.now, UTC)
    async with open_history(str(folder), days=3650, rows=100_000, now=clock, tell=print) as history:
        for run in runs:
            begun = await history.begin(replace(run, ended=None, outcome="running", error="", limit=""))
            await history.end(replace(run, id=begun.id), Trail())


def past(name: str, chance: random.Random) -> Iterator[RunRecord]:
    """Yield the runs of a script."""
    schedule, between, takes, odd = SCRIPTS[name]
    runs = 30 if schedule else 3
    for ago in range(runs):
        outcome = odd.get(ago, "success")
        started = datetime.now(UTC) - timedelta(seconds=between * (ago + 0.4))
        seconds = 600 if outcome == "limit" else takes * chance.uniform(0.5, 1.0) * (2 if chance.random() < 0.1 else 1)
        yield RunRecord(
            id=0,
            script=name,
            hash=f"sha256:{chance.getrandbits(256):064x}",
            cause=Cause.SCHEDULE if schedule else Cause.REQUEST,
            dry_run=False,
            started=started,
            ended=started + timedelta(seconds=seconds),
            outcome=outcome,
            limit="timeout" if outcome == "limit" else "",
            error={"error": DENIED.format(name), "limit": SLOW}.get(outcome, ""),
            operations=int(takes),
            requests=int(takes * 2.4),
        )

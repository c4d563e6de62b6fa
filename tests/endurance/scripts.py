"""The scripts of the soak: what a few hundred users would have a server do, at second scale."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MINUTE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Due:
    """When a script is due: every *span* seconds, or (*cron*) each minute by the time of day; None: when asked for.

    Each start may be late by *jitter* seconds.
    """

    span: float | None
    cron: bool = False
    jitter: float = 0.0


@dataclass(frozen=True, slots=True)
class Spec:
    """A script: its *limits* are what the configuration says of them, *operations* what a success calls for."""

    name: str
    due: Due
    text: str
    timeout: str = "20s"
    limits: Mapping[str, object] | None = None
    operations: int | None = None

    def entry(self) -> dict[str, object]:
        """Return it as the configuration has it."""
        found: dict[str, object] = {"name": self.name, "script": self.text, "timeout": self.timeout}
        if self.due.cron:
            found["schedule"] = "* * * * *"
        elif self.due.span is not None and self.name.endswith("1"):
            found["schedule"] = f"@every {self.due.span:.0f}s"
        elif self.due.span is not None:
            found["interval"] = f"{self.due.span:.0f}s"
        if self.due.jitter:
            found["jitter"] = f"{self.due.jitter}s"
        return found | ({"limits": dict(self.limits)} if self.limits else {})


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that scripts do: *share* of all of them, every *least* to *most* seconds."""

    name: str
    share: int
    least: int
    most: int
    text: str
    operations: int | None = None
    jitter: float = 0.0
    cron: bool = False
    limits: Mapping[str, object] | None = None
    timeout: str = "20s"


KINDS: Final = (
    Kind("says", 60, 1, 3, 'log("said") metric.add("said")', 0),
    Kind("lists", 40, 2, 6, 'for _, t in ipairs(tag.ls("@A/app")) do log(t) end', 1),
    Kind("reads", 32, 2, 6, 'log(manifest.get("@B/app:v1").mediaType or "?")', 1),
    Kind("copies", 14, 4, 8, 'image.copy("@A/app:v" .. math.random(1, 2), "@B/copy-@N:latest")', 1),
    Kind("retags", 10, 3, 6, 'image.copy("@A/app:v" .. math.random(1, 2), "@A/app:moved-@N")', 1),
    Kind("deletes", 6, 5, 8, 'image.copy("@A/app:v1", "@A/gone:t@N") tag.delete("@A/gone:t@N")', 2),
    # The proxy takes longer to answer than their intervals.
    Kind("is slow", 5, 1, 1, 'log(#tag.ls("@B/slow/app"))', 1),
    Kind("trembles", 8, 3, 6, 'log("at some time")', 0, jitter=0.8),
    Kind("each minute", 6, 60, 60, 'log(manifest.head("@A/app:v1").mediaType or "?")', 1, cron=True),
    Kind("fails", 8, 3, 6, 'log("now") error("as it must")'),
    Kind("misses", 4, 5, 9, 'manifest.get("@A/app:none")'),
    Kind("loops", 2, 10, 10, "while true do end", timeout="300ms"),
    Kind("calls too often", 2, 8, 10, 'while true do reference.new("a/b") end', limits={"operations": 20}),
    Kind("eats", 1, 10, 10, 'local t = "x" while true do t = t .. t end', limits={"memory": "16MiB"}),
    Kind("is asked for", 2, 0, 0, 'image.copy("@A/app:v1", "@B/asked-@N:x") tag.delete("@A/app:v2")', 2),
)


def specs(number: int, first: str, second: str) -> list[Spec]:
    """Return *number* scripts for registries at two hosts, the kinds in their shares; the same ones every time."""
    chance = random.Random(number)  # noqa: S311 -- no secret is made of it
    return list(islice(_endless(chance, first, second), number))


def _endless(chance: random.Random, first: str, second: str) -> Iterator[Spec]:
    number = 0
    while True:
        deck = [kind for kind in KINDS for _ in range(kind.share)]
        for kind in chance.sample(deck, len(deck)):
            number += 1
            yield _spec(kind, number, chance.randint(kind.least, kind.most), first, second)


def _spec(kind: Kind, number: int, span: int, first: str, second: str) -> Spec:
    text = kind.text.replace("@A", first).replace("@B", second).replace("@N", str(number))
    due = Due(float(span) or None, kind.cron, kind.jitter)
    return Spec(f"{kind.name} {number}", due, text, kind.timeout, kind.limits, kind.operations)


def config(scripts: Iterable[Spec], hosts: Iterable[str]) -> str:
    """Return the file (JSON is YAML)."""
    creds = [{"registry": host, "tls": "disabled"} for host in hosts]
    return json.dumps(
        {"version": 1, "defaults": {"parallel": 8}, "creds": creds, "scripts": [each.entry() for each in scripts]},
        indent=1,
    )


def mutated(scripts: list[Spec], everything: list[Spec], chance: random.Random) -> list[Spec]:
    """Return the scripts with one removed, brought back, due at other times, or with another text."""
    found = list(scripts)
    place = chance.randrange(len(found))
    victim = found[place]
    gone = [each for each in everything if each.name not in {other.name for other in found}]
    match chance.choice(("remove", "bring back", "time", "text")):
        case "remove":
            del found[place]
        case "bring back" if gone:
            found.insert(place, chance.choice(gone))
        case "time" if victim.due.span is not None and not victim.due.cron:
            span = victim.due.span % 9 + 2
            found[place] = replace(victim, due=replace(victim.due, span=span))
        case _:
            found[place] = replace(victim, text=f"{victim.text} -- {chance.random()}")
    return found

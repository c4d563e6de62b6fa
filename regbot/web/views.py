"""Values that the API has beside those of the server."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from regbot.supervisor.history.record import RunRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regbot.supervisor.server.control import ScriptState


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(RunRecord):
    """A run, and what it is at.

    *doing* names the operation that is in progress; it is "" while the run is in Lua, and when it has ended.
    """

    doing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptChanges:
    """What is new of scripts: the states of those that *changed* or came, and the names of those that are gone."""

    changed: Sequence[ScriptState]
    removed: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """The server answers."""

    alive: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Scripts can run."""

    ready: bool = True


def run_view(record: RunRecord, doing: str) -> Run:
    """Return a run with what it is at."""
    fields = {each.name: getattr(record, each.name) for each in dataclasses.fields(RunRecord)}
    return Run(**fields, doing=doing)

"""What in a configuration file works otherwise than in the Go program of the same name.

Of scripts see check/from_go.py.  It looks at the tree, and so at what is written: a file with faults is told of as far
as it can be read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from regbot.config.daylight import changed_hours
from regbot.config.durations import InvalidDuration, parse_duration
from regbot.config.nodes import Mapping, Node, Scalar, Sequence
from regbot.config.schedule import InvalidSchedule, Schedule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

OURS: Final = ("isolation", "jitter", "limits", "modules")
"""Keys that the Go program has not."""
_NEW_TEMPLATES: Final = ("registry", "clientCert", "clientKey")
"""Fields of `creds` whose templates it does not expand."""
_KILLED: Final = (
    "timeout: the run is killed then, whatever it does; the Go program ends operations, and no loop that calls none"
)
_PRIORITY: Final = "priority: the mirror with the highest is asked first; the Go program asks the lowest first"
_ORIGIN: Final = (
    "mirrors: lists of tags, and what a write depends on, come from the registry itself; the Go program asks mirrors"
)
_SCHEME: Final = "scheme: http speaks http; the Go program warns, and goes on with https; write tls: disabled"
_SLOTS: Final = (
    "parallel is not set: one copy, tar or config at a time, of all scripts together, as documented; the Go program "
    "may do more; set it to what your registries bear"
)
_UNREADABLE: Final = "schedule: one that cannot be read is an error; the Go program never runs the script, silently"
_NAMELESS: Final = "a script without a name is an error; the Go program runs it; give it one"


def differences(tree: Node | None, now: datetime) -> Iterator[tuple[int, str]]:
    """Give lines and what differs there; changes of daylight saving are looked for in the two years from *now* on."""
    root = _entries(tree)
    scripts = [_entries(script) for script in _items(root.get("scripts"))]
    yield from _creds([_entries(each) for each in _items(root.get("creds"))])
    defaults = _entries(root.get("defaults"))
    if "parallel" not in defaults and len(scripts) > 1:
        yield next((node.line for node in (root.get("defaults"), root.get("scripts")) if node), 1), _SLOTS
    for section in (root, defaults, *scripts):
        yield from _section(section, now)
    for script, node in zip(scripts, _items(root.get("scripts")), strict=True):
        if not _text(script.get("name")):
            yield node.line, _NAMELESS


def _creds(creds: list[dict[str, Node]]) -> Iterator[tuple[int, str]]:
    has_mirrors = any("mirrors" in entry for entry in creds)
    for entry in creds:
        for key in _NEW_TEMPLATES:
            if "{{" in _text(entry.get(key)):
                yield entry[key].line, f"{key}: its template is expanded; the Go program takes it as it stands"
        if "mirrors" in entry:
            yield entry["mirrors"].line, _ORIGIN
        if "priority" in entry and has_mirrors:
            yield entry["priority"].line, _PRIORITY
        if _text(entry.get("scheme")).lower() == "http":
            yield entry["scheme"].line, _SCHEME


def _section(section: dict[str, Node], now: datetime) -> Iterator[tuple[int, str]]:
    for key in OURS:
        if key in section:
            yield section[key].line, f"{key}: the Go program has no such key, and runs the scripts without it"
    if _seconds(_text(section.get("timeout"))) > 0:
        yield section["timeout"].line, _KILLED
    if text := _text(section.get("schedule")):
        for message in _schedule(text, now):
            yield section["schedule"].line, message


def _schedule(text: str, now: datetime) -> Iterator[str]:
    try:
        schedule = Schedule.parse(text)
    except InvalidSchedule:
        yield _UNREADABLE
        return
    missing, doubled = changed_hours(schedule, now)
    if missing:
        yield (
            f"schedule: {missing:%H:%M} does not exist on {missing:%Y-%m-%d}, when clocks go forward; the script runs "
            "once all the same, the Go program leaves it out"
        )
    if doubled:
        yield (
            f"schedule: {doubled:%H:%M} comes twice on {doubled:%Y-%m-%d}, when clocks go back; the script runs once, "
            "the Go program runs it twice"
        )


def _seconds(text: str) -> float:
    try:
        return parse_duration(text)
    except InvalidDuration:
        return 0.0


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) and not node.is_null else ""


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, Sequence) else ()


def _entries(node: Node | None) -> dict[str, Node]:
    return {key.text: value for key, value in node.entries} if isinstance(node, Mapping) else {}

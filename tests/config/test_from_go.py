from __future__ import annotations

from datetime import UTC, datetime

import pytest

from regbot.config.from_go import OURS, differences
from regbot.config.loading import examine

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def told(text: str) -> list[str]:
    """Return the differences of a file: `2 …`."""
    tree = examine(text.encode(), "f", environ={}).tree
    return [f"{line} {message}" for line, message in differences(tree, NOW)]


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ("creds: [{registry: '{{env \"R\"}}'}]", "1 registry: its template is expanded"),
        ("creds: [{registry: a.io, clientKey: '{{env \"R\"}}'}]", "1 clientKey: its template is expanded"),
        ("creds:\n- registry: a.io\n  mirrors: [b.io]", "3 mirrors: lists of tags, and what a write depends on"),
        ("creds: [{registry: a.io, scheme: http}]", "1 scheme: http speaks http"),
        ("scripts:\n- {name: a}\n- {name: b}", "2 parallel is not set"),
        ("scripts:\n- name: a\n  timeout: 5m", "3 timeout: the run is killed then"),
        ("defaults: {timeout: 1h}", "1 timeout: the run is killed then"),
        ("scripts:\n- {script: log(1)}", "2 a script without a name"),
        ("scripts: [{name: a, schedule: nonsense}]", "1 schedule: one that cannot be read is an error"),
        ("modules: lib", "1 modules: the Go program has no such key"),
        ("scripts: [{name: a, limits: {cpu: 1}}]", "1 limits: the Go program has no such key"),
        ("isolation: {require: [landlock]}", "1 isolation: the Go program has no such key"),
        ("defaults: {jitter: 5m}", "1 jitter: the Go program has no such key"),
    ],
)
def test_told(text: str, beginning: str) -> None:
    """Each thing that works otherwise is told of, on its line, and nothing else."""
    (only,) = told(text)
    assert only.startswith(beginning)


def test_priority() -> None:
    """The order of mirrors differs where there are mirrors."""
    text = "creds:\n- {registry: a.io, mirrors: [b.io]}\n- {registry: b.io, priority: 5}"
    assert any(each.startswith("3 priority: the mirror with the highest") for each in told(text))
    assert told("creds: [{registry: b.io, priority: 5}]") == []


def test_daylight_saving() -> None:
    """A schedule in an hour that a change leaves out, or has twice, is told of with the day."""
    first, second = told('scripts:\n- name: a\n  schedule: "TZ=Europe/Berlin 30 2 * * *"')
    assert first.startswith("3 schedule: 02:30 does not exist on 2026-03-29")
    assert second.startswith("3 schedule: 02:30 comes twice on 2026-10-25")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "just a text",
        "creds: {}\nscripts: 5\ndefaults: []",
        "creds: [{registry: a.io, user: '{{env \"R\"}}', regcert: '{{env \"R\"}}'}]",
        "scripts: [{name: a, timeout: -1s, schedule: '0 2 * * *'}, {name: b, timeout: soon}]\ndefaults: {parallel: 1}",
        "x-mine: {timeout: 5m}",
    ],
)
def test_not_told(text: str) -> None:
    """What works as it did there is not told of, and any file can be looked at."""
    assert told(text) == []


def test_our_keys_are_ours() -> None:
    """Each key that is called ours is one that this program reads."""
    assert told("\n".join(f"{key}: x" for key in OURS)) == sorted(
        f"{line} {key}: the Go program has no such key, and runs the scripts without it"
        for line, key in enumerate(OURS, 1)
    )
    found = examine(b"modules: []\nisolation: {}\ndefaults: {jitter: 1s, limits: {}}", "f", environ={})
    assert found.warnings == ()

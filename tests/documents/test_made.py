"""What documents say that is made of the code, and what only can be held against it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest
import yaml

from tests.documents.blocks import ROOT
from tools.documents import metrics
from tools.documents.command_line import names
from tools.documents.documents import documents

if TYPE_CHECKING:
    from pathlib import Path

MADE: Final = documents()
RULES: Final = [
    pytest.param(rule, id=rule["alert"])
    for group in yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
_KNOWN: Final = set(re.findall(r"`(regbot_\w+)`", metrics.metrics("")))


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.name)
def test_made(path: Path) -> None:
    """The parts that are made of the code are those of this code: `make docs` writes them."""
    assert path.read_text() == MADE[path]


@pytest.mark.parametrize("command", names())
def test_every_command_has_its_options(command: str) -> None:
    """Each command has a section with all its options."""
    assert f"## regbot {command}\n\n<!-- made: options {command} -->" in MADE[ROOT / "docs/commands.md"]


@pytest.mark.parametrize("rule", RULES)
def test_alerts(rule: dict[str, object]) -> None:
    """Each alert asks for metrics that there are, and says what to do."""
    asked = set(re.findall(r"regbot_\w+", str(rule["expr"])))
    assert asked <= _KNOWN
    assert asked or 'up{job="regbot"}' in str(rule["expr"])
    annotations = rule["annotations"]
    assert isinstance(annotations, dict)
    assert annotations.keys() == {"summary", "description"}


def test_alerts_name_labels_that_there_are() -> None:
    """What a summary says of a series is a label of it, or one that Prometheus adds."""
    lines = metrics.metrics("").splitlines()
    for rule in (each.values[0] for each in RULES):
        assert isinstance(rule, dict)
        of = [line for line in lines if any(f"`{name}`" in line for name in re.findall(r"regbot_\w+", rule["expr"]))]
        used = set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"])))
        assert all(used - {"instance", "job"} <= set(re.findall(r"`(\w+)`", line)) for line in of), rule["alert"]

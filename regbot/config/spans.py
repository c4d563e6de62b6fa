"""The spans of a script, and what is odd about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regbot.config import fields
from regbot.config.schedule import Every

if TYPE_CHECKING:
    from collections.abc import Iterable

    from regbot.config.findings import Report
    from regbot.config.model import Script
    from regbot.config.reading import Entry


def check_signs(entries: Iterable[Entry], report: Report) -> None:
    """Tell of spans below zero, which count as none."""
    for entry in entries:
        for field in (fields.INTERVAL, fields.JITTER):
            if (entry.get(field) or 0) < 0:
                report.warn(entry.line_of(field.key), f"{field.key}: a negative one is ignored")


def jitter_of(*entries: Entry) -> float:
    """Return the first jitter that there is, 0 if there is none."""
    found = (entry.get(fields.JITTER) for entry in entries)
    return next((jitter for jitter in found if jitter is not None and jitter >= 0), 0.0)


def check_jitter(script: Script, entry: Entry, defaults: Entry, report: Report) -> None:
    """Tell of a jitter that puts starts off beyond the next; *entry* and *defaults* are where it may come from."""
    rule = script.schedule.rule if script.schedule else None
    span = rule.seconds if isinstance(rule, Every) else script.interval
    if span is not None and script.jitter >= span:
        line = (entry if jitter_of(entry) else defaults).line_of(fields.JITTER.key)
        why = "a start that is put off beyond the next one takes its place"
        report.warn(line, f'jitter: it should be less than the time between two starts of "{script.name}"; {why}')

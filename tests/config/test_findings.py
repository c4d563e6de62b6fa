from __future__ import annotations

from regbot.config.findings import ConfigError, Finding, Report


def test_text() -> None:
    """A finding reads as FILE:LINE: message, and without a line where it is about the whole file."""
    assert str(Finding("a.yml", 3, "no")) == "a.yml:3: no"
    assert str(Finding("a.yml", 0, "no")) == "a.yml: no"


def test_error_lists_all() -> None:
    """The error's text has one line for each finding."""
    error = ConfigError([Finding("a", 1, "x"), Finding("a", 2, "y")], [Finding("a", 3, "z")])
    assert str(error) == "a:1: x\na:2: y"
    assert [finding.line for finding in error.warnings] == [3]


def test_report_order() -> None:
    """Findings are told in the order of their lines, equal ones one time."""
    report = Report("a")
    report.error(9, "late")
    report.error(2, "early")
    report.error(9, "late")
    assert [finding.message for finding in report.errors] == ["early", "late"]
    assert report.warnings == ()

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from regbot.check.script import MAX_FINDINGS, MAX_LENGTH
from tests.check.support import found

WORDS = ["do", "else", "end", "for", "function", "if", "in", "local", "nil", "not", "repeat", "return", "then", "tag"]
MARKS = ["\n", "=", "(", ")", "{", "}", "[", "]", ".", ":", ",", "..", "...", "'a'", '"', "[[", "--", "5", "_G", "x"]


@given(st.lists(st.sampled_from([*WORDS, *MARKS])).map(" ".join) | st.text())
def test_any_text(source: str) -> None:
    """Any text at all gives findings, and no error; behind it is a fault, so that there is one."""
    findings = found(f"{source}\nlog()")
    assert findings
    assert all(finding.split(" ")[1] in {"error:", "warning:"} for finding in findings)


def test_order() -> None:
    """What is found comes in the order of the lines, each thing once for a line."""
    findings = found("tag.list() tag.list()\nlog()\nnosuch()")
    assert [finding.split(":")[0] for finding in findings] == ["1 error", "2 error", "3 error"]


def test_depth() -> None:
    """A script that is nested too deeply for its names to be looked at says so."""
    nested = "(" * 5000 + "1" + ")" * 5000
    assert found(f"x = {nested}") == ["1 warning: names and calls are not checked: it is nested too deeply"]


def test_chains_are_not_depth() -> None:
    """Long sums and long chains of calls are flat."""
    assert found("local f x = 1" + " + 1" * 5000 + " f" + "()" * 5000 + "f = " + "x." * 5000 + "x") == []


def test_length() -> None:
    """A script that is very long is not looked through."""
    assert found("x = 1 " * MAX_LENGTH) == ["1 warning: names and calls are not checked: it is longer than 256 KiB"]


def test_unreadable() -> None:
    """What cannot be read says where."""
    assert found("log(1)\nx = = 2") == ["2 warning: names and calls are not checked: it cannot be read from here on"]


def test_many_findings() -> None:
    """Of very many findings the first are told."""
    findings = found("nosuch()\n" * (MAX_FINDINGS + 5))
    assert len(findings) == MAX_FINDINGS + 1
    assert findings[-1] == f"{MAX_FINDINGS + 1} warning: there is more from here on, which is not shown"

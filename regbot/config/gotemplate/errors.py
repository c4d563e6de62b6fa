"""What can be wrong with a template.  No message repeats a string of the template or a value it works on."""

from __future__ import annotations


class TemplateError(ValueError):
    """A template cannot be read or evaluated.  *line* and *column* count from 1, *reason* says why."""

    def __init__(self, line: int, column: int, reason: str) -> None:
        super().__init__(f"{line}:{column}: {reason}")
        self.line, self.column, self.reason = line, column, reason


class BadValue(ValueError):
    """A function or an operator cannot work on what it got; the evaluator adds the place."""


def located(text: str, at: int, reason: str) -> TemplateError:
    """Return the error for the character *at* of the template *text*."""
    line = text.count("\n", 0, at) + 1
    return TemplateError(line, at - (text.rfind("\n", 0, at) + 1) + 1, reason)

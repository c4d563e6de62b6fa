"""What is wrong with a configuration file, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault or doubt.  *line* counts from 1; 0 means the file as a whole.  The message never holds a secret."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}"


class ConfigError(Exception):
    """The configuration cannot be used.

    *findings* holds every fault of the file, and the error's text one line for each; *warnings* often explain a fault,
    like a key that is misspelt beside one that is missing.
    """

    def __init__(self, findings: Iterable[Finding], warnings: Iterable[Finding] = ()) -> None:
        self.findings, self.warnings = tuple(findings), tuple(warnings)
        super().__init__("\n".join(map(str, self.findings)))


class Report:
    """Gathers the findings of one file, so that a user hears of all at once; of equal ones only the first is kept."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._errors: dict[Finding, None] = {}
        self._warnings: dict[Finding, None] = {}

    def error(self, line: int, message: str) -> None:
        """Note something that makes the file unusable."""
        self._errors[Finding(self._file, line, message)] = None

    def warn(self, line: int, message: str) -> None:
        """Note something that the user should know."""
        self._warnings[Finding(self._file, line, message)] = None

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The faults in the order of their lines."""
        return tuple(sorted(self._errors, key=lambda finding: finding.line))

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The doubts in the order of their lines."""
        return tuple(sorted(self._warnings, key=lambda finding: finding.line))

"""How a run ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Verdict(Enum):
    """The ends a run can have; the value is the word in logs and reports."""

    SUCCESS = "success"
    ERROR = "error"
    """The script raised an error and did not catch it."""
    TIMEOUT = "limit: timeout"
    MEMORY = "limit: memory"
    CPU = "limit: cpu"
    OPERATIONS = "limit: operations"
    MESSAGE = "limit: messageBytes"
    CRASHED = "crashed"
    """The child ended without a last word: killed by a signal, or by its own interpreter."""
    PROTOCOL = "protocol"
    """The child broke the rules of the pipe."""
    INTERRUPTED = "interrupted"
    """We were told to stop."""
    CANCELLED = "cancelled"
    """Somebody had this one run ended."""
    DEFECT = "defect"
    """An operation met an error that nobody thought of: regbot's fault, and a bug to be reported."""
    NOT_STARTED = "not started"
    """It was not its turn any more when the work as a whole was ended."""
    UNSTARTED = "unstarted"
    """No child could be locked down: nothing of the script ran."""

    @property
    def word(self) -> str:
        """The outcome in one word, without which limit it was: `limit` for each of them."""
        return self.value.partition(":")[0]

    @property
    def limit(self) -> str:
        """The limit that was met, as the configuration calls it; "" for none."""
        return self.value.partition(": ")[2]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one run.

    *error* is one line for the log, *traceback* the script's frames for debugging, *facts* what is known of the failure
    besides (operation, code, status, registry, repository), *metrics* what the script counted, by name.
    """

    script: str
    verdict: Verdict
    error: str = ""
    traceback: str = ""
    facts: Mapping[str, str | int] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether the run counts against the exit status."""
        return self.verdict is not Verdict.SUCCESS

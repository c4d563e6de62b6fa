"""Everything that can be said of one script."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from regbot.check.calls import check_calls
from regbot.check.findings import Finding
from regbot.check.names import check_names
from regbot.check.syntax import Unreadable, parse
from regbot.check.walk import uses

if TYPE_CHECKING:
    from regbot.check.known import Known

MAX_FINDINGS: Final = 100
"""Of one script."""
MAX_LENGTH: Final = 256 * 1024
"""Characters of a script that is looked through; that takes about a second."""


def check(source: str, known: Known) -> list[Finding]:
    """Return what is found in a text that LuaJIT compiles, in the order of its lines.

    Names and calls are looked at, and nothing is run.  Any text at all gives findings, and no error.
    """
    if len(source) > MAX_LENGTH:
        return [_not_checked(1, f"it is longer than {MAX_LENGTH >> 10} KiB")]
    try:
        found = uses(parse(source))
    except Unreadable as exc:
        return [_not_checked(exc.line, "it cannot be read from here on")]
    except RecursionError:
        return [_not_checked(1, "it is nested too deeply")]
    # A likely name costs time to find, and who wrote the script chooses how many there are to be found.
    names, calls = (islice(each, MAX_FINDINGS + 1) for each in (check_names(found, known), check_calls(found, known)))
    findings = sorted({*names, *calls})
    if len(findings) <= MAX_FINDINGS:
        return findings
    more = Finding(findings[MAX_FINDINGS].line, "there is more from here on, which is not shown", certain=False)
    return [*findings[:MAX_FINDINGS], more]


def _not_checked(line: int, why: str) -> Finding:
    return Finding(line, f"names and calls are not checked: {why}", certain=False)

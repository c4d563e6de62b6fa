"""`regbot check`: what is wrong with a configuration and its scripts, with no network and nothing run."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from operator import itemgetter
from typing import TYPE_CHECKING

import trio

from regbot.check.findings import Finding
from regbot.check.texts import texts
from regbot.commands import inputs
from regbot.commands.console import counted, say
from regbot.commands.status import ExitStatus
from regbot.config.from_go import differences
from regbot.manual import reading
from regbot.plain import one_line
from regbot.supervisor.children.launcher import LauncherFailed
from regbot.supervisor.compiling import Source, faults

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator, Sequence

    from regbot.check.texts import Text
    from regbot.config.loading import Examined
    from regbot.config.model import Script
    from regbot.supervisor.compiling import Fault


def command(arguments: Namespace) -> int:
    """Print what is found, return the exit status."""
    name, found = inputs.examined(arguments)
    findings = [Finding(each.line, each.message, certain=True) for each in found.errors]
    findings += [Finding(each.line, each.message, certain=False) for each in found.warnings]
    written = list(texts(found.config, reading.read()))
    findings += _in_texts(written)
    differing = list(_from_go(found, written)) if getattr(arguments, "from_go", False) else []
    told = [(finding.line, _shown(name, finding)) for finding in findings]
    told += [(each.line, _placed(name, each.line, f"from Go: {each.message}")) for each in differing]
    certain = any(finding.certain for finding in findings)
    when = [] if certain else _starts(found.config.scripts)
    end = _counts(findings) if findings else f"{name}: no faults; {counted(len(found.config.scripts), 'script')}"
    say("\n".join([*(text for _, text in sorted(told, key=itemgetter(0))), *when, end]))
    return ExitStatus.FAILED if certain else ExitStatus.SUCCESS


def _starts(scripts: Sequence[Script]) -> Iterator[str]:
    # Where no script has a schedule, the file is for `regbot once`.
    if any(script.schedule or script.interval for script in scripts):
        from regbot.commands.starts import starts  # noqa: PLC0415 -- croniter takes 45 ms to load

        yield from starts(scripts, time.time())


def _in_texts(found: Sequence[Text]) -> Iterator[Finding]:
    compiled: Sequence[Fault | None] = [None] * len(found)
    try:
        compiled = trio.run(faults, [Source(text.content, text.memory) for text in found])
    except LauncherFailed as exc:
        yield Finding(0, f"no script can be compiled here: {exc}", certain=True)
    for text, fault in zip(found, compiled, strict=True):
        yield from text.findings(fault)


def _from_go(found: Examined, written: Sequence[Text]) -> Iterator[Finding]:
    for line, message in differences(found.tree, datetime.now(UTC)):
        yield Finding(line, message, certain=False)
    for text in written:
        yield from text.from_go()


def _shown(file: str, finding: Finding) -> str:
    return _placed(file, finding.line, f"{'error' if finding.certain else 'warning'}: {finding.message}")


def _placed(file: str, line: int, text: str) -> str:
    """Return a line of the output; the file's line is left out where it is 0."""
    return one_line(f"{file}:{line}: {text}" if line else f"{file}: {text}")


def _counts(findings: Sequence[Finding]) -> str:
    errors = sum(finding.certain for finding in findings)
    numbers = [(errors, "error"), (len(findings) - errors, "warning")]
    return ", ".join(counted(number, noun) for number, noun in numbers if number)

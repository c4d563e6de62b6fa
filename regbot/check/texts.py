"""Every Lua text of a configuration, its scripts and the modules of their folders, and what is found in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from regbot.check import from_go
from regbot.check.findings import Finding
from regbot.check.known import Known
from regbot.check.script import check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from regbot.config.model import Config
    from regbot.manual.model import Manual


class Fault(Protocol):
    """Why a text cannot be compiled."""

    @property
    def line(self) -> int:
        """The line of the text, from 1."""
        ...

    @property
    def message(self) -> str:
        """What is wrong there."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """A script, or a module.  *title* is what messages call it, *line_of* gives the file's line for one of its own."""

    title: str
    content: bytes
    memory: int
    """Bytes that it will have when it runs."""
    known: Known
    line_of: Callable[[int], int]

    def findings(self, fault: Fault | None) -> Iterator[Finding]:
        """Give what is found, by the lines of the file: *fault*, which a compiler said, or else what `check` says."""
        if fault is not None:
            yield self._placed(Finding(fault.line, fault.message, certain=True))
            return
        yield from map(self._placed, check(self.content.decode(errors="replace"), self.known))

    def from_go(self) -> Iterator[Finding]:
        """Give what works otherwise than in the Go program, by the lines of the file."""
        yield from map(self._placed, from_go.differences(self.content.decode(errors="replace"), self.known))

    def _placed(self, found: Finding) -> Finding:
        message = f"{self.title} line {found.line}: {found.message}"
        return Finding(self.line_of(found.line), message, found.certain)


def texts(config: Config, manual: Manual) -> Iterator[Text]:
    """Give the scripts of a configuration, and each module of its folders once."""
    for script in config.scripts:
        known = Known(manual, script.modules)
        yield Text(f'script "{script.name}"', script.text.encode(), script.limits.memory, known, script.line_of)
    seen = set()
    for script in (config.plain, *config.scripts):
        known = Known(manual, script.modules, is_module=True)
        for name, content in script.modules.items():
            if (name, content) not in seen:
                yield Text(f'module "{name}"', content, script.limits.memory, known, _no_line)
            seen.add((name, content))


def _no_line(_: int) -> int:
    """Return 0: what stands in another file is on no line of this one."""
    return 0

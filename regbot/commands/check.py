"""`regbot check`: what is wrong with a configuration and its scripts, with no network and nothing run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import trio

from regbot.check.known import Known
from regbot.check.script import check
from regbot.commands import inputs
from regbot.commands.console import counted, printable, say
from regbot.commands.status import ExitStatus
from regbot.manual import reading
from regbot.supervisor.compiling import Source, fault
from regbot.supervisor.launcher import LauncherFailed, open_launcher

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator, Sequence

    from regbot.config.model import Config
    from regbot.supervisor.compiling import Fault


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of what is printed; *line* is that of the file, 0 for the file as a whole."""

    line: int
    message: str
    is_error: bool = True

    def shown(self, file: str) -> str:
        place = f"{file}:{self.line}" if self.line else file
        return printable(f"{place}: {'error' if self.is_error else 'warning'}: {self.message}")


@dataclass(frozen=True, slots=True)
class _Text:
    """A text that is Lua: a script, or a module.  *line_of* gives the file's line for one of its own."""

    title: str
    source: Source
    known: Known
    line_of: Callable[[int], int]

    def line(self, number: int, message: str, *, is_error: bool = True) -> _Line:
        return _Line(self.line_of(number), f"{self.title} line {number}: {message}", is_error)


def command(arguments: Namespace) -> int:
    """Print what is found, return the exit status."""
    name, found = inputs.examined(arguments)
    lines = [_Line(each.line, each.message) for each in found.errors]
    lines += [_Line(each.line, each.message, is_error=False) for each in found.warnings]
    lines += _in_texts([*_scripts(found.config), *_modules(found.config)])
    lines.sort(key=lambda line: line.line)
    say("\n".join([*(line.shown(name) for line in lines), _closing(name, lines, found.config)]))
    return ExitStatus.FAILED if any(line.is_error for line in lines) else ExitStatus.SUCCESS


def _scripts(config: Config) -> Iterator[_Text]:
    for script in config.scripts:
        source = Source(script.text.encode(), script.memory)
        yield _Text(f'script "{script.name}"', source, Known(reading.read(), script.modules), script.line_of)


def _modules(config: Config) -> Iterator[_Text]:
    """Give each module of the folders once; there is no line of the file that it is on."""
    seen = set()
    for script in (config.plain, *config.scripts):
        known = Known(reading.read(), script.modules, is_module=True)
        for name, text in script.modules.items():
            if (name, text) not in seen:
                yield _Text(f'module "{name}"', Source(text, script.memory), known, lambda _: 0)
            seen.add((name, text))


def _in_texts(texts: Sequence[_Text]) -> Iterator[_Line]:
    compiled: Sequence[Fault | None] = ()
    try:
        compiled = trio.run(_compiled, texts) if texts else ()
    except LauncherFailed as exc:
        yield _Line(0, f"no script can be compiled here: {exc}")
        compiled = [None] * len(texts)
    for text, wrong in zip(texts, compiled, strict=True):
        if wrong:
            yield text.line(wrong.line, wrong.message)
            continue
        for each in check(text.source.text.decode(errors="replace"), text.known):
            yield text.line(each.line, each.message, is_error=each.certain)


async def _compiled(texts: Sequence[_Text]) -> list[Fault | None]:
    async with open_launcher() as launcher:
        return [await fault(launcher, text.source) for text in texts]


def _closing(name: str, lines: Sequence[_Line], config: Config) -> str:
    if not lines:
        return f"{name}: no faults; {counted(len(config.scripts), 'script')}"
    errors = sum(line.is_error for line in lines)
    numbers = [(errors, "error"), (len(lines) - errors, "warning")]
    return ", ".join(counted(number, noun) for number, noun in numbers if number)

"""`regbot completion`: the completion of the command line, for a shell to read."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

import shtab

from regbot.commands.console import say
from regbot.commands.status import ExitStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMPLETED: Final = {"FILE": shtab.FILE, "SCRIPT.lua": shtab.FILE, "DIR": shtab.DIRECTORY, "FOLDER": shtab.DIRECTORY}
"""What the help calls a value, to what is completed there."""


def command(arguments: argparse.Namespace) -> int:
    """Print what makes the shell `arguments.shell` complete the command line of `arguments.parser`."""
    for action in _actions(arguments.parser):
        if action.metavar in _COMPLETED:
            # This attribute is how shtab wants to be told.
            setattr(action, "complete", _COMPLETED[action.metavar])  # noqa: B010 -- no Action has it by itself
    say(shtab.complete(arguments.parser, arguments.shell).rstrip("\n"))
    return ExitStatus.SUCCESS


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Give every flag and argument of a parser and of its commands."""
    for action in parser._actions:  # noqa: SLF001 -- argparse has no other way to ask; shtab does the same
        yield action
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 -- likewise
            for inner in action.choices.values():
                yield from _actions(inner)

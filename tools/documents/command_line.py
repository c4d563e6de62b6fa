"""The tables of commands and of their flags."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from regbot.command_line import command_line
from tools.documents.table import table

if TYPE_CHECKING:
    from collections.abc import Iterator

_EVERYWHERE: Final = frozenset({"help"})
"""What need not be told of each command."""


def commands(_: str) -> str:
    """Return the table of all commands."""
    rows = [(f"`regbot {each.metavar or each.dest}`", each.help or "") for each in _choices()._choices_actions]  # noqa: SLF001 -- argparse keeps what it prints nowhere else
    return table(("command", "what it does"), rows)


def options(command: str) -> str:
    """Return the table of the flags of a command."""
    rows = [(_called(action), action.help or "") for action in flags(command)]
    return table(("flag", "what it means"), rows)


def flags(command: str) -> Iterator[argparse.Action]:
    """Give what a command takes, its help left out."""
    for action in _choices().choices[command]._actions:  # noqa: SLF001 -- argparse has no other way to ask
        if action.dest not in _EVERYWHERE:
            yield action


def names() -> list[str]:
    """Return the names of all commands."""
    return list(_choices().choices)


def _choices() -> argparse._SubParsersAction[argparse.ArgumentParser]:
    (found,) = (each for each in command_line()._actions if isinstance(each, argparse._SubParsersAction))  # noqa: SLF001 -- likewise
    return found


def _called(action: argparse.Action) -> str:
    """Return how a flag is written, all its names, with its value."""
    value = "" if action.nargs == 0 else f" {action.metavar or '|'.join(action.choices or ())}"
    if not action.option_strings:
        return f"`{value.strip()}`"
    return ", ".join(f"`{name}{value}`" for name in action.option_strings)

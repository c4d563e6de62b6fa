"""The way in: reads the command line, runs its command, looks after the streams.

The module of a command (regbot/commands/) is imported when it is chosen: `regbot version` loads neither trio nor YAML.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from regbot.command_line import COMMANDS, Command, command_line
from regbot.commands.status import ExitStatus, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence


def main() -> NoReturn:
    """Run the command line and exit with its status."""
    _open_streams()
    try:
        status = run(sys.argv[1:])
    except KeyboardInterrupt:
        # Before or after the time in which signals are heeded: there was nothing to cut off.
        status = ExitStatus.SIGNAL + signal.SIGINT
    except BrokenPipeError:
        # Whoever read our output has seen enough: `regbot schema | head`.
        status = ExitStatus.SIGNAL + signal.SIGPIPE
    _close_streams()
    sys.exit(status)


def _close_streams() -> None:
    """Write what is left, or give it up, so that Python does not try once more and change the status."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _open_streams() -> None:
    """Open on nothing what a caller closed of the standard streams, as daemons do: no socket may come there."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(opened, mode))
            assert opened == number, "the lowest descriptor that is free is given out first"


def run(argv: Sequence[str], *, system: str = sys.platform) -> int:
    """Run one command line, return the exit status; *system* is what Python calls the one that this is."""
    parser = command_line()
    # `completion` tells a shell of the whole command line.
    given = argparse.Namespace(parser=parser)
    arguments, unknown = parser.parse_known_args([_explicit(word) for word in argv], given)
    if unknown:
        print(f"regbot: {_unknown(arguments.command, unknown[0])}", file=sys.stderr)
        return ExitStatus.USAGE
    if arguments.command is None:
        parser.print_help()
        return ExitStatus.SUCCESS
    if system != "linux" and _chosen(arguments.command).needs_linux:
        why = f"scripts are locked down by the kernel of Linux, and this is {system}; nothing was run"
        print(f"regbot: {arguments.command} works on Linux only: {why}", file=sys.stderr)
        return ExitStatus.USAGE
    try:
        module = import_module(f"regbot.commands.{arguments.command.replace('-', '_')}")
        status: int = module.command(arguments)
    except UsageError as exc:
        print(f"regbot: {exc}", file=sys.stderr)
        return ExitStatus.USAGE
    return status


def _explicit(word: str) -> str:
    # A flag that takes a value only after "=" would swallow the word behind it otherwise.
    return "--dry-run=true" if word == "--dry-run" else word


def _unknown(command: str | None, word: str) -> str:
    """Return what to say of a word that nothing takes."""
    called = f"regbot {command} --help" if command else "regbot --help"
    if word.startswith("-"):
        return f"there is no option {word.partition('=')[0]} here; {called} lists those that there are"
    named = "a configuration is named with -c FILE; " if command and _chosen(command).takes_config else ""
    return f'"{word}" does not belong here; {named}{called} says more'


def _chosen(name: str) -> Command:
    return next(each for each in COMMANDS if each.name == name)

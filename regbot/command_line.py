"""The command line: its commands and their flags.

Nothing here loads a command: `regbot version` loads neither trio nor YAML.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable


_LEVELS: Final = "trace, debug, info (default), warn or error; DEBUG+2 lies in between"


def _boolean(text: str) -> bool:
    if text.lower() in {"1", "t", "true"}:
        return True
    if text.lower() in {"0", "f", "false"}:
        return False
    raise argparse.ArgumentTypeError(f'"{text}" is neither true nor false')


def command_line() -> argparse.ArgumentParser:
    """Return what reads a command line: every command with its flags."""
    # Flags may stand before the command or behind it: both parsers know them, and no default hides what was given.
    parser = argparse.ArgumentParser(
        prog="regbot",
        description="Run Lua scripts that list, inspect, copy, retag and prune images in container registries.",
        epilog="Exit status: 0 success, 1 a script failed or is wrong, 2 nothing was run, 128 + signal if interrupted.",
        parents=[_flags(_add_log, _add_config, _add_run, _add_choice, _add_version)],
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for command in COMMANDS:
        flags = _flags(*command.flags)
        commands.add_parser(
            command.name, help=command.does, description=command.does, parents=[flags], allow_abbrev=False
        )
    return parser


def _flags(*groups: Callable[[argparse.ArgumentParser], None]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS, allow_abbrev=False)
    for add in groups:
        add(parser)
    return parser


def _add_log(parser: argparse.ArgumentParser) -> None:
    _add_verbosity(parser)
    parser.add_argument("--logopt", action="append", metavar="OPTION", help="json: log JSON instead of logfmt")


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-c", "--config", metavar="FILE", help="the configuration; - is standard input")


def _add_run(parser: argparse.ArgumentParser) -> None:
    dry = "change nothing: log and list what would be written (--dry-run alone means true)"
    parser.add_argument("--dry-run", type=_boolean, metavar="BOOL", help=dry)
    _add_files(parser)


def _add_files(parser: argparse.ArgumentParser) -> None:
    where = "where tar files and ocidir:// paths of scripts lie (default: the current folder)"
    parser.add_argument("--files", metavar="DIR", help=where)


def _add_report(parser: argparse.ArgumentParser) -> None:
    what = "write what came of each script to FILE, as JSON (regbot schema report); - is standard output"
    parser.add_argument("--report", metavar="FILE", help=what)
    parser.add_argument("--fail-fast", action="store_true", help="start no further script after one that failed")


def _add_life(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--watch", action="store_true", help="read the configuration anew whenever it changes")
    grace = "how long running scripts have to end after SIGTERM (default: 5s)"
    parser.add_argument("--grace", metavar="TIME", help=grace)


def _add_state(parser: argparse.ArgumentParser) -> None:
    where = "keep the history of runs in this folder (default: in memory)"
    parser.add_argument("--state", metavar="DIR", help=where)
    parser.add_argument("--history-days", metavar="DAYS", help="days that a run is kept (default: 30)")
    parser.add_argument("--history-runs", metavar="NUMBER", help="runs that are kept (default: 100000)")


def _add_http(parser: argparse.ArgumentParser) -> None:
    where = "serve page, API, metrics and probes at HOST:PORT, or at the Unix socket unix:PATH (default: nowhere)"
    parser.add_argument("--listen", metavar="ADDRESS", help=where)
    who = "file with the bearer token that readers and actors need; a must unless ADDRESS is loopback or a socket"
    parser.add_argument("--token-file", metavar="FILE", help=who)


def _add_probe(parser: argparse.ArgumentParser) -> None:
    where = "where the server listens: HOST:PORT or unix:PATH"
    parser.add_argument("listen", metavar="ADDRESS", help=where)


def _add_from_go(parser: argparse.ArgumentParser) -> None:
    what = "say also what in this file works otherwise than in the Go program of the same name"
    parser.add_argument("--from-go", action="store_true", help=what)


def _add_schema(parser: argparse.ArgumentParser) -> None:
    which = "config (default): the configuration file; report: what once --report writes; api: OpenAPI of the server"
    parser.add_argument("which", nargs="?", choices=("config", "report", "api"), default="config", help=which)


def _add_shell(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=("bash", "zsh", "tcsh"), help="the shell that the completion is for")


def _add_choice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--script", action="append", metavar="NAME", help="run only this script; may be repeated")


def _add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="SCRIPT.lua", help="the script; - is standard input")


def _add_folder(parser: argparse.ArgumentParser) -> None:
    where = "write a file a module there, so that the editor knows what require gives"
    parser.add_argument("folder", nargs="?", default=None, metavar="FOLDER", help=where)


def _add_verbosity(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-v", "--verbosity", metavar="LEVEL", help=_LEVELS)


def _add_write(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--write", action="store_true", help="write to registries; without it nothing is")


def _add_version(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", metavar="TEMPLATE", help="print the version by a Go template such as {{.VCSTag}}")


@dataclass(frozen=True, slots=True)
class Command:
    """One command: the words that choose it and say what it does, and the functions that add its flags."""

    name: str
    does: str
    flags: tuple[Callable[[argparse.ArgumentParser], None], ...]
    needs_linux: bool = False
    """Whether it has scripts run, in children that only Linux can lock down."""

    @property
    def takes_config(self) -> bool:
        """Whether it reads a configuration."""
        return _add_config in self.flags


COMMANDS: Final = (
    Command(
        "once",
        "run every script of the configuration a single time",
        (_add_log, _add_config, _add_run, _add_choice, _add_report),
        needs_linux=True,
    ),
    Command(
        "server",
        "run the scripts of the configuration on their schedules, until told to stop",
        (_add_log, _add_config, _add_run, _add_life, _add_state, _add_http),
        needs_linux=True,
    ),
    Command(
        "run",
        "run one script; with -c, with the credentials and defaults of the configuration",
        (_add_file, _add_log, _add_config, _add_run),
        needs_linux=True,
    ),
    Command(
        "check",
        "say what is wrong with the configuration and its scripts; runs nothing, asks no registry",
        (_add_log, _add_config, _add_from_go),
    ),
    Command(
        "shell",
        "run Lua line by line, as at a prompt; a dry run unless --write is given",
        (_add_verbosity, _add_config, _add_files, _add_write),
        needs_linux=True,
    ),
    Command(
        "doctor",
        "say which walls of the sandbox hold here; with -c, what the configured registries are like as well",
        (_add_log, _add_config),
        needs_linux=True,
    ),
    Command("lua-api", "print the functions and objects that scripts have, for editors", (_add_folder, _add_log)),
    Command("schema", "print the JSON Schema of a file, for editors and programs", (_add_schema, _add_log)),
    Command("health", "ask a server whether it is alive; for probes of containers", (_add_probe, _add_log)),
    Command("completion", "print the completion of this command line for a shell", (_add_shell, _add_log)),
    Command("version", "print the version", (_add_log, _add_version)),
)

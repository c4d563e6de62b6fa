"""The command line: parses and prints, decides nothing.

Every command imports what it needs when it is chosen: `regbot version` loads neither trio nor YAML.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loguru import Logger

    from regbot.config.model import Config
    from regbot.supervisor import logs
    from regbot.supervisor.once import Report


class ExitStatus(IntEnum):
    """What the caller of `regbot` learns from its end; ended by a signal it is 128 and the signal's number."""

    SUCCESS = 0
    SCRIPT_FAILED = 1
    USAGE = 2
    SIGNAL = 128


class UsageError(Exception):
    """The command line or the configuration asks for what cannot be; the message says what and what to do."""


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


def run(argv: Sequence[str]) -> int:
    """Run one command line, return the exit status."""
    parser = _parser()
    arguments = parser.parse_args([_explicit(word) for word in argv])
    if arguments.command is None:
        parser.print_help()
        return ExitStatus.SUCCESS
    try:
        return _COMMANDS[arguments.command](arguments)
    except UsageError as exc:
        print(f"regbot: {exc}", file=sys.stderr)
        return ExitStatus.USAGE


def _explicit(word: str) -> str:
    # A flag that takes a value only after "=" would swallow the word behind it otherwise.
    return "--dry-run=true" if word == "--dry-run" else word


def _boolean(text: str) -> bool:
    if text.lower() in {"1", "t", "true"}:
        return True
    if text.lower() in {"0", "f", "false"}:
        return False
    raise argparse.ArgumentTypeError(f'"{text}" is neither true nor false')


def _parser() -> argparse.ArgumentParser:
    # Flags may stand before the command or behind it: both parsers know them, and no default hides what was given.
    parser = argparse.ArgumentParser(
        prog="regbot",
        description="Run Lua scripts that list, inspect, copy, retag and prune images in container registries.",
        epilog="Exit status: 0 success, 1 a script failed, 2 nothing was run, 128 + signal if interrupted.",
        parents=[_flags(_add_log, _add_run, _add_version)],
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, (text, *groups) in _HELP.items():
        commands.add_parser(name, help=text, description=text, parents=[_flags(*groups)], allow_abbrev=False)
    return parser


def _flags(*groups: Callable[[argparse.ArgumentParser], None]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS, allow_abbrev=False)
    for add in groups:
        add(parser)
    return parser


def _add_log(parser: argparse.ArgumentParser) -> None:
    levels = "trace, debug, info (default), warn or error; DEBUG+2 lies in between"
    parser.add_argument("-v", "--verbosity", metavar="LEVEL", help=levels)
    parser.add_argument("--logopt", action="append", metavar="OPTION", help="json: log JSON instead of logfmt")


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-c", "--config", metavar="FILE", help="the configuration; - is standard input")
    dry = "change nothing: log and list what would be written (--dry-run alone means true)"
    parser.add_argument("--dry-run", type=_boolean, metavar="BOOL", help=dry)
    where = "where ocidir:// paths of scripts lie (default: the current folder)"
    parser.add_argument("--files", metavar="DIR", help=where)
    parser.add_argument("--script", action="append", metavar="NAME", help="run only this script; may be repeated")


def _add_version(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", metavar="TEMPLATE", help="print the version by a Go template such as {{.VCSTag}}")


def _once(arguments: argparse.Namespace) -> int:
    import trio

    from regbot.supervisor import service

    log, written = _log(arguments)
    config = _configuration(arguments, log)
    options = service.Options(
        dry_run=getattr(arguments, "dry_run", False),
        files=getattr(arguments, "files", "."),
        only=tuple(getattr(arguments, "script", ())),
    )
    try:
        report = trio.run(service.once, config, options, log)
    except service.CannotRun as exc:
        raise UsageError(str(exc)) from exc
    _print_changes(report, dry_run=options.dry_run)
    if report.stopped_by is not None:
        return ExitStatus.SIGNAL + report.stopped_by
    # Work that nobody can read of is not done well.
    return ExitStatus.SCRIPT_FAILED if report.failed or written.lost else ExitStatus.SUCCESS


def _schema(_: argparse.Namespace) -> int:
    import json

    from regbot.config.schema import json_schema

    _print(json.dumps(json_schema(), indent=2))
    return ExitStatus.SUCCESS


def _version(arguments: argparse.Namespace) -> int:
    from regbot.version import facts

    found = facts()
    template = getattr(arguments, "format", None)
    if template is None:
        width = max(map(len, found)) + 1
        _print("\n".join(f"{name + ':':<{width}} {value}" for name, value in found.items()))
        return ExitStatus.SUCCESS
    from regbot.config.files import read_text
    from regbot.config.templates import TemplateError, render

    try:
        _print(render(template, environ=os.environ, read_file=read_text, data=found))
    except TemplateError as exc:
        raise UsageError(f"--format: {exc}") from exc
    return ExitStatus.SUCCESS


_COMMANDS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "once": _once,
    "schema": _schema,
    "version": _version,
}
_HELP: Final[dict[str, tuple[str, *tuple[Callable[[argparse.ArgumentParser], None], ...]]]] = {
    "once": ("run every script of the configuration a single time", _add_log, _add_run),
    "schema": ("print the JSON Schema of the configuration file, for editors", _add_log),
    "version": ("print the version", _add_log, _add_version),
}


def _log(arguments: argparse.Namespace) -> tuple[Logger, logs.Writer]:
    from regbot.supervisor import logs

    try:
        level = logs.level_number(getattr(arguments, "verbosity", "info"))
    except ValueError as exc:
        raise UsageError(str(exc)) from exc
    writer = logs.Writer(level, as_json="json" in getattr(arguments, "logopt", ()))
    return logs.open_log(writer), writer


def _configuration(arguments: argparse.Namespace, log: Logger) -> Config:
    from regbot.config.findings import ConfigError
    from regbot.config.loading import load

    path = getattr(arguments, "config", None)
    if not path:
        raise UsageError("which configuration? Name it with -c FILE, or -c - for standard input")
    name = "standard input" if path == "-" else path
    try:
        loaded = load(_read(path), name, environ=os.environ)
    except ConfigError as exc:
        for finding in exc.warnings:
            log.warning(str(finding))
        for finding in exc.findings:
            log.error(str(finding))  # noqa: TRY400 -- the trace would be ours, the fault is in the file
        raise UsageError(f"{name} cannot be used: {_count(len(exc.findings), 'fault')}, nothing was run") from exc
    for finding in loaded.warnings:
        log.warning(str(finding))
    if not loaded.config.scripts:
        log.info(f"{name}: there are no scripts, nothing is to be done")  # noqa: G004 -- loguru's, not logging's
    return loaded.config


def _read(path: str) -> bytes:
    from regbot.config.document import MAX_BYTES

    try:
        if path == "-":
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with Path(path).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as exc:
        raise UsageError(f"cannot read the configuration {path}: {exc.strerror}") from exc


def _print_changes(report: Report, *, dry_run: bool) -> None:
    if not dry_run:
        return
    lines = [f"Dry run: {_count(report.changes_in_all, 'write')} not made."]
    # What tags point at comes before the bytes that they take.
    for change in sorted(report.changes, key=lambda change: change.what == "put blob"):
        size = f"  {change.size} bytes" if change.size > 0 else ""
        lines.append(f"  {change.what:<16} {change.target}  {change.digest}{size}")
    if report.changes_in_all > len(report.changes):
        lines.append(f"  and {report.changes_in_all - len(report.changes)} more: the log has them all")
    _print("\n".join(lines))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _print(text: str) -> None:
    """Write to standard output; what cannot be written there is told, and is no success."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        raise
    except OSError as exc:
        raise UsageError(f"cannot write to standard output: {exc.strerror}") from exc

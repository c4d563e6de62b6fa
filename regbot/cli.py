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
    try:
        status = run(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        # Before or after the time in which signals are heeded: there was nothing to cut off.
        status = ExitStatus.SIGNAL + signal.SIGINT
    except BrokenPipeError:
        # Whoever read our output has seen enough (`regbot schema | head`), and Python must not try once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = ExitStatus.SIGNAL + signal.SIGPIPE
    sys.exit(status)


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
    shared = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS, allow_abbrev=False)
    shared.add_argument(
        "-v",
        "--verbosity",
        metavar="LEVEL",
        help="trace, debug, info (default), warn or error; DEBUG+2 lies in between",
    )
    shared.add_argument("--logopt", action="append", metavar="OPTION", help="json: log JSON instead of logfmt")
    shared.add_argument("-c", "--config", metavar="FILE", help="the configuration; - is standard input")
    shared.add_argument(
        "--dry-run",
        type=_boolean,
        metavar="BOOL",
        help="change nothing: log and list what would be written (true if given alone)",
    )
    shared.add_argument(
        "--files", metavar="DIR", help="where ocidir:// paths of scripts lie (default: the current folder)"
    )
    shared.add_argument("--script", action="append", metavar="NAME", help="run only this script; may be repeated")
    shared.add_argument("--format", metavar="TEMPLATE", help="print the version by a Go template such as {{.VCSTag}}")
    parser = argparse.ArgumentParser(
        prog="regbot",
        description="Run Lua scripts that list, inspect, copy, retag and prune images in container registries.",
        parents=[shared],
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, text in _HELP.items():
        commands.add_parser(name, help=text, description=text, parents=[shared], allow_abbrev=False)
    return parser


def _once(arguments: argparse.Namespace) -> int:
    import trio

    from regbot.supervisor import service

    log = _log(arguments)
    config = _configuration(arguments, log)
    options = service.Options(
        dry_run=getattr(arguments, "dry_run", False),
        files=getattr(arguments, "files", "."),
        only=tuple(getattr(arguments, "script", ())),
    )
    try:
        report = trio.run(service.once, config, options, log)
    except service.OptionError as exc:
        raise UsageError(str(exc)) from exc
    _print_changes(report, dry_run=options.dry_run)
    if report.stopped_by is not None:
        return ExitStatus.SIGNAL + report.stopped_by
    return ExitStatus.SCRIPT_FAILED if report.failed else ExitStatus.SUCCESS


def _schema(_: argparse.Namespace) -> int:
    import json

    from regbot.config.schema import json_schema

    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    return ExitStatus.SUCCESS


def _version(arguments: argparse.Namespace) -> int:
    from regbot.version import facts

    found = facts()
    template = getattr(arguments, "format", None)
    if template is None:
        width = max(map(len, found)) + 1
        print("\n".join(f"{name + ':':<{width}} {value}" for name, value in found.items()))
        return ExitStatus.SUCCESS
    from regbot.config.files import read_text
    from regbot.config.templates import TemplateError, render

    try:
        print(render(template, environ=os.environ, read_file=read_text, data=found))
    except TemplateError as exc:
        raise UsageError(f"--format: {exc}") from exc
    return ExitStatus.SUCCESS


_COMMANDS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "once": _once,
    "schema": _schema,
    "version": _version,
}
_HELP: Final = {
    "once": "run every script of the configuration a single time",
    "schema": "print the JSON Schema of the configuration file, for editors",
    "version": "print the version",
}


def _log(arguments: argparse.Namespace) -> Logger:
    from regbot.supervisor import logs

    try:
        level = logs.level_number(getattr(arguments, "verbosity", "info"))
    except ValueError as exc:
        raise UsageError(str(exc)) from exc
    return logs.open_log(level, as_json="json" in getattr(arguments, "logopt", ()))


def _configuration(arguments: argparse.Namespace, log: Logger) -> Config:
    from regbot.config.findings import ConfigError
    from regbot.config.loading import load

    path = getattr(arguments, "config", None)
    if not path:
        raise UsageError("which configuration? Name it with -c FILE, or -c - for standard input")
    try:
        loaded = load(_read(path), "standard input" if path == "-" else path, environ=os.environ)
    except ConfigError as exc:
        for finding in exc.warnings:
            log.warning(str(finding))
        for finding in exc.findings:
            log.error(str(finding))  # noqa: TRY400 -- the trace would be ours, the fault is in the file
        raise UsageError(f"{path} cannot be used: {len(exc.findings)} fault(s), nothing was run") from exc
    for finding in loaded.warnings:
        log.warning(str(finding))
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
    print(f"Dry run: {len(report.changes)} writes were not made.")
    for change in report.changes:
        print(f"  {change.what:<16} {change.target}  {change.digest}")

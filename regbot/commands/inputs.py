"""What commands are given: the log's level and form, the configuration, files."""

from __future__ import annotations

import os
import sys
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from regbot.commands.console import counted
from regbot.commands.status import UsageError
from regbot.config.document import MAX_BYTES
from regbot.config.findings import ConfigError
from regbot.config.loading import examine, load
from regbot.supervisor import logs
from regbot.supervisor.operations.module_folders import ModuleFolders

if TYPE_CHECKING:
    from argparse import Namespace
    from typing import TextIO

    from loguru import Logger

    from regbot.config.loading import Examined
    from regbot.config.model import Config


def open_log(arguments: Namespace, stream: TextIO | None = None) -> tuple[Logger, logs.Writer]:
    """Return the log that the command line asks for, and what writes it: to *stream*, by default standard error."""
    writer = logs.Writer(log_level(arguments), as_json=logs_json(arguments), stream=stream)
    return logs.open_log(writer), writer


def logs_json(arguments: Namespace) -> bool:
    """Say whether the log is for programs."""
    return "json" in getattr(arguments, "logopt", ())


def log_level(arguments: Namespace) -> int:
    """Return the least level of what is logged."""
    try:
        return logs.level_number(getattr(arguments, "verbosity", "info"))
    except ValueError as exc:
        raise UsageError(str(exc)) from exc


def configuration(arguments: Namespace, log: Logger, read_folder: ModuleFolders | None = None) -> Config:
    """Return the configuration that -c names; what is wrong with it goes to the log, one record a finding.

    *read_folder* reads its folders of modules, where somebody wants to know them.
    """
    name, content, folders = _configuration_file(arguments)
    folders = read_folder or folders
    try:
        loaded = load(content, name, environ=os.environ, read_folder=folders)
    except ConfigError as exc:
        for finding in exc.warnings:
            log.warning(str(finding))
        for finding in exc.findings:
            log.error(str(finding))  # noqa: TRY400 -- the trace would be ours, the fault is in the file
        raise UsageError(f"{name} cannot be used: {counted(len(exc.findings), 'fault')}, nothing was run") from exc
    for finding in loaded.warnings:
        log.warning(str(finding))
    return loaded.config


def optional_configuration(arguments: Namespace, log: Logger) -> Config:
    """Return the configuration that -c names, or else an empty one."""
    if getattr(arguments, "config", None) is None:
        return load(b"", "", environ={}).config
    return configuration(arguments, log)


def examined(arguments: Namespace) -> tuple[str, Examined]:
    """Return what findings call the file that -c names, and all that can be said of it."""
    name, content, folders = _configuration_file(arguments)
    return name, examine(content, name, environ=os.environ, read_folder=folders)


def _configuration_file(arguments: Namespace) -> tuple[str, bytes, ModuleFolders]:
    path = getattr(arguments, "config", None)
    if not path:
        raise UsageError("which configuration? Name it with -c FILE, or -c - for standard input")
    if PurePath(path).suffix == ".lua":
        raise UsageError(f"{path} looks like a script, and no configuration: regbot run {path} runs it")
    folder = "." if path == "-" else str(Path(path).parent)
    return name_of(path), read(path, "the configuration", MAX_BYTES), ModuleFolders(folder)


def name_of(path: str) -> str:
    """Return what messages call a file that the command line names."""
    return "standard input" if path == "-" else path


def read(path: str, what: str, limit: int) -> bytes:
    """Return the first *limit* bytes of a file (-: standard input) and one more, if there is; *what* is for errors."""
    try:
        if path == "-":
            return sys.stdin.buffer.read(limit + 1)
        with Path(path).open("rb") as file:
            return file.read(limit + 1)
    except OSError as exc:
        raise UsageError(f"cannot read {what} {path}: {exc.strerror}") from exc

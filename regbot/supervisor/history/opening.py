"""A connection to a history's file, which is made, and known to be one of ours."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Final

from regbot.supervisor.history.schema import APPLICATION, TABLES, VERSION, decoded
from regbot.supervisor.history.unusable import HistoryUnusable

if TYPE_CHECKING:
    from regbot.supervisor.history.folder import Folder

_PATIENCE: Final = 2.0
"""Seconds that another program may have the file locked, such as a backup."""
_SETTINGS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    # The WAL is cut back to this once it was larger, as after a flood.
    f"PRAGMA journal_size_limit = {16 << 20}",
)


def connect(folder: Folder | None) -> sqlite3.Connection:
    """Open the file in *folder*, or a database in memory; HistoryUnusable if it is not ours, sqlite3.Error."""
    connection = sqlite3.connect(
        f"{Path(folder.database).absolute().as_uri()}?mode=rw" if folder else ":memory:",
        uri=folder is not None,
        timeout=_PATIENCE,
        isolation_level=None,
        # One thread at a time has it, but not always the same.
        check_same_thread=False,
    )
    try:
        connection.text_factory = decoded
        _prepare(connection, folder.database if folder else "")
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, file: str) -> None:
    empty = not _number(connection, "SELECT count(*) FROM sqlite_master")
    application, version = (_number(connection, f"PRAGMA {name}") for name in ("application_id", "user_version"))
    fresh = empty and not application and not version
    if not fresh:
        _recognize(application, version, file)
    else:
        # Before anything is written, or never: only then can pages be given back without writing the whole file anew.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    for words in _SETTINGS:
        connection.execute(words).fetchall()
    if fresh:
        _create(connection)


def _recognize(application: int, version: int, file: str) -> None:
    if application != APPLICATION or version < 1:
        raise HistoryUnusable(f"{file} is no history of regbot; name another folder (--state), or move the file away")
    if version > VERSION:
        raise HistoryUnusable(
            f"{file} is of version {version}, and this regbot knows versions up to {VERSION}: "
            "run the newer regbot that wrote it, or name another folder (--state)"
        )


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for words in (*TABLES, f"PRAGMA application_id = {APPLICATION}", f"PRAGMA user_version = {VERSION}"):
        connection.execute(words)
    connection.execute("COMMIT")


def _number(connection: sqlite3.Connection, words: str) -> int:
    return int(connection.execute(words).fetchone()[0])

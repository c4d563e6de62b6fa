"""The closing table: a line a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich import box
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from regbot.commands.console import counted
from regbot.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from regbot.supervisor.report import Account, Report

MAX_ROWS: Final = 200
"""Scripts that are shown; of more than that those that failed come first."""
_NUMBERS: Final = ("Time", "Operations", "Requests", "Changes", "Bytes")


def show(console: Console, report: Report) -> None:
    """Print what came of all scripts."""
    accounts = sorted(report.accounts, key=lambda account: account.script.line)
    if not accounts:
        return
    shown = accounts
    if len(accounts) > MAX_ROWS:
        shown = sorted(accounts, key=lambda account: not account.outcome.failed)[:MAX_ROWS]
    console.print(_table(shown))
    if len(accounts) > len(shown):
        console.print(f"and {counted(len(accounts) - len(shown), 'script')} more")


def _table(accounts: Sequence[Account]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("Script", overflow="fold")
    table.add_column("Outcome", overflow="fold")
    for name in _NUMBERS:
        table.add_column(name, justify="right", no_wrap=True)
    for account in accounts:
        table.add_row(*_cells(account))
    return table


def _cells(account: Account) -> Sequence[Text]:
    outcome, trail = account.outcome, account.trail
    numbers = (trail.operations, trail.requests, trail.changes_in_all)
    # Text is shown as it is, also where it looks like markup.
    return [
        Text(one_line(account.script.name)),
        Text(outcome.verdict.value, style="red" if outcome.failed else "green"),
        Text(_time(account)),
        *(Text(str(number)) for number in numbers),
        Text(decimal(trail.received + trail.sent)),
    ]


def _time(account: Account) -> str:
    if account.started is None or account.ended is None:
        return ""
    return f"{(account.ended - account.started).total_seconds():.1f} s"

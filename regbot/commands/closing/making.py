"""From what came of scripts to the form of `--report`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from regbot.commands.closing import form
from regbot.supervisor.audit.words import spelled
from regbot.supervisor.server.edition import text_hash
from regbot.version import VERSION

if TYPE_CHECKING:
    from regbot.supervisor.audit.change import Change
    from regbot.supervisor.report import Account, Report


def encoded(report: Report, *, config: str, dry_run: bool, status: int) -> bytes:
    """Return a report as JSON."""
    accounts = sorted(report.accounts, key=lambda account: account.script.line)
    made = form.Report(
        version=1,
        regbot=VERSION,
        config=spelled(config),
        dry_run=dry_run,
        started=report.started,
        ended=max((each.ended for each in accounts if each.ended), default=datetime.now(UTC)),
        exit_status=status,
        stopped_by=report.stopped_by.name if report.stopped_by else "",
        scripts=[_script(account) for account in accounts],
    )
    return msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n"


def _script(account: Account) -> form.Script:
    outcome, trail = account.outcome, account.trail
    return form.Script(
        name=spelled(account.script.name),
        hash=text_hash(account.script),
        outcome=outcome.verdict.word,
        limit=outcome.verdict.limit,
        error=spelled(outcome.error),
        started=account.started,
        ended=account.ended,
        operations=trail.operations,
        requests=trail.requests,
        received=trail.received,
        sent=trail.sent,
        waited=round(trail.waited, 3),
        deletes=trail.deletes,
        changes=[_change(change) for change in trail.changes],
        changes_in_all=trail.changes_in_all,
        metrics=dict(outcome.metrics),
    )


def _change(change: Change) -> form.Change:
    before, after = (change.digest, "") if change.deletes else (change.before, change.digest)
    return form.Change(what=change.what, target=change.target, before=before, after=after, size=max(change.size, 0))

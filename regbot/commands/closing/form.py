"""The form of `--report`, and its JSON Schema.  Fields may be added to it; what changes is a version of its own."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec

from regbot.supervisor.runs.outcome import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIZE: Final = msgspec.Meta(ge=0)
_OUTCOMES: Final = list(dict.fromkeys(verdict.word for verdict in Verdict))
_SCHEMA: Final = "https://json-schema.org/draft/2020-12/schema"

Count = Annotated[int, _SIZE]
Time = Annotated[datetime, msgspec.Meta(tz=True)]


def _says(text: str, **more: Any) -> msgspec.Meta:  # noqa: ANN401 -- parts of a JSON Schema
    return msgspec.Meta(description=text, extra_json_schema=more or None)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A write that was made, or in a dry run was not."""

    what: Annotated[str, _says("What it was.", enum=["put manifest", "put blob", "delete tag", "delete manifest"])]
    target: Annotated[str, _says("The reference that was written to; of a blob its repository.")]
    before: Annotated[str, _says('The digest that the tag pointed at, or that was deleted; "": none, or not known.')]
    after: Annotated[str, _says('The digest of what was put; "" of a deletion.')]
    size: Annotated[Count, _says("Bytes of what was put; 0 of a deletion.")]


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one script."""

    name: Annotated[str, _says("As the configuration has it; several scripts may have the same.")]
    hash: Annotated[str, _says("The digest of its text.", pattern="^sha256:[0-9a-f]{64}$")]
    outcome: Annotated[str, _says("How it ended; whatever is not `success` is a failure.", enum=_OUTCOMES)]
    limit: Annotated[str, _says('With `limit`: which, as the configuration calls it, such as `timeout`; else "".')]
    error: Annotated[str, _says('Why it failed, on one line with script and line; "" of a success.')]
    started: Annotated[Time | None, _says("When it was started; null if it was not.")]
    ended: Annotated[Time | None, _says("When it ended; null if it was not started.")]
    operations: Annotated[Count, _says("Operations that it called for, failed ones included.")]
    requests: Annotated[Count, _says("HTTP requests sent for it, retries, redirects and token servers included.")]
    received: Annotated[Count, _says("Bytes of bodies that came with the answers.")]
    sent: Annotated[Count, _says("Bytes of bodies that were sent.")]
    waited: Annotated[float, _says("Seconds of waiting for slots, reqPerSec, retries and rate limits, summed up.")]
    deletes: Annotated[Count, _says("How many of the changes are deletions.")]
    changes: Annotated[list[Change], _says("The first of them: 10,000 of a script, 100,000 of all.")]
    changes_in_all: Annotated[Count, _says("How many there were.")]
    metrics: Annotated[dict[str, int | float], _says("What it counted by metric.add.")]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What `regbot once --report` writes."""

    version: Annotated[Literal[1], _says("The version of this form.")]
    regbot: Annotated[str, _says("The version of regbot.")]
    config: Annotated[str, _says("The configuration, as -c names it.")]
    dry_run: Annotated[bool, _says("Whether nothing was written: changes are those that were not made.")]
    started: Annotated[Time, _says("When the first script could start.")]
    ended: Annotated[Time, _says("When the last one had ended.")]
    exit_status: Annotated[Count, _says("0 success, 1 a script failed, 128 + number of the signal that ended it.")]
    stopped_by: Annotated[str, _says('The signal that ended it, such as `SIGTERM`; "": none.')]
    scripts: Annotated[list[Script], _says("In the order of the configuration.")]


def schema() -> Mapping[str, Any]:
    """Return the JSON Schema of the form."""
    return {"$schema": _SCHEMA, "title": "Report of regbot once", **msgspec.json.schema(Report)}

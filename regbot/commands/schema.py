"""`regbot schema`: the JSON Schema of the configuration file, of reports, and what describes the server's API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from regbot.commands.console import say
from regbot.commands.status import ExitStatus

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping


def command(arguments: Namespace) -> int:
    """Print the schema, return the exit status."""
    say(json.dumps(_schema(getattr(arguments, "which", "config")), indent=2))
    return ExitStatus.SUCCESS


def _schema(which: str) -> Mapping[str, Any]:
    # Each takes a while to load, and only one is wanted.
    match which:
        case "report":
            from regbot.commands.closing import form  # noqa: PLC0415

            return form.schema()
        case "api":
            from regbot.web import openapi  # noqa: PLC0415

            return openapi.document()
    from regbot.config.schema import json_schema  # noqa: PLC0415

    return json_schema()

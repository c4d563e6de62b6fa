"""`regbot schema`: the JSON Schema of the configuration file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from regbot.commands.console import say
from regbot.commands.status import ExitStatus
from regbot.config.schema import json_schema

if TYPE_CHECKING:
    from argparse import Namespace


def command(_: Namespace) -> int:
    """Print the schema, return the exit status."""
    say(json.dumps(json_schema(), indent=2))
    return ExitStatus.SUCCESS

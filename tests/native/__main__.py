"""`python -m tests.native once -c FILE`: `regbot once` with children that give scripts native code."""

from __future__ import annotations

import argparse
import sys

import trio

from regbot.commands import inputs
from regbot.commands.status import ExitStatus
from regbot.supervisor import service
from tests.native import ENTRY


def main() -> int:
    """Run the command, return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.native")
    parser.add_argument("command", choices=["once"])
    parser.add_argument("-c", "--config", required=True)
    arguments = parser.parse_args()
    log, _ = inputs.open_log(arguments)
    config = inputs.configuration(arguments, log)
    report = trio.run(service.once, config, service.Options(entry=ENTRY), log)
    return ExitStatus.FAILED if report.failed else ExitStatus.SUCCESS


if __name__ == "__main__":
    sys.exit(main())

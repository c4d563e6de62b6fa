"""Mistakes on the command line: what is said of them."""

from __future__ import annotations

import pytest

from regbot import cli

SAID = {
    "once a.yml": '"a.yml" does not belong here; a configuration is named with -c FILE; regbot once --help says more',
    "run a.lua b": '"b" does not belong here; a configuration is named with -c FILE; regbot run --help says more',
    "run a.lua --script b": "there is no option --script here; regbot run --help lists those that there are",
    "version more": '"more" does not belong here; regbot version --help says more',
    "check -c a.yml --dry-run": "there is no option --dry-run here; regbot check --help lists those that there are",
    "--nosuch=5 version": "there is no option --nosuch here; regbot version --help lists those that there are",
    "once -c prune.lua": "prune.lua looks like a script, and no configuration: regbot run prune.lua runs it",
    "run regbot.yml": "regbot.yml looks like a configuration: regbot once -c regbot.yml runs its scripts",
}


@pytest.mark.parametrize("line", SAID)
def test_what_to_write_instead(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A word or a file that is not for this command is named, with what to do, and the status is 2."""
    status = cli.run(line.split())
    assert (status, capsys.readouterr().err) == (2, f"regbot: {SAID[line]}\n")

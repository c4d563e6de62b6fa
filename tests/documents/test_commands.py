"""Every command that README.md and docs/ show is typed, in the order of its page, and does what the page says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

from tests.documents import surroundings
from tests.documents.blocks import DOCUMENTS, ROOT, blocks
from tests.documents.reader import Reader
from tests.programs import require
from tests.regbot import regbot
from tests.running import free_port
from tools.documents.command_line import flags, names

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakeRegistry

pytestmark = pytest.mark.long

TYPED: Final = frozenset({"sh", "console"})
SHOWN: Final = frozenset({"lua", "yaml", "text", "dockerfile", "json"})
"""Languages of blocks that hold no command."""
WITH_COMMANDS: Final = [name for name in DOCUMENTS if any(each.language in TYPED for each in blocks(name))]
_INLINE: Final = re.compile(r"`(regbot [^`]*)`")


@pytest.mark.usefixtures("unmeasured")
@pytest.mark.parametrize("document", WITH_COMMANDS)
def test_commands(document: str, tmp_path: Path, make_registry: MakeRegistry) -> None:
    """Each block of commands ends with 0, each console shows what its commands say, each server stops with 0."""
    require("curl")
    hub, ours = make_registry(), make_registry()
    surroundings.fill(hub)
    instead = {
        **surroundings.mapping(hub, ours),
        "127.0.0.1:8080": f"127.0.0.1:{free_port()}",
        "/var/lib/regbot": str(tmp_path / "state"),
    }
    with Reader(tmp_path, instead, surroundings.ENVIRONMENT) as reader:
        surroundings.write(reader.folder)
        for name in surroundings.FILES:
            path = reader.folder / name
            path.write_text(reader.here(path.read_text()))
        for block in blocks(document):
            if block.language in TYPED and not surroundings.elsewhere(block.text):
                reader.type(block)
        reader.leave()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_nothing_slips_through(document: str) -> None:
    """Code is fenced and says its language; what is said to hold no command does not begin like one."""
    for block in blocks(document):
        assert block.language in TYPED | SHOWN, f"{block} says {block.language!r}"
        if block.language not in TYPED:
            assert not re.search(r"^(\$ |regbot |make |curl |podman )", block.text, re.MULTILINE), str(block)


def test_what_runs_elsewhere() -> None:
    """Only pages about other machines show what cannot be typed here, and each exception is in use."""
    shown = [block for name in WITH_COMMANDS for block in blocks(name) if surroundings.elsewhere(block.text)]
    assert {block.document for block in shown} == {"docs/deploying.md"}
    for beginning in surroundings.ELSEWHERE:
        assert any(block.text.startswith(beginning) for block in shown), beginning


@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_within_sentences(document: str) -> None:
    """Commands and flags that a sentence names exist."""
    for said in _INLINE.findall((ROOT / document).read_text()):
        words = said.split()
        assert words[1] in names(), said
        known = {option for action in flags(words[1]) for option in action.option_strings}
        assert {word.partition("=")[0] for word in words if word.startswith("-") and word != "-"} <= known, said


def configurations() -> list[object]:
    """Return the blocks of YAML that are configurations of regbot."""
    found = [block for name in DOCUMENTS for block in blocks(name) if block.language == "yaml"]
    return [
        pytest.param(each.text, id=str(each))
        for each in found
        if re.search(r"^(scripts|creds):", each.text, re.MULTILINE)
    ]


@pytest.mark.parametrize("text", configurations())
def test_configurations(text: str, tmp_path: Path) -> None:
    """Each configuration that is shown can be loaded."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/names.lua").write_text("return {short = function(name) return name end}\n")
    (tmp_path / "secret").write_text("of a test")
    (tmp_path / "regbot.yml").write_text(re.sub(r'file "[^"]*"', f'file "{tmp_path}/secret"', text))
    environ = {**surroundings.ENVIRONMENT, "REG_PASS_FILE": f"{tmp_path}/secret"}
    ended = regbot("check", "-c", "regbot.yml", folder=tmp_path, environ=environ)
    assert ended.status == 0, ended.stdout

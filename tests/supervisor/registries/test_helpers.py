"""Credential helpers, as real programs."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
import trio

from regbot.registry.credentials import ANONYMOUS, Login, Secret
from regbot.registry.errors import RegistryError
from regbot.supervisor.registries import helpers
from regbot.supervisor.registries.helpers import MAX_ANSWER, CredentialHelper, Program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CANARY = "c4n4ry-helper"
ENVIRON = {"PATH": "/usr/bin:/bin"}
ANSWER = f"""echo asked >> "$0.log"; echo '{{"Username": "bot", "Secret": "{CANARY}"}}'"""


@pytest.fixture
def helper(tmp_path: Path) -> Callable[..., CredentialHelper]:
    """Make helpers that run a shell script."""

    def make(
        script: str, *, kept: float = 3600, patience: float = 10, doubt: Callable[[str], None] | None = None
    ) -> CredentialHelper:
        program = tmp_path / "docker-credential-x"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return CredentialHelper(Program(str(program), "a.example", "https://a", kept, patience), ENVIRON, doubt=doubt)

    return make


async def test_protocol(helper: Callable[..., CredentialHelper]) -> None:
    """A helper gets the word "get", the server on a line, and our environment, and answers with user and secret."""
    script = """read -r server; echo "{\\"Username\\": \\"$1 $server $PATH\\", \\"Secret\\": \\"s\\"}" | tr : _"""
    script = script.replace("| tr : _", "| sed 's,https:,https,; s,bin:,bin ,'")
    assert await helper(script)() == Login("get https//a /usr/bin /bin", Secret("s"))


async def test_token(helper: Callable[..., CredentialHelper]) -> None:
    """The user <token> says that the secret is an identity token."""
    answer = """echo '{"Username": "<token>", "Secret": "T"}'"""
    assert await helper(answer)() == Login(identity_token=Secret("T"))


@pytest.mark.parametrize("said", helpers.UNKNOWN)
async def test_knows_nothing(helper: Callable[..., CredentialHelper], said: str) -> None:
    """A helper that knows nothing of a server leaves us anonymous."""
    assert await helper(f"echo '{said}'; exit 1")() == ANONYMOUS


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo broken; echo the vault is locked >&2; exit 3", "failed with status 3: the vault is locked broken"),
        ("exit 3", "failed with status 3: it says nothing"),
        (f"""echo '{{"Username": "u", "Secret": "{CANARY}"}}'; exit 1""", "failed with status 1: it says nothing"),
        (f"echo 'Secret: {CANARY}'; echo 'is locked' >&2; exit 1", "failed with status 1: is locked"),
        (f"""echo '{{"Secret": "{CANARY}"}}'; echo 'took {CANARY}!' >&2; exit 1""", "failed with status 1: took ***!"),
        (f"""echo '{{"Secret": "{CANARY}", ...'; echo 'took {CANARY}!' >&2; exit 1""", "status 1: took ***!"),
        ("""echo '{"Secret": "x\\"y"}'; echo 'took x"y!' >&2; exit 1""", "failed with status 1: took ***!"),
        ("""echo '{"Secret": "\\q"}'; echo 'took \\q!' >&2; exit 1""", "failed with status 1: took ***!"),
        (f"echo {CANARY}", "gave no answer of the form"),
        (f"""echo '{{"Username": "a:b", "Secret": "{CANARY}"}}'""", "a user name that no request can carry"),
        (f"""echo '{{"Username": "a", "Secret": "{CANARY}\\u0007"}}'""", "gave no answer of the form"),
        (f"head -c {MAX_ANSWER + 9} /dev/zero", f"said more than {MAX_ANSWER} bytes"),
    ],
)
async def test_failure(helper: Callable[..., CredentialHelper], script: str, why: str) -> None:
    """What is wrong with a helper is said with its own words, but for those that may be a secret."""
    with pytest.raises(RegistryError) as caught:
        await helper(script)()
    assert (caught.value.code, caught.value.registry) == ("CREDENTIALS", "a.example")
    assert why in str(caught.value)
    assert CANARY not in "".join(map(str, (caught.value, caught.value.__context__, caught.value.__cause__)))


async def test_not_there() -> None:
    """A helper that is not there is named."""
    missing = CredentialHelper(Program("docker-credential-nosuch", "a.example", "a", 1), ENVIRON)
    with pytest.raises(RegistryError, match=r"docker-credential-nosuch of a\.example cannot be started: No such file"):
        await missing()


async def test_late(helper: Callable[..., CredentialHelper], tmp_path: Path) -> None:
    """A helper that does not answer in time is gone, with what it started."""
    child = tmp_path / "child"
    late = helper(f"sleep 1000 & echo $! > {child}; sleep 1000", patience=0.3)
    with pytest.raises(RegistryError, match=r"did not answer within 0\.3s"):
        await late()
    # The kernel needs a moment for those whom nobody waits for.
    with suppress(ProcessLookupError), trio.fail_after(5):
        descriptor = os.pidfd_open(int(child.read_text()))
        await trio.lowlevel.wait_readable(descriptor)
        os.close(descriptor)


async def test_child_that_stays(helper: Callable[..., CredentialHelper]) -> None:
    """An answer counts when the program has ended, though what it started may keep its output open."""
    ask = helper(f"sleep 1000 & {ANSWER}", patience=60)
    with trio.fail_after(30):
        assert (await ask()).password == Secret(CANARY)


async def test_kept(helper: Callable[..., CredentialHelper], tmp_path: Path) -> None:
    """An answer is kept, also for those who ask while it is awaited."""
    ask = helper(ANSWER)
    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(ask)
    assert (await ask()).password == Secret(CANARY)
    assert (tmp_path / "docker-credential-x.log").read_text() == "asked\n"


async def test_asked_again(helper: Callable[..., CredentialHelper], tmp_path: Path) -> None:
    """What is no longer good is asked for again."""
    ask = helper(ANSWER, kept=0)
    await ask()
    await ask()
    assert (tmp_path / "docker-credential-x.log").read_text() == "asked\nasked\n"


async def test_failure_is_kept_a_little(helper: Callable[..., CredentialHelper], tmp_path: Path) -> None:
    """A helper that failed is not started for every request."""
    ask = helper('echo asked >> "$0.log"; exit 1')
    for _ in range(3):
        with pytest.raises(RegistryError):
            await ask()
    assert (tmp_path / "docker-credential-x.log").read_text() == "asked\n"


async def test_doubt(helper: Callable[..., CredentialHelper]) -> None:
    """The failure of a helper that nobody named for this registry is told, and counts as knowing nothing."""
    said: list[str] = []
    assert await helper("exit 1", doubt=said.append)() == ANONYMOUS
    assert said == [f"{said[0].partition(':')[0]}: it says nothing: going on without a login"]

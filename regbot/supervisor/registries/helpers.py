"""Credential helpers: programs that know who we are, asked with Docker's protocol.

`PROGRAM get` reads the server's name from standard input and answers with JSON, `{"Username": …, "Secret": …}`.  A
helper runs with our own environment, since that is where it finds its own credentials, and never longer than
`PATIENCE`; whatever it started is gone with it.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import trio

from regbot.config.logins import is_sendable, is_user
from regbot.registry.credentials import ANONYMOUS, Login, Secret, hide
from regbot.registry.errors import RegistryError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PATIENCE: Final = 10.0
"""Seconds that a helper may take."""
MAX_ANSWER: Final = 256 << 10
"""Bytes that a helper may say."""
LINGER: Final = 0.5
"""Seconds that the output of a helper is read after its end, where what it started keeps that open."""
FAILURE_KEPT: Final = 30.0
"""Seconds for which a helper that failed is not asked again."""
UNKNOWN: Final = ("credentials not found in native keychain", "no credentials server URL", "no credentials username")
"""What helpers say, and fail, when they know nothing of a server."""
TOKEN_USER: Final = "<token>"  # noqa: S105 -- no password
"""The user name by which a helper says that the secret is an identity token."""

_SECRET: Final = re.compile(r'"Secret"\s*:\s*"((?:[^"\\]|\\.)+)"', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Program:
    """A helper, and what it is asked: *server* as it is written in its own store, *registry* for errors."""

    name: str
    registry: str
    server: str
    kept: float
    """Seconds for which an answer holds."""
    patience: float = PATIENCE


class CredentialHelper:
    """A Helper that runs a program, and keeps its answer.

    One that was not named for this very registry is given *doubt*: it is told of a failure, which counts as knowing
    nothing.
    """

    def __init__(
        self, program: Program, environ: Mapping[str, str], *, doubt: Callable[[str], None] | None = None
    ) -> None:
        self._program, self._environ, self._doubt = program, dict(environ), doubt
        self._asking = trio.Lock()
        self._known: Login | RegistryError = ANONYMOUS
        self._until = float("-inf")

    async def __call__(self) -> Login:
        """Return the login; see Helper."""
        async with self._asking:
            if trio.current_time() >= self._until:
                await self._ask()
        if isinstance(self._known, RegistryError):
            # Raised anew: the trace of one that is raised again would grow with every use.
            raise RegistryError(self._known.message, code=self._known.code, registry=self._known.registry)
        return self._known

    async def _ask(self) -> None:
        kept = self._program.kept
        try:
            self._known = self._login(*await self._run())
        except RegistryError as exc:
            self._known, kept = self._failed(exc), min(kept, FAILURE_KEPT)
        self._until = trio.current_time() + kept

    def _failed(self, failure: RegistryError) -> Login | RegistryError:
        if self._doubt is None:
            return failure
        self._doubt(f"{failure}: going on without a login")
        return ANONYMOUS

    def _login(self, status: int, answer: bytes, complaint: bytes) -> Login:
        """Return what the program's answer means."""
        said = answer.decode("utf-8", "replace").strip()
        if status:
            if any(text in said for text in UNKNOWN):
                return ANONYMOUS
            raise self._fault(f"failed with status {status}: {_reason(said, complaint.decode('utf-8', 'replace'))}")
        # From here on the answer may hold a secret, and so must no error.
        found: object = None
        with suppress(ValueError, RecursionError):
            found = json.loads(said)
        match found:
            case {"Username": str(user), "Secret": str(secret)} if is_sendable(secret):
                pass
            case _:
                raise self._fault("gave no answer of the form {Username, Secret}")
        if user == TOKEN_USER:
            return Login(identity_token=Secret(secret))
        if not is_user(user):
            raise self._fault("gave a user name that no request can carry")
        return Login(user, Secret(secret))

    async def _run(self) -> tuple[int, bytes, bytes]:
        """Return status, output and standard error of the program."""
        try:
            # A session of its own, so that all of it can be killed at once.
            process = await trio.lowlevel.open_process(
                [self._program.name, "get"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environ,
                start_new_session=True,
            )
        except OSError as exc:
            raise self._fault(f"cannot be started: {exc.strerror or exc}") from exc
        try:
            with trio.move_on_after(self._program.patience):
                return await self._converse(process)
        finally:
            await _end(process)
        raise self._fault(f"did not answer within {self._program.patience:g}s")

    async def _converse(self, process: trio.Process) -> tuple[int, bytes, bytes]:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        answer, complaint = bytearray(), bytearray()
        async with trio.open_nursery() as watch:
            watch.start_soon(_limit, process, watch.cancel_scope)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_feed, process.stdin, f"{self._program.server}\n".encode())
                nursery.start_soon(_gather, process.stdout, answer)
                nursery.start_soon(_gather, process.stderr, complaint)
            watch.cancel_scope.cancel()
        if max(len(answer), len(complaint)) > MAX_ANSWER:
            raise self._fault(f"said more than {MAX_ANSWER} bytes")
        return await process.wait(), bytes(answer), bytes(complaint)

    def _fault(self, what: str) -> RegistryError:
        program, registry = self._program.name, self._program.registry
        message = f"the credential helper {program} of {registry} {what}"
        return RegistryError(message, code="CREDENTIALS", registry=registry)


def _reason(said: str, complaint: str) -> str:
    """Return why a program failed, by its own words but for those that are, or may be, a secret."""
    # httpx comes with it, which takes long to load.
    from regbot.registry.http.faults import printable  # noqa: PLC0415

    found = [Secret(_unquoted(match)) for match in _SECRET.findall(said)]
    words = hide(complaint, found, shortest=1)
    if "{" not in said and "secret" not in said.lower():
        words = f"{words} {said}"
    return printable(words) or "it says nothing"


def _unquoted(text: str) -> str:
    """Return what a text of JSON means that stands between quotes, or itself if it means nothing."""
    with suppress(ValueError):
        return str(json.loads(f'"{text}"'))
    return text


async def _limit(process: trio.Process, scope: trio.CancelScope) -> None:
    """Have nobody wait in *scope* for what others say who keep the output of a program open that has ended."""
    await process.wait()
    scope.deadline = trio.current_time() + LINGER


async def _feed(stream: trio.abc.SendStream, data: bytes) -> None:
    # A program that does not want to know the server may well be gone by now.
    with suppress(trio.BrokenResourceError):
        async with stream:
            await stream.send_all(data)


async def _gather(stream: trio.abc.ReceiveStream, into: bytearray) -> None:
    async with stream:
        while len(into) <= MAX_ANSWER and (piece := await stream.receive_some()):
            into += piece


async def _end(process: trio.Process) -> None:
    """Kill a program with everything that it started, and reap it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with trio.CancelScope(shield=True):
        await process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                await stream.aclose()

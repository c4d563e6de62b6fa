"""`regbot health`, against what may listen at an address."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from regbot import cli
from regbot.commands import health
from regbot.commands.status import UsageError
from tests.regbot import regbot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALIVE = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok\n"


@contextmanager
def answering(listener: socket.socket, answer: bytes) -> Iterator[list[bytes]]:
    """Serve one connection with *answer*; give what was asked."""
    asked: list[bytes] = []

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            asked.append(connection.recv(4096))
            connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    yield asked
    thread.join()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Listen on a port of loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def address(listener: socket.socket) -> str:
    """Return an address as `regbot health` takes it."""
    host, port = listener.getsockname()
    return f"{host}:{port}"


def test_alive(listener: socket.socket) -> None:
    """A server that answers 200 is alive; it was asked for /healthz, and to close the connection."""
    with answering(listener, ALIVE) as asked:
        ended = regbot("health", address(listener))
    assert (ended.status, ended.stdout, ended.stderr) == (0, f"{address(listener)}: alive\n", "")
    request = asked[0].split(b"\r\n")
    assert request[0] == b"GET /healthz HTTP/1.1"
    assert b"Connection: close" in request


def test_alive_on_a_unix_socket(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A Unix socket is named by unix: and its path."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        listener.listen()
        with answering(listener, ALIVE):
            assert cli.run(["health", f"unix:{tmp_path}/socket"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\nlauncher is gone\n", "/healthz answers 503: launcher is gone"),
        (b"HTTP/1.1 401 Unauthorized\r\n\r\n", "/healthz answers 401: "),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "does not speak HTTP/1.1: 'SSH-2.0-OpenSSH_9.2'"),
        (b"", "does not speak HTTP/1.1: ''"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", "does not speak HTTP/1.1"),
        (b"HTTP/1.1 500 \r\n\r\n\x1b[2J" + b"x" * 100_000, "/healthz answers 500: [2J" + "x" * 100),
    ],
)
def test_not_alive(answer: bytes, said: str, listener: socket.socket, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever else answers is no server that is alive, and standard error says what it said, without its escapes."""
    with answering(listener, answer):
        assert cli.run(["health", address(listener)]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"regbot: {address(listener)}: ")
    assert said in error
    assert "\x1b" not in error
    assert len(error) < 400


def test_nobody_listens(listener: socket.socket, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody listens it says so, and what to look at."""
    where = address(listener)
    listener.close()
    assert cli.run(["health", where]) == 1
    error = capsys.readouterr().err
    assert error == f"regbot: {where}: Connection refused; is the server running, with --listen {where}?\n"


def test_silence(listener: socket.socket) -> None:
    """A server that accepts, as the kernel does here, and says nothing is given up."""
    with pytest.raises(TimeoutError):
        health.answer(health.parse(address(listener)), 0.05)


@pytest.mark.parametrize(
    "wrong",
    [
        *("", "8080", ":8080", "localhost", "localhost:", "localhost:0", "localhost:65536", "http://localhost:80"),
        *("unix:", "::1:80", "[::1]", "a b:80", "a..b:80", "a" * 64 + ":80", "localhost:\uff18\uff10"),
    ],
)
def test_wrong_address(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no address is refused before anything is asked, and the message says how one looks."""
    assert cli.run(["health", wrong]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f'regbot: "{wrong}" is no address of a server: it is HOST:PORT')


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("127.0.0.1:80", ("127.0.0.1", 80)),
        ("[::1]:8080", ("::1", 8080)),
        ("regbot.example.org.:65535", ("regbot.example.org.", 65535)),
        ("unix:run/regbot.sock", "run/regbot.sock"),
    ],
)
def test_address(text: str, target: object) -> None:
    """Names, addresses of both kinds and paths are addresses."""
    assert health.parse(text) == target


def test_parse_raises() -> None:
    """Another module that parses gets the error that commands end with."""
    with pytest.raises(UsageError):
        health.parse("nothing")


def test_little_is_loaded() -> None:
    """A probe that runs every few seconds loads neither an event loop nor an HTTP library."""
    program = "import sys, regbot.cli; regbot.cli.run(['health', '127.0.0.1:1']); print(*sys.modules)"
    loaded = regbot_python(program)
    assert "regbot.commands.health" in loaded
    assert not loaded & {"trio", "httpx", "http.client", "asyncio", "ssl", "yaml", "regbot.config"}


def regbot_python(program: str) -> set[str]:
    """Run a Python program, return the words of its output."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return {*done.stdout.split()}

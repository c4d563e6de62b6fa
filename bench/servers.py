"""Servers on loopback, each a process of its own: one that waits for nothing, and a proxy that is slow on purpose."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

import trio

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD_END: Final = b"\r\n\r\n"
ANSWER: Final = (
    b"HTTP/1.1 200 OK\r\n"
    b"Content-Length: 480\r\n"
    b"Content-Type: application/vnd.oci.image.manifest.v1+json\r\n"
    b"Docker-Content-Digest: sha256:" + b"a" * 64 + b"\r\n"
    b'Docker-Distribution-Api-Version: registry/2.0\r\nEtag: "sha256:' + b"a" * 64 + b'"\r\n'
    b"X-Content-Type-Options: nosniff\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\n\r\n"
)
"""What docker-registry says to the HEAD of a manifest."""


@contextmanager
def instant() -> Iterator[str]:
    """Serve the same answer to every request without a body, at once; give "127.0.0.1:PORT"."""
    with _process("instant") as host:
        yield host


@contextmanager
def slow(upstream: str, seconds: float) -> Iterator[str]:
    """Stand before *upstream*, a "host:port", and let each answer begin *seconds* later; give "127.0.0.1:PORT"."""
    with _process("slow", upstream, str(seconds)) as host:
        yield host


@contextmanager
def _process(*words: str) -> Iterator[str]:
    command = [sys.executable, "-m", "bench.servers", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


def _serve_instantly() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    asked = b""
    with connection:
        while piece := connection.recv(65536):
            asked += piece
            while HEAD_END in asked:
                asked = asked.partition(HEAD_END)[2]
                connection.sendall(ANSWER)


async def _stand_before(upstream: str, seconds: float) -> None:
    host, _, port = upstream.partition(":")

    async def relay(client: trio.SocketStream) -> None:
        server = await trio.open_tcp_stream(host, int(port))
        async with client, server, trio.open_nursery() as nursery:
            await _Relay(client, server, seconds).run(nursery)

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(partial(trio.serve_tcp, relay, 0, host="127.0.0.1"))
        print(listeners[0].socket.getsockname()[1], flush=True)


class _Relay:
    """One connection through the slow proxy: requests pass as they come, answers wait before their first piece."""

    def __init__(self, client: trio.SocketStream, server: trio.SocketStream, seconds: float) -> None:
        self._client, self._server, self._seconds = client, server, seconds
        self._asked = False

    async def run(self, nursery: trio.Nursery) -> None:
        nursery.start_soon(self._there)
        await self._back()
        nursery.cancel_scope.cancel()

    async def _there(self) -> None:
        async for piece in self._client:
            self._asked = True
            await self._server.send_all(piece)
        await self._server.send_eof()

    async def _back(self) -> None:
        async for piece in self._server:
            if self._asked:
                self._asked = False
                await trio.sleep(self._seconds)
            await self._client.send_all(piece)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["instant"]:
            _serve_instantly()
        case ["slow", upstream, seconds]:
            trio.run(_stand_before, upstream, float(seconds))

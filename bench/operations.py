"""What one operation costs besides the registry's own answer, which a raw socket beside it tells."""

from __future__ import annotations

import socket
import tempfile
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import httpcore
import trio

from bench import servers
from bench.runs import run
from bench.table import Figure, median
from regbot.registry import mediatype
from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.manifest import Head, RateLimit
from regbot.registry.registries import Registries
from regbot.supervisor.children.launcher import open_launcher
from regbot.supervisor.gate import Gate
from tests.docker_registry import DockerRegistry
from tests.images import image, push

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regbot.registry.api import Registry
    from regbot.registry.reference import Reference
    from regbot.supervisor.children.launcher import Launcher

ROUNDS: Final = 30
HEADS: Final = 100
"""Operations of one round, of which the mean is taken."""
PATH: Final = "/v2/a/manifests/v1"
HEADERS: Final = {"User-Agent": "bench", "Accept-Encoding": "identity", "Accept": mediatype.ACCEPT}


async def figures() -> list[Figure]:
    """Measure `manifest.head` at docker-registry, and at a server that answers at once."""
    async with open_launcher() as launcher:
        with tempfile.TemporaryDirectory() as folder, DockerRegistry(Path(folder)) as registry:
            push(registry, "a", "v1", image())
            real = await _measured(launcher, registry.host)
        with servers.instant() as host:
            quick = await _measured(launcher, host)
    name, aim = "manifest.head, all but the answer", "<= 250 us"
    return [
        Figure(f"{name} (p50)", real["head"], "us", real["raw"], "docker-registry's answer, raw socket", aim),
        Figure(f"{name}, which comes at once (p50)", quick["head"], "us", quick["raw"], "that answer, raw socket", aim),
        Figure("  of this httpcore by itself (p50)", quick["httpcore"], "us"),
        Figure("  of this what is not HTTP (p50)", quick["known"], "us"),
    ]


class Known:
    """A registry of which the answer is known."""

    async def head(self, reference: Reference, *, origin: bool = False) -> Head:  # noqa: ARG002 -- as of a Reader
        """Return it."""
        return Head(Descriptor(mediatype.OCI_MANIFEST, Digest.of(b""), 480), RateLimit())


async def _measured(launcher: Launcher, host: str) -> Mapping[str, float]:
    """Return the microseconds of one exchange over a "raw" socket, and what is added to them by the others.

    They are measured in turns: a machine that is busy is busy for all of them.
    """
    loop = f'for i = 1, {HEADS} do manifest.head("{host}/a:v1") end'
    hosts, slots, known = Hosts([Host(host, tls=Tls.DISABLED)]), trio.Semaphore(1), cast("Registry", Known())
    samples = defaultdict(list)
    async with Registries(hosts, user_agent="bench") as registry, _pool() as pool:
        with closing(_connected(host)) as raw:
            for _ in range(ROUNDS):
                nothing = await run("local x = 1", Gate(registry=registry, slots=slots), launcher)
                bare = _by_socket(raw, host)
                samples["raw"].append(bare)
                samples["httpcore"].append(await _by_httpcore(pool, host) - bare)
                samples["head"].append(await run(loop, Gate(registry=registry, slots=slots), launcher) - nothing - bare)
                samples["known"].append(await run(loop, Gate(registry=known, slots=slots), launcher) - nothing)
    return {name: median(taken) / HEADS * 1e6 for name, taken in samples.items()}


def _connected(host: str) -> socket.socket:
    name, _, port = host.partition(":")
    made = socket.create_connection((name, int(port)))
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def _by_socket(connection: socket.socket, host: str) -> float:
    """Return the seconds of the requests and their answers, and nothing else."""
    lines = [f"HEAD {PATH} HTTP/1.1", f"Host: {host}", *(f"{name}: {value}" for name, value in HEADERS.items())]
    request = "\r\n".join([*lines, "", ""]).encode()
    begin = time.perf_counter()
    for _ in range(HEADS):
        connection.sendall(request)
        answer = b""
        while servers.HEAD_END not in answer:
            answer += connection.recv(65536)
    return time.perf_counter() - begin


def _pool() -> httpcore.AsyncConnectionPool:
    return httpcore.AsyncConnectionPool(network_backend=httpcore.TrioBackend(), keepalive_expiry=30)


async def _by_httpcore(pool: httpcore.AsyncConnectionPool, host: str) -> float:
    begin = time.perf_counter()
    for _ in range(HEADS):
        answer = await pool.request("HEAD", f"http://{host}{PATH}", headers=list(HEADERS.items()))
        assert answer.status == 200
    return time.perf_counter() - begin

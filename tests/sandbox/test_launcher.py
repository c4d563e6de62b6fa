from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Final

import pytest

from tests.sandbox.raw import RawLauncher

if TYPE_CHECKING:
    from collections.abc import Iterator

LAYERS: Final = ["user", "net", "ipc", "uts", "keyring", "mount", "root", "pid", "nobody", "landlock"]


@pytest.fixture
def raw() -> Iterator[RawLauncher]:
    """Start a launcher whose children run the scripts of stand_in.py."""
    with RawLauncher() as started:
        yield started


def test_hello(raw: RawLauncher) -> None:
    """The hello names every layer once; one that does not hold says why."""
    first, *lines = raw.hello.split("\n")
    assert first == "hello"
    assert [line.split()[0] for line in lines] == LAYERS
    assert all(len(line.split()) > 2 for line in lines if line.split()[1] == "no")


def test_walls_hold(raw: RawLauncher) -> None:
    """Where the jail must be whole (REGBOT_MUST_JAIL=1), every wall but the user's holds, and one of these two."""
    holding = {line.split()[0] for line in raw.hello.split("\n")[1:] if line.split()[1] == "yes"}
    assert len({"user", "nobody"} & holding) <= 1
    if os.environ.get("REGBOT_MUST_JAIL") == "1":
        assert set(LAYERS) - holding in ({"user"}, {"nobody"})


def test_exit_is_reported(raw: RawLauncher) -> None:
    """The number of a run comes back with the status of its child."""
    raw.ready(7).start("done")
    assert raw.said() == "exited 7 0"


def test_signal_is_reported(raw: RawLauncher) -> None:
    """A child that was killed by a signal is reported with the signal's number, negative."""
    signal.pidfd_send_signal(raw.ready(1).pidfd, signal.SIGKILL)
    assert raw.said() == f"exited 1 {-signal.SIGKILL}"


def test_children_are_told_apart(raw: RawLauncher) -> None:
    """Of several children, each is reported under its own number, in the order of their ends."""
    children = {number: raw.ready(number) for number in range(1, 6)}
    said = []
    for number in (3, 1, 5, 2, 4):
        children[number].start("done")
        said.append(raw.said())
    assert said == [f"exited {number} 0" for number in (3, 1, 5, 2, 4)]


def test_request_without_socket_is_refused(raw: RawLauncher) -> None:
    """A request whose descriptor did not come is refused, and the launcher goes on."""
    raw.control.send(b"fork 1 0 0")
    assert raw.said() == f"refused 1 {os.strerror(24)}"
    raw.ready(2).start("done")
    assert raw.said() == "exited 2 0"


def test_signals_to_the_group_are_ignored(raw: RawLauncher) -> None:
    """Neither Ctrl-C nor the SIGTERM of a service manager, which goes to all processes, ends runs behind our back."""
    child = raw.ready(1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        raw.process.send_signal(number)
        signal.pidfd_send_signal(child.pidfd, number)
    child.start("done")
    assert raw.said() == "exited 1 0"


def test_hang_up_ends_it(raw: RawLauncher) -> None:
    """When the supervisor's end is closed, the launcher leaves in peace."""
    raw.control.close()
    assert raw.process.wait(timeout=30) == 0

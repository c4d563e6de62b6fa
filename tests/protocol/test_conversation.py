from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbot.protocol.conversation import FROM_CHILD, MAX_IN_FLIGHT, Conversation, State
from regbot.protocol.errors import WireError
from regbot.protocol.messages import Call, Cancel, Done, Failed, Failure, Log, Metric, Ready, Reason, Result, Start
from tests.protocol.wire import ONE_OF_EACH, messages

if TYPE_CHECKING:
    from regbot.protocol.messages import Message

LAWFUL: Final = {
    (State.LOCKING, Ready): State.READY,
    (State.LOCKING, Failed): State.ENDED,
    (State.READY, Start): State.RUNNING,
    (State.RUNNING, Call): State.RUNNING,
    (State.RUNNING, Cancel): State.RUNNING,
    (State.RUNNING, Log): State.RUNNING,
    (State.RUNNING, Metric): State.RUNNING,
    (State.RUNNING, Result): State.RUNNING,
    (State.RUNNING, Failure): State.RUNNING,
    (State.RUNNING, Done): State.ENDED,
    (State.RUNNING, Failed): State.ENDED,
}
"""The figure above the module, written down a second time."""


def call(number: int) -> Call:
    """Return a call with that number."""
    return Call(number, "tag.ls", 0, b"")


def conversation(state: State, *, in_flight: int = MAX_IN_FLIGHT) -> Conversation:
    """Return a conversation that has come to *state*; while it runs, call 1 waits for its answer.

    It ended by a failure: nobody is done who waits.
    """
    talk = Conversation(in_flight)
    if state is State.LOCKING:
        return talk
    talk.received(Ready())
    if state is State.READY:
        return talk
    talk.sent(Start("x", b"", b""))
    talk.received(call(1))
    if state is State.ENDED:
        talk.received(Failed(Reason.ERROR, b"", b"", 0))
    return talk


@pytest.mark.parametrize(
    ("state", "message"),
    list(product(State, ONE_OF_EACH)),
    ids=lambda value: value.name if isinstance(value, State) else type(value).__name__,
)
def test_what_may_follow(state: State, message: Message) -> None:
    """In each state exactly the lawful messages pass, and lead where the figure says."""
    talk = conversation(state)
    if isinstance(message, Call):
        message = call(2)
    if isinstance(message, Done) and state is State.RUNNING:
        talk.sent(Result(1, b""))
    take = talk.received if type(message) in FROM_CHILD else talk.sent
    if (state, type(message)) in LAWFUL:
        take(message)
        assert talk.state is LAWFUL[state, type(message)]
    else:
        with pytest.raises(WireError):
            take(message)
        assert talk.state is state


@pytest.mark.parametrize(
    ("state", "message"),
    list(product(State, ONE_OF_EACH)),
    ids=lambda value: value.name if isinstance(value, State) else type(value).__name__,
)
def test_nobody_speaks_for_the_other(state: State, message: Message) -> None:
    """A message from the wrong end is refused in every state: a child cannot answer itself."""
    talk = conversation(state)
    with pytest.raises(WireError, match="to send"):
        (talk.sent if type(message) in FROM_CHILD else talk.received)(message)
    assert talk.state is state


@given(st.lists(st.tuples(st.booleans(), messages), max_size=12))
def test_any_sequence_ends_in_a_state_or_one_error(sequence: list[tuple[bool, Message]]) -> None:
    """No sequence of messages raises anything but WireError."""
    talk = conversation(State.RUNNING)
    try:
        for from_child, message in sequence:
            (talk.received if from_child else talk.sent)(message)
    except WireError:
        return
    assert talk.state in {State.RUNNING, State.ENDED}


@pytest.mark.parametrize("number", [0, 1, 5])
def test_numbers_of_calls_rise(number: int) -> None:
    """A number that is not above the last one is refused, whether that call is still open or not."""
    talk = conversation(State.RUNNING)
    talk.received(call(5))
    talk.sent(Result(5, b""))
    with pytest.raises(WireError, match=f"call {number} comes after call 5"):
        talk.received(call(number))


def test_calls_in_flight_are_bounded() -> None:
    """So many calls may wait for answers; one more may come only after one of them was answered."""
    talk = conversation(State.RUNNING, in_flight=2)
    talk.received(call(2))
    talk.sent(Failure(1, b""))
    talk.received(call(3))
    with pytest.raises(WireError, match="more than 2 calls"):
        talk.received(call(4))


def test_a_flood_of_calls_is_refused() -> None:
    """By default a child that only calls gets no further than MAX_IN_FLIGHT."""
    talk = conversation(State.RUNNING)
    for number in range(2, MAX_IN_FLIGHT + 1):
        talk.received(call(number))
    with pytest.raises(WireError, match="wait for their answers"):
        talk.received(call(MAX_IN_FLIGHT + 1))


@pytest.mark.parametrize("kind", [Result, Failure])
def test_answers_are_to_open_calls(kind: type[Result | Failure]) -> None:
    """Answers may come in any order, but each once, and to a call that was made."""
    talk = conversation(State.RUNNING)
    talk.received(call(7))
    talk.sent(kind(7, b""))
    talk.sent(kind(1, b""))
    for number in (1, 2, 7, 8):
        with pytest.raises(WireError, match=f"no call {number} waits"):
            talk.sent(kind(number, b""))


def test_what_was_called_can_be_cancelled() -> None:
    """A call may be cancelled whether it was answered meanwhile or not, but not before it was made."""
    talk = conversation(State.RUNNING)
    talk.received(call(2))
    talk.received(Cancel(1))
    talk.sent(Failure(1, b""))
    talk.sent(Failure(2, b""))
    talk.received(Cancel(2))
    with pytest.raises(WireError, match="call 3 is cancelled before"):
        talk.received(Cancel(3))


@pytest.mark.parametrize("answered", [False, True])
def test_a_call_is_cancelled_once(*, answered: bool) -> None:
    """A second cancellation is refused, of a call that is open as well as of one that was answered."""
    talk = conversation(State.RUNNING)
    talk.received(Cancel(1))
    if answered:
        talk.sent(Failure(1, b""))
    with pytest.raises(WireError, match="call 1 is cancelled once more"):
        talk.received(Cancel(1))


def test_there_are_no_more_cancellations_than_calls() -> None:
    """However a child chooses among the calls that were answered, it cancels no more often than it called."""
    talk = conversation(State.RUNNING)
    for number in range(2, 11):
        talk.sent(Result(number - 1, b""))
        talk.received(call(number))
    for _ in range(10):
        talk.received(Cancel(1))
    with pytest.raises(WireError, match="call 1 is cancelled once more"):
        talk.received(Cancel(1))


def test_who_is_done_waits_for_no_answer() -> None:
    """A script that is done has all its answers; it may fail at any time."""
    talk = conversation(State.RUNNING)
    talk.sent(Result(1, b""))
    talk.received(Done())
    assert talk.state is State.ENDED
    with pytest.raises(WireError, match="it is done, and 1 calls wait"):
        conversation(State.RUNNING).received(Done())


def test_nothing_follows_the_end() -> None:
    """After its last message a child may say nothing more, not even that it failed."""
    talk = conversation(State.ENDED)
    for message in (Failed(Reason.ERROR, b"", b"", 0), Log("info", b"", b""), call(2), Done()):
        with pytest.raises(WireError, match="while ENDED"):
            talk.received(message)

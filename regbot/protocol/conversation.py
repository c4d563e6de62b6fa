"""Which message may follow which.

    LOCKING --ready--> READY --start--> RUNNING --done|failed--> ENDED
    LOCKING --failed--> ENDED                   the doors could not be locked, and nothing ran

While RUNNING the child calls, logs, counts and cancels, and the supervisor answers: each call has a number greater
than the last one's, each answer is to an open call, and no more calls are open than allowed.  A call is cancelled at
most once; it may have been answered already: both were on their way.  Who is done waits for no answer.  Both directions
go through one table, so either end (and a test) can hold the other to it.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from regbot.protocol.errors import WireError
from regbot.protocol.messages import Call, Cancel, Done, Failed, Failure, Log, Message, Metric, Ready, Result, Start

MAX_IN_FLIGHT: Final = 64
"""Calls without an answer: the default of the limit `inFlight`."""


class State(Enum):
    """Where a run's conversation stands."""

    LOCKING = auto()
    READY = auto()
    RUNNING = auto()
    ENDED = auto()


FOLLOWS: Final[dict[State, dict[type[Message], State]]] = {
    State.LOCKING: {Ready: State.READY, Failed: State.ENDED},
    State.READY: {Start: State.RUNNING},
    State.RUNNING: {
        Call: State.RUNNING,
        Cancel: State.RUNNING,
        Log: State.RUNNING,
        Metric: State.RUNNING,
        Result: State.RUNNING,
        Failure: State.RUNNING,
        Done: State.ENDED,
        Failed: State.ENDED,
    },
    State.ENDED: {},
}

FROM_CHILD: Final = frozenset({Ready, Call, Cancel, Log, Metric, Done, Failed})
"""The messages that only a child sends; the others only a supervisor does."""


class Conversation:
    """Follows one run's messages and refuses the first that is out of order."""

    def __init__(self, in_flight: int = MAX_IN_FLIGHT) -> None:
        self.state = State.LOCKING
        self._in_flight = in_flight
        self._last = 0
        self._open: dict[int, bool] = {}
        """The calls without an answer by their numbers, and whether each was cancelled."""
        self._cancels_left = 0
        """Calls that were made and not cancelled, whether they were answered or not."""

    def sent(self, message: Message) -> None:
        """Take note of a message from the supervisor; WireError if it may not be sent now."""
        if type(message) in FROM_CHILD:
            raise WireError(f"{type(message).__name__} is for a child to send")
        if isinstance(message, Result | Failure):
            if message.number not in self._open:
                raise WireError(f"no call {message.number} waits for an answer")
            del self._open[message.number]
        self._advance(message)

    def received(self, message: Message) -> None:
        """Take note of a message from the child; WireError if it may not be sent now."""
        if type(message) not in FROM_CHILD:
            raise WireError(f"{type(message).__name__} is for the supervisor to send")
        self._advance(message)
        if isinstance(message, Done) and self._open:
            raise WireError(f"it is done, and {len(self._open)} calls wait for their answers")
        if isinstance(message, Cancel):
            self._cancel(message.number)
        elif isinstance(message, Call):
            self._call(message.number)

    def _call(self, number: int) -> None:
        if number <= self._last:
            raise WireError(f"call {number} comes after call {self._last}")
        if len(self._open) >= self._in_flight:
            raise WireError(f"more than {self._in_flight} calls wait for their answers")
        self._last = number
        self._open[number] = False
        self._cancels_left += 1

    def _cancel(self, number: int) -> None:
        if number > self._last:
            raise WireError(f"call {number} is cancelled before it was made")
        # Which of those that were answered were cancelled is not remembered: they may be any number.
        if self._open.get(number) or self._cancels_left == 0:
            raise WireError(f"call {number} is cancelled once more")
        self._cancels_left -= 1
        if number in self._open:
            self._open[number] = True

    def _advance(self, message: Message) -> None:
        follower = FOLLOWS[self.state].get(type(message))
        if follower is None:
            raise WireError(f"{type(message).__name__} while {self.state.name}")
        self.state = follower

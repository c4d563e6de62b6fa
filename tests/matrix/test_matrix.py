"""A sample of the fault matrix, and that it would notice; `python -m tests.matrix` plays all of it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import pytest

from regbot.registry.errors import RegistryError
from tests.matrix.cases import cases, clean
from tests.matrix.faults import EVIL, FAULTS
from tests.matrix.operations import OPERATIONS
from tests.matrix.oracle import MOST, faults_of
from tests.matrix.play import Case, Mode, play
from tests.matrix.stage import CANARIES, IMAGE, INDEX, OLD, SOURCE, TARGET

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.matrix.faults import Fault
    from tests.matrix.operations import Operation
    from tests.matrix.play import Outcome

pytestmark = pytest.mark.long

OF_EACH: Final = 7
"""Cases of each operation that are played here."""
SEED: Final = 20
NAMED: Final = {each.name: each for each in OPERATIONS}


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no proxy asked for registries that have no address."""
    monkeypatch.setenv("no_proxy", "*")


@pytest.mark.parametrize("operation", OPERATIONS, ids=NAMED)
def test_sample(operation: Operation) -> None:
    """Whatever goes wrong, an operation ends well or with one error that says why, and never in between."""
    right = clean(operation)
    chosen = random.Random(SEED).sample(list(cases(right)), OF_EACH)  # noqa: S311 -- the same each time
    found = [f"{case}: {text}" for case in chosen for text in faults_of(operation, right, case, play(operation, case))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("fault", FAULTS, ids=[each.name for each in FAULTS])
def test_faults_strike(fault: Fault) -> None:
    """Each fault makes a difference: more requests, more time, or an error."""
    operation = NAMED["manifest get"]
    right = clean(operation)
    struck = play(operation, Case(right.lines[-1], len(right.lines), fault, Mode.ONCE))
    assert (struck.lines, struck.seconds, struck.error) != (right.lines, right.seconds, None)


SECRET: Final = CANARIES[SOURCE]


def _move_tag(outcome: Outcome) -> None:
    outcome.stage.models[TARGET].store.add("team/copy", "v1", INDEX)


def _lose_layer(outcome: Outcome) -> None:
    del outcome.stage.models[SOURCE].store.repositories["team/app"].blobs[next(iter(IMAGE.blobs))]


def _keep_tag(outcome: Outcome) -> None:
    outcome.stage.models[TARGET].store.add("team/copy", "v1", OLD)


def _leave_upload(outcome: Outcome) -> None:
    upload = outcome.stage.models[TARGET].store.begin("team/copy")
    outcome.locations[f"http://{TARGET}/v2/team/copy/blobs/uploads/{upload.number}"] = f"_state={upload.state}"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_move_tag, "between old and new"),
        (_lose_layer, "is not whole"),
        (_keep_tag, "tags are not the new ones"),
        (_leave_upload, "left behind"),
        (lambda outcome: outcome.heard.append((EVIL, SECRET)), "got a secret"),
        (lambda outcome: outcome.heard.append((TARGET, SECRET)), "got a secret"),
        (lambda outcome: setattr(outcome, "text", SECRET), "is shown"),
        (lambda outcome: setattr(outcome, "left_open", 1), "left open"),
        (lambda outcome: setattr(outcome, "received", MOST + 1), "it read"),
        (lambda outcome: setattr(outcome, "seconds", 4000.0), "it took"),
        (lambda outcome: setattr(outcome, "out_of_time", True), "does not end"),
        (lambda outcome: setattr(outcome, "value", "other"), "it returned"),
        (lambda outcome: setattr(outcome, "error", ValueError()), "it raised ValueError"),
        (lambda outcome: setattr(outcome, "error", RegistryError("no")), "names no request"),
        (lambda outcome: setattr(outcome, "error", RegistryError("no")), "does not name the cause"),
        (lambda outcome: setattr(outcome, "error", RegistryError("no")), "did not survive"),
    ],
)  # fmt: skip
def test_oracle(spoil: Callable[[Outcome], None], said: str) -> None:
    """What must not happen would be noticed; without it nothing is."""
    operation = NAMED["copy across"]
    right, spoiled = clean(operation), clean(operation)
    case = Case(right.lines[0], 1, next(each for each in FAULTS if each.name == "503"), Mode.ONCE)
    before = list(faults_of(operation, right, case, spoiled))
    spoil(spoiled)
    assert before == []
    assert said in "\n".join(faults_of(operation, right, case, spoiled))

"""A few inputs for each subject, as a fuzzer makes them: `python -m tests.fuzz` makes any number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.__main__ import fuzz
from tests.fuzz.subject import Subject
from tests.fuzz.subjects.all import SUBJECTS

if TYPE_CHECKING:
    from random import Random


@pytest.mark.parametrize("name", SUBJECTS)
@settings(derandomize=True, max_examples=60)
@given(chance=st.randoms(use_true_random=False))
def test_no_input_shows_a_fault(name: str, chance: Random) -> None:
    """Whatever the input, it is taken or refused as its subject says, and no other exception comes of it."""
    SUBJECTS[name].check(SUBJECTS[name].make(chance))


@pytest.mark.parametrize("name", SUBJECTS)
def test_many_inputs_show_no_fault(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A thousand inputs are neither all refused nor all taken, and none shows a fault."""
    assert fuzz(SUBJECTS[name], 1000, 1) == 0
    said = capsys.readouterr().out
    assert " refused" in said
    assert " accepted" in said


def test_a_fault_is_seen(capsys: pytest.CaptureFixture[str]) -> None:
    """What a check raises is shown with its input, and counts (or the tests above prove nothing)."""

    def check(data: bytes) -> str:
        assert data != b"5", "a fault"
        return "accepted"

    faulty = Subject("faulty", lambda chance: b"%d" % chance.randint(0, 9), check)
    assert fuzz(faulty, 200, 1) == 1
    assert "b'5'\nTraceback" in capsys.readouterr().out

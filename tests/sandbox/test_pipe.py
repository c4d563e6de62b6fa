from __future__ import annotations

import pytest

from regbot.config import limits
from regbot.protocol import frames
from regbot.protocol.messages import Failed, Ready, Reason
from regbot.sandbox import pipe


def test_same_form_as_protocol() -> None:
    """Both sides agree on the length in front of a frame, and on the longest: any that a configuration allows."""
    assert (pipe.HEADER.format, pipe.MAX_FRAME) == (frames.HEADER.format, frames.LONGEST)
    assert frames.LONGEST == limits.LARGEST_MESSAGE


def test_ready() -> None:
    """The one frame that the child makes itself is the message Ready."""
    assert frames.decode(pipe.READY) == Ready()


@pytest.mark.parametrize("text", ["", "no", "ü" * 100, "x" * 300])
def test_failed(text: str) -> None:
    """The other one, when the doors do not lock, is Failed with a reason of at most 255 bytes."""
    assert frames.decode(pipe.failed(text)) == Failed(Reason.ERROR, text.encode()[:255], b"", 0)

"""Values as JSON."""

from __future__ import annotations

from types import MappingProxyType

import pytest
from loguru import logger

from regbot.supervisor.audit.trail import LogLine
from regbot.web.encoding import encode
from tests.web.stillness import WHEN


def test_time() -> None:
    """A time is in UTC, with a Z."""
    assert encode(WHEN) == b'"2026-01-02T00:00:00Z"'


def test_time_of_the_log() -> None:
    """A time of loguru's, of whatever zone, is as well."""
    times = []
    number = logger.add(lambda message: times.append(message.record["time"]))
    logger.info("x")
    logger.remove(number)
    assert encode(times[0]).endswith(b'Z"')


def test_odd_texts() -> None:
    """A byte that is no character is spelled out, wherever it stands; a number that is none is null."""
    fields = MappingProxyType[str, str | float]({"a\udc80": "b\udc81", "c": float("nan"), "d": 1})
    line = LogLine(time=WHEN, level="info", message="\udc82", fields=fields)
    said = b'{"time":"2026-01-02T00:00:00Z","level":"info","message":"\\\\udc82",'
    assert encode([line]) == b"[" + said + b'"fields":{"a\\\\udc80":"b\\\\udc81","c":null,"d":1}}]'


def test_no_value() -> None:
    """What is no value of the API's is a bug, not an odd answer."""
    with pytest.raises(NotImplementedError):
        encode(object())

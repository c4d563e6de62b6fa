"""The module time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.scripted import error_of, logs

REQUIRED: Final = "local time = require 'time' "
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def shown(expression: str) -> str:
    """Return what a call of the module gives: all of its values, numbers with all their digits."""
    (text,) = logs(f"""{REQUIRED}local values = {{{expression}}}
        for i, value in ipairs({{1, 2}}) do
          values[i] = type(values[i]) == 'number' and ('%.17g'):format(values[i]) or tostring(values[i])
        end
        log(values[1] .. (values[2] ~= 'nil' and ' ' .. values[2] or ''))""")
    return text


def fault_of(expression: str) -> str:
    """Return the error of a call of the module, which stands at the script's line."""
    text = error_of(f"{REQUIRED}\nlocal x = {expression}")
    assert text.startswith("main:2: time.")
    return text.removeprefix("main:2: time.")


moments = st.datetimes(timezones=st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(
    lambda offset: timezone(timedelta(minutes=offset // timedelta(minutes=1)))
))  # fmt: skip


@given(moments)
def test_parse_and_format_as_python_does(moment: datetime) -> None:
    """Every time of Python's, at any offset, is read as the same second, and written as it was."""
    seconds = (moment.replace(microsecond=0) - EPOCH) // timedelta(seconds=1)
    text = moment.replace(microsecond=0).isoformat()
    assert float(shown(f"time.parse('{text}')")) == seconds
    offset = text[19:]
    assert shown(f"time.format({seconds}, '{offset}')") == text.replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", "0"),
        ("1970-01-01t00:00:01.5z", "1.5"),
        ("2024-01-02T03:04:05.25+02:00", "1704157445.25"),
        ("2024-01-02T03:04:05-00:00", "1704164645"),
        ("2024-01-02 03:04:05 +0000 UTC", "1704164645"),
        ("2024-01-02 03:04:05.5 +0200 CEST", "1704157445.5"),
        ("0000-01-01T00:00:00Z", "-62167219200"),
        ("2000-02-29T00:00:00Z", "951782400"),
        ("2016-12-31T23:59:60Z", "1483228800"),
        ("2017-01-01T01:59:60+02:00", "1483228800"),
    ],
)
def test_parse(text: str, seconds: str) -> None:
    """A time of RFC 3339, or as Go prints it, is the seconds since 1970; a leap second is the one after it."""
    assert shown(f"time.parse('{text}')") == seconds


RULE: Final = "it is not written like 2024-01-02T03:04:05Z or 2024-01-02T03:04:05.5+02:00"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", RULE), ("2024-01-02", RULE), ("2024-01-02T03:04:05", RULE), ("2024-01-02T03:04:05+0200", RULE),
        ("2024-01-02T03:04:05.Z", RULE), ("2024-01-02 03:04:05Z", RULE), ("2024-01-02T03:04:05Z ", RULE),
        ("2023-02-29T00:00:00Z", "there is no day 2023-02-29"), ("1900-02-29T00:00:00Z", "there is no day 1900-02-29"),
        ("2024-13-01T00:00:00Z", "there is no day 2024-13-01"), ("2024-04-31T00:00:00Z", "there is no day 2024-04-31"),
        ("2024-01-00T00:00:00Z", "there is no day 2024-01-00"),
        ("2024-01-02T24:00:00Z", "there is no time of day 24:00:00"),
        ("2024-01-02T03:60:00Z", "there is no time of day 03:60:00"),
        ("2024-01-02T03:04:60Z", "there is no time of day 03:04:60"),
        ("2024-01-02T03:04:05+24:00", "there is no offset +24:00"),
    ],
)  # fmt: skip
def test_what_is_no_time(text: str, why: str) -> None:
    """What is no time is nil, and why."""
    assert shown(f"time.parse('{text}')") == f"nil {why}"


def test_no_text_is_no_time() -> None:
    """A label that is not there is no time either, and anything but a text is a mistake."""
    assert shown("time.parse(nil)") == "nil there is no text"
    assert fault_of("time.parse(5)") == "parse: the text should be a string, not 5"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("0", "1970-01-01T00:00:00Z"),
        ("1704164645.123", "2024-01-02T03:04:05.123Z"),
        ("1704164645.25, '+02:00'", "2024-01-02T05:04:05.25+02:00"),
        ("-0.5, '-05:30'", "1969-12-31T18:29:59.5-05:30"),
        ("0.9999999", "1970-01-01T00:00:01Z"),
        ("-62167219200", "0000-01-01T00:00:00Z"),
        ("253402300799", "9999-12-31T23:59:59Z"),
        ("0, '-00:00'", "1970-01-01T00:00:00Z"),
    ],
)
def test_format(arguments: str, text: str) -> None:
    """Seconds are a text of RFC 3339, with a fraction where there is one."""
    assert shown(f"time.format({arguments})") == text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1h30m", "5400"),
        ("1.5h", "5400"),
        ("-2s", "-2"),
        ("+500ms", "0.5"),
        ("1w2d", "777600"),
        ("0", "0"),
        (".5s", "0.5"),
    ],
)
def test_seconds(text: str, seconds: str) -> None:
    """A duration is written as in the configuration, and with days and weeks besides."""
    assert shown(f"time.seconds('{text}')") == seconds


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("time.seconds('5')", 'seconds: "5" is no duration: it has no unit, such as s for seconds'),
        ("time.seconds('')", 'seconds: "" is no duration: it should be written like "1h30m"'),
        ("time.seconds('1.2.3s')", 'seconds: "1.2.3s" is no duration: it should be written like "1h30m"'),
        ("time.seconds('1y')", 'seconds: "1y" is no duration: "y" is no unit; there are ns, us, ms, s, m, h, d and w'),
        ("time.seconds(5)", "seconds: the duration should be a string, not 5"),
        ("time.format('0')", "format: the seconds should be a number, not a string"),
        ("time.format(0/0)", "format: the seconds should be a number, not nan"),
        ("time.format(253402300800)", "format: 253402300800 seconds lead out of the years 0000 to 9999"),
        ("time.format(0, '+2')", 'format: the offset should be written like "+02:00" or "Z"'),
        ("time.format(0, '.5Z')", 'format: the offset should be written like "+02:00" or "Z"'),
    ],
)
def test_errors(expression: str, fault: str) -> None:
    """What is wrong is said at the script's line."""
    assert fault_of(expression) == fault


def test_now() -> None:
    """Now is what os.time says."""
    assert logs(f"{REQUIRED}local a, b, c = os.time(), time.now(), os.time() log(tostring(a <= b and b <= c))") == [
        "true"
    ]

from __future__ import annotations

import pytest

from .support import fault, rendered


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("{{time.Now}}", "2024-01-31 13:04:05.12 +0000 UTC"),
        ('{{time.Now.Format "2006-01-02"}}', "2024-01-31"),
        ('{{(time.Now.AddDate 0 0 -31).Format "2006-01-02"}}', "2023-12-31"),
        ('{{(time.Parse "2006-01-02" "2023-05-06").YearDay}}', "126"),
        ("{{time.Now.Unix}}", "1706706245"),
        ("{{time.Now.Local.UTC.Hour}}", "13"),
        ("{{with time.Now}}{{.Year}} {{.Day}} {{.Hour}} {{.Minute}} {{.Second}}{{end}}", "2024 31 13 4 5"),
        ('{{"2006" | time.Now.Format}}', "2024"),
        ("{{if time.Now}}yes{{end}}", "yes"),
    ],
)
def test_method(text: str, result: str) -> None:
    """Methods are called with a dot, with their values after a space or from a pipeline."""
    assert rendered(text) == result


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{{time.Then}}", 'a time has no "Then"; there are Now, Parse'),
        ("{{time.Now.Month}}", 'a time has no "Month"; there are AddDate, Format'),
        ("{{time.Now.Format}}", "Format takes 1 values, not 0"),
        ("{{time.Now.Format 5}}", "Format cannot take a whole number"),
        ("{{time.Now.AddDate 0 0 true}}", "AddDate cannot take a truth value"),
        ("{{time.Now.AddDate 99999 0 0}}", "AddDate: the result is beyond the calendar"),
        ('{{time.Parse "2006" "x"}}', "time.Parse: the text does not fit the layout"),
        ('{{(time.Parse "2006 -0700" "0001 +2300").UTC}}', "UTC: the result is beyond the calendar"),
        ("{{time}}", "a structure has no fields"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    """What a time cannot do is refused."""
    assert fault(text).startswith(reason)

from __future__ import annotations

import pytest

from regbot.config.gotemplate.errors import BadValue
from regbot.config.gotemplate.printing import printf_values, quoted


@pytest.mark.parametrize(
    ("form", "values", "text"),
    [
        ("%%", (), "%"),
        ("a%sb%vc", ("x", 5), "axb5c"),
        ("%5s|%-5s|%05d|%5.1s|", ("r", "l", 42, "xyz"), "    r|l    |00042|    x|"),
        ("%d %+d % d %05d %.3d", (5, 5, 5, -5, 7), "5 +5  5 -0005 007"),
        ("%b %o %x %X %#x %c %U", (5, 8, 255, 255, 255, 233, 233), "101 10 ff FF 0xff é U+00E9"),
        ("%x|%X|%x|", ("hé", "hi", ""), "68c3a9|6869||"),
        ("%t %v", (True, False), "true false"),
        ("%f %.2f %e %g %g %+g %8.1f|% f", (1.5, 1.005, 1.5, 0.1, 1e21, 1.0, 2.25, 1.0), None),
        ("%q %q", ('a"\n\x01é\u200b\U000e0001', ["x"]), '"a\\"\\n\\x01é\\u200b\\U000e0001" "[x]"'),
        ("%v %v %v %v", (None, [1, "a"], {"b": 1, "a": 2}, 1e-7), "<nil> [1 a] map[a:2 b:1] 1e-07"),
        ("%s", (["a", "b"],), "[a b]"),
        ("%v %v %v", (1.0, 123456789.5, 0.00001234), "1 123456789.5 1.234e-05"),
    ],
)
def test_printf(form: str, values: tuple[object, ...], text: str | None) -> None:
    """Verbs, flags, widths and precisions are Go's."""
    expected = "1.500000 1.00 1.500000e+00 0.1 1e+21 +1      2.2| 1.000000" if text is None else text
    assert printf_values(form, values) == expected


@pytest.mark.parametrize(
    ("form", "values", "reason"),
    [
        ("%d", ("x",), "%d does not fit a text"),
        ("%d", (True,), "%d does not fit a truth value"),
        ("%s", (5,), "%s does not fit a whole number"),
        ("%t", (1,), "%t does not fit a whole number"),
        ("%f", (1,), "%f does not fit a whole number"),
        ("%c", (-1,), "%c got a number that is no character"),
        ("%U", (0xD800,), "%U got a number that is no character"),
        ("%z", (1,), "%z is not supported"),
        ("%*d", (1, 2), "%\\* is not supported"),
        ("%[1]d", (1,), "%\\[ is not supported"),
        ("%", (), "a % at the end"),
        ("%d", (), "more verbs than values"),
        ("%d", (1, 2, 3), "2 more values than verbs"),
        ("%99999d", (1,), "a width is over 10000"),
        ("%999999999999d", (1,), "a width is over 10000"),
        ("%.99999f", (1.5,), "a width is over 10000"),
    ],
)
def test_misfit(form: str, values: tuple[object, ...], reason: str) -> None:
    """Where Go would write an error into the text there is an error instead."""
    with pytest.raises(BadValue, match=reason):
        printf_values(form, values)


def test_quoted() -> None:
    """A string literal of Go is read back by its rules."""
    assert quoted('\a\b\f\n\r\t\v\\"') == r'"\a\b\f\n\r\t\v\\\""'

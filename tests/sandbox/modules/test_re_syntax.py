"""The patterns of the module `re`: what each part of them means, and what is refused."""

from __future__ import annotations

import pytest

from tests.sandbox.modules.plain import evaluated


def has_match(pattern: str, text: str) -> bool:
    """Tell whether the pattern matches somewhere in the text."""
    return evaluated("return require('re').test(...)", pattern, text) is True


@pytest.mark.parametrize(
    ("pattern", "matches", "others"),
    [
        ("^a.c$", ["abc", "a\xffc"], ["ac", "a\nc"]),
        ("(?s)^a.c$", ["a\nc"], ["ac"]),
        ("^(?s:.)a.$", ["\nab"], ["aa\n"]),
        ("^[a-c_]$", ["a", "c", "_"], ["d", "-", "A"]),
        ("^[^a-c]$", ["d", "\n"], ["a", ""]),
        ("^[]a]$", ["]", "a"], ["b"]),
        ("^[^]a]$", ["b"], ["]", "a"]),
        ("^[a-]$", ["a", "-"], ["b"]),
        (r"^[\]\-\\]$", ["]", "-", "\\"], ["a"]),
        (r"^[\d_]$", ["7", "_"], ["a"]),
        (r"^[^\W_]$", ["a", "7"], ["_", "-"]),
        ("^[[:alpha:]]+$", ["aZ"], ["a1", ":"]),
        ("^[[:^alpha:]5]$", ["1", "5"], ["a"]),
        ("^[[:punct:]]$", ["!", "~", "_"], ["a", " "]),
        ("^[[:xdigit:]]{2}$", ["fF", "09"], ["g0"]),
        ("^[[a]$", ["[", "a"], [":"]),
        (r"^\w\W\s\S\d\D$", ["_- a1b"], ["-_a a1"]),
        (r"^\x41\t\n\r\f\v\a$", ["A\t\n\r\f\v\a"], ["A"]),
        (r"^\.\*\[\]\(\)\{\}\^\$\|\?\+\/\-$", [".*[](){}^$|?+/-"], [""]),
        ("^(?i)ab[c-d]$", ["ABC", "abD"], ["abe"]),
        ("^(?i:a)b$", ["Ab"], ["AB"]),
        ("(?i)^(?-i)a(?i:b)$", ["aB"], ["AB"]),
        ("^(?:(?i)a|b)c$", ["Ac", "Bc"], ["aC"]),
        ("(?i)^[^a]$", ["b"], ["a", "A"]),
        ("(?m)^b$", ["a\nb\nc", "b"], ["ab"]),
        ("(?mi)^B$", ["a\nb"], ["ab"]),
        ("^b$", ["b"], ["a\nb", "b\n"]),
        (r"(?m)\Ab\z", ["b"], ["a\nb", "b\nc"]),
        (r"\bab\b", ["ab", "x ab."], ["xab", "ab_"]),
        (r"a\Bb", ["ab"], ["a"]),
        ("^(?:|a)b$", ["b", "ab"], ["a"]),
        ("^a{2}$", ["aa"], ["a", "aaa"]),
        ("^a{2,}$", ["aa", "aaaa"], ["a"]),
        ("^a{1,2}$", ["a", "aa"], ["", "aaa"]),
        ("^a{0}$", [""], ["a"]),
        ("^a{,x}{$", ["a{,x}{"], ["a"]),
        ("^a]}$", ["a]}"], ["a"]),
        ("^(?P<one>a)(?<two>b)$", ["ab"], ["a"]),
        ("^$", [""], ["\n"]),
        ("^\0$", ["\0"], [""]),
        ("^\xe4+$", ["\xe4\xe4"], ["a"]),
    ],
)
def test_syntax(pattern: str, matches: list[str], others: list[str]) -> None:
    """A pattern matches what RE2's does, and nothing else."""
    assert [text for text in [*matches, *others] if has_match(pattern, text)] == matches


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("*a", "a repetition without anything to repeat at byte 1"),
        ("a|+", "a repetition without anything to repeat at byte 3"),
        ("({2})", "a repetition without anything to repeat at byte 2"),
        ("a+*", "a repetition of a repetition, which needs (?:…) around the first, at byte 3"),
        ("a{2}{3}", "a repetition of a repetition, which needs (?:…) around the first, at byte 5"),
        ("a{3,2}", "a repetition whose bounds are not in order, or above 1000, at byte 2"),
        ("a{1001}", "a repetition whose bounds are not in order, or above 1000, at byte 2"),
        ("a{1001,}", "a repetition whose bounds are not in order, or above 1000, at byte 2"),
        ("a{,3}", "a repetition without its lower bound at byte 2"),
        ("(a", "a ( without its ) at byte 1"),
        ("a)", "a ) without its ( at byte 2"),
        ("[a", "a [ without its ] at byte 1"),
        ("[]", "a [ without its ] at byte 1"),
        ("[b-a]", "a range that ends before it begins at byte 2"),
        (r"[a-\d]", "a range that ends before it begins at byte 2"),
        ("[[:digits:]]", "an unknown class [:digits:] at byte 2"),
        ("[\xc3\xa4]", "a character of more than one byte in a class, which is of bytes, at byte 2"),
        (r"a\1", "a backreference, which cannot be matched in linear time, at byte 2"),
        (r"\k<a>", "a backreference, which cannot be matched in linear time, at byte 1"),
        ("(?P=a)", "a backreference, which cannot be matched in linear time, at byte 1"),
        ("(?=a)", "look-around, which cannot be matched in linear time, at byte 1"),
        ("a(?<!b)", "look-around, which cannot be matched in linear time, at byte 2"),
        (r"\Z", r"an unknown escape \Z at byte 1"),
        (r"[\b]", r"an unknown escape \b at byte 2"),
        (r"\xg0", r"\x without two hex digits at byte 1"),
        (r"\0", r"\0, which is written \x00, at byte 1"),
        ("a\\", "a \\ with nothing behind it at byte 2"),
        ("(?P<1>a)", "a group whose name is not letters, digits and _ at byte 1"),
        ("(?<a>)(?<a>)", 'a second group with the name "a" at byte 7'),
        ("(?>a)", "an unknown kind of group; there are (?:…), (?P<name>…) and the flags i, m and s; it is at byte 1"),
        (33 * "(a)", "more than 32 groups; those that need no capture are (?:…); at byte 97"),
        (201 * "(?:", "more than 200 groups in each other at byte 601"),
        (4097 * "a", "a pattern of 4097 bytes, of at most 4096"),
        ("((a{100}){100}){100}", "a pattern of more than 20000 steps: its repetitions multiply"),
    ],
)
def test_refusals(pattern: str, problem: str) -> None:
    """What cannot be read or matched is refused with what it is and where."""
    seen = evaluated("return select(2, pcall(require('re').compile, ...))", pattern)
    assert str(seen).encode("latin-1").decode(errors="replace") == f"re.compile: {problem}"


@pytest.mark.parametrize("pattern", [200 * "(?:" + 200 * ")", "(?:(?:(?:){1000}){1000}){1000}", "(?:a??){1000}"])
def test_large_patterns_that_are_simple(pattern: str) -> None:
    """Deep and repeated groups that hold next to nothing are matched."""
    assert has_match(f"^{pattern}$", "")

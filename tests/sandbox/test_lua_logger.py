"""logger and metric: what of them leaves the child, and what is refused before the supervisor would end the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from regbot.protocol.messages import MAX_AMOUNT, Call, Log, Metric
from regbot.supervisor.runs import metrics, user_fields
from tests.sandbox.scripted import error_of, run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.sandbox.scripted import Answers

ANSWERS: Final[Answers] = {"tag.ls": lambda arguments: arguments[0]}
NAMES: Final = "letters, digits and _ only, no digit first, 64 at most"


def said(source: str) -> list[tuple[str, bytes, Mapping[str, object]]]:
    """Run a script, return its log messages as the supervisor reads them."""
    messages = [message for message in run(source).messages if isinstance(message, Log)]
    return [(message.level, message.text, user_fields.read(message.fields)) for message in messages]


def counted(source: str) -> Mapping[str, float]:
    """Run a script, return its metrics as the supervisor adds them up."""
    found = metrics.Metrics()
    for message in run(source, ANSWERS).messages:
        if isinstance(message, Call):
            found.called()
        if isinstance(message, Metric):
            found.add(message.name, message.amount)
    return found.totals


@pytest.mark.parametrize("level", ["debug", "info", "warn", "error"])
def test_levels(level: str) -> None:
    """Each level has its function, which takes what log takes."""
    assert said(f"logger.{level}('a') logger.{level}(1.5, nil, 'x') logger.{level}('', {{}})") == [
        (level, text, {}) for text in (b"a", b"1.5", b"")
    ]


def test_log_and_print_are_info() -> None:
    """What has no level is information, without fields."""
    assert said("log('a', {b = 1}) print('c')") == [("info", b"a", {}), ("info", b"c", {})]


def test_fields() -> None:
    """Strings, numbers and booleans are fields under their names; bytes pass as they are."""
    source = "logger.warn('m', {tag = 'v1', size = 7, _part = 0.5, dry = false, raw = '\\255\\0', error = 1e300})"
    fields = {"_part": 0.5, "dry": False, "error": 1e300, "raw": "\udcff\0", "size": 7, "tag": "v1"}
    assert said(source) == [("warn", b"m", fields)]


@pytest.mark.parametrize("letter", ["x", "\\226\\152\\131"])
def test_long_values_are_cut(letter: str) -> None:
    """A value of more than 4 KiB is cut to that, says so, and is cut between characters."""
    ((_, _, fields),) = said(f"logger.info('m', {{a = ('{letter}'):rep(5000), b = ('{letter}'):rep(1000)}})")
    text = str(fields["a"])
    assert 4093 <= len(text.encode()) <= user_fields.MAX_TEXT
    assert text.endswith(" bytes in all)")
    assert len(str(fields["b"])) == 1000


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("", "the message should be a string or a number, not nothing"),
        ("{a = 1}", "the message should be a string or a number, not a table"),
        ("'m', 'x'", "the fields should be a table like {tag = name}, not a string"),
        ("'m', {'x'}", "the name of a field should be a string, not a number"),
        ("'m', {level = 'x'}", 'a field cannot be named "level": every record has one of its own'),
        ("'m', {['a b'] = 1}", f'a field cannot be named "a b": {NAMES}'),
        ("'m', {['1a'] = 1}", f'a field cannot be named "1a": {NAMES}'),
        ("'m', {['a\\n'] = 1}", f'a field cannot be named "a\n": {NAMES}'),
        ("'m', {[('a'):rep(65)] = 1}", f'a field cannot be named "{"a" * 65}": {NAMES}'),
        ("'m', {a = {}}", 'the field "a" should be a string, a number or a boolean, not a table'),
        ("'m', {a = 1LL}", 'the field "a" should be a string, a number or a boolean, not a cdata'),
        ("'m', {a = 1/0}", 'the field "a" should be a finite number, not inf'),
        ("'m', {a = -1/0}", 'the field "a" should be a finite number, not -inf'),
        ("'m', {a = 0/0}", 'the field "a" should be a finite number, not nan'),
    ],
)
def test_misuse_of_logger(arguments: str, text: str) -> None:
    """What the supervisor would refuse is an error at the script's line that says what is wrong."""
    assert error_of(f"\nlogger.warn({arguments})") == f"main:2: logger.warn: {text}"


def test_fields_are_few() -> None:
    """A record has sixteen fields of the script's and no more."""
    source = "local t = {} for i = 1, %d do t['a' .. i] = i end logger.info('m', t)"
    ((_, _, fields),) = said(source % user_fields.MAX_FIELDS)
    assert len(fields) == user_fields.MAX_FIELDS
    assert error_of(source % 17) == "main:1: logger.info: at most 16 fields can be given"


@pytest.mark.parametrize("name", sorted(user_fields.RESERVED))
def test_names_of_the_record(name: str) -> None:
    """No field takes the place of what every record has."""
    assert "every record has one of its own" in error_of(f"logger.info('m', {{{name} = 1}})")


def test_a_field_from_a_metatable_is_none() -> None:
    """Fields are what the table itself holds, and no function of the script is called for them."""
    source = "logger.info('m', setmetatable({}, {__index = error, __pairs = error, __len = error}))"
    assert said(source) == [("info", b"m", {})]


def test_metrics() -> None:
    """An amount is added to its counter: one where none is named, fractions and nothing at all, too."""
    source = "metric.add('a') metric.add('a', 2) metric.add('b_2', 0.5) metric.add('c', 0) metric.add('a', nil)"
    assert counted(source) == {"a": 4, "b_2": 0.5, "c": 0}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("", "the name should be a string, not nil"),
        ("1", "the name should be a string, not a number"),
        ("''", 'a metric cannot be named "": a-z, 0-9 and _ only, a letter first, 64 at most'),
        ("'Tags'", 'a metric cannot be named "Tags": a-z, 0-9 and _ only, a letter first, 64 at most'),
        ("'a\\n'", 'a metric cannot be named "a\n": a-z, 0-9 and _ only, a letter first, 64 at most'),
        ("('a'):rep(65)", f'a metric cannot be named "{"a" * 65}": a-z, 0-9 and _ only, a letter first, 64 at most'),
        ("'a', '1'", "the amount should be a number, 0 or more, not a string"),
        ("'a', false", "the amount should be a number, 0 or more, not a boolean"),
        ("'a', -1", "the amount should be a number, 0 or more and at most 1e+300, not -1"),
        ("'a', 1/0", "the amount should be a number, 0 or more and at most 1e+300, not inf"),
        ("'a', 0/0", "the amount should be a number, 0 or more and at most 1e+300, not nan"),
        ("'old', 1e300", 'the metric "old" would be more than 1e+300'),
    ],
)
def test_misuse_of_metric(arguments: str, text: str) -> None:
    """What the supervisor would refuse is an error at the script's line; what was counted before stays."""
    source = f"metric.add('old', 1e300)\nmetric.add({arguments})"
    assert error_of(source) == f"main:2: metric.add: {text}"
    assert counted(source) == {"old": MAX_AMOUNT}


def test_metrics_are_few() -> None:
    """A run has so many names; those that it has it can use on."""
    source = "for i = 1, %d do metric.add('a' .. i) end metric.add('a1')"
    assert len(counted(source % metrics.MAX_METRICS)) == metrics.MAX_METRICS
    assert error_of(source % 33) == (
        'main:1: metric.add: "a33" would be one more than the 32 metrics that a run may have'
    )


@pytest.mark.parametrize("ending", ["", " error('x')", " tag.ls('b')", " blob.put('b', ('x'):rep(2^24))"])
def test_counting_is_sent_once(ending: str) -> None:
    """However often a script counts, the supervisor is told once: before it has to do with it, or at the end."""
    done = run("for i = 1, 1000 do metric.add('a', 0.5) end" + ending, ANSWERS)
    assert [message for message in done.messages if isinstance(message, Metric)] == [Metric("a", 500.0)]
    assert isinstance(done.messages[0], Metric)


def test_what_is_counted_side_by_side() -> None:
    """What functions count between their operations is all told, and within what a run may say."""
    source = """local l = {} for i = 1, 20 do l[i] = 'b/' .. i end
        parallel.each(l, function(x) metric.add('begun') tag.ls(x) metric.add('ended') tag.ls(x) metric.add('all') end)
        metric.add('all')"""
    assert counted(source) == {"begun": 20, "ended": 20, "all": 21}


def test_counters_come_in_the_order_of_their_names_first_use() -> None:
    """The log shows counters in the order in which the script began with them."""
    assert list(counted("metric.add('z') metric.add('b') tag.ls('x') metric.add('a') metric.add('z')")) == [*"zba"]

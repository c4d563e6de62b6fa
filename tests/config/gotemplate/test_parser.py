from __future__ import annotations

import pytest

from regbot.config.gotemplate.nodes import (
    Action,
    Chain,
    Command,
    Dot,
    If,
    Literal,
    Name,
    Node,
    Pipeline,
    Range,
    Text,
    Variable,
)
from regbot.config.gotemplate.parser import MAX_DEPTH, parse

from .support import fault, rendered


def tree(text: str) -> tuple[Node, ...]:
    """Parse a template with two functions; empty texts are left out."""
    return tuple(node for node in parse(text, {"f", "g"}) if node != Text(""))


def test_pipeline() -> None:
    """A pipeline has its variables and its commands, each with its operands and their places."""
    assert tree("{{$x := f .A.B 1 | g}}") == (
        Action(
            Pipeline(
                ("$x",),
                declares=True,
                commands=(
                    Command((Name("f", 8), Chain(Dot(10), ("A", "B"), 10), Literal(1, 15)), 8),
                    Command((Name("g", 19),), 19),
                ),
                at=2,
            )
        ),
    )


def test_blocks() -> None:
    """Blocks hold what stands between their words; else if is a block within the else."""
    (found,) = tree("{{if 1}}a{{else if 2}}b{{else}}c{{end}}")
    assert isinstance(found, If)
    assert found.then == (Text("a"),)
    (inner,) = found.otherwise
    assert isinstance(inner, If)
    assert (inner.then, inner.otherwise) == ((Text("b"),), (Text("c"),))


def test_range() -> None:
    """Range declares up to two variables."""
    (found,) = tree("{{range $i, $e := .}}{{$i}}{{else}}x{{end}}")
    assert isinstance(found, Range)
    assert found.pipeline.variables == ("$i", "$e")
    assert found.otherwise == (Text("x"),)


def test_chain_of_anything() -> None:
    """Fields follow variables, functions and parentheses without a space; with one they are another operand."""
    assert tree("{{f.A}}") == (Action(Pipeline((), False, (Command((Chain(Name("f", 2), ("A",), 3),), 2),), 2)),)  # noqa: FBT003 -- as the tree is written
    (found,) = tree("{{$.A (f).B .C}}")
    assert isinstance(found, Action)
    first, second, third = found.pipeline.commands[0].operands
    assert isinstance(first, Chain)
    assert isinstance(first.of, Variable)
    assert isinstance(second, Chain)
    assert isinstance(second.of, Pipeline)
    assert third == Chain(Dot(12), ("C",), 12)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{{}}", "a value is missing before }}"),
        ("{{|print}}", "a value is missing before |"),
        ("{{print |}}", "a value is missing before }}"),
        ("{{()}}", "a value is missing before )"),
        ("{{$x :=}}", "a value is missing before }}"),
        ("{{(1}}", "}} is not expected here"),
        ("{{1)}}", ") is not expected here"),
        ("{{1,2}}", ", is not expected here"),
        ('{{print "a""b"}}', "a string is not expected here"),
        ("{{print 1(2)}}", "( is not expected here"),
        ("{{= 1}}", "= is not expected here"),
        ('{{"a" | "b"}}', "what comes after | has to be a function"),
        ("{{1 | .}}", "what comes after | has to be a function"),
        ('{{"a".B}}', "a literal has no fields"),
        ("{{$x}}", "the variable $x is not declared"),
        ("{{$x = 1}}", "the variable $x is not declared"),
        ("{{$x, $y := 1}}", "the variable $x is not declared"),
        ("{{if 1}}{{$x := 1}}{{end}}{{$x}}", "the variable $x is not declared"),
        ("{{if 1}}{{$x := 1}}{{else}}{{$x}}{{end}}", "the variable $x is not declared"),
        ("{{with $x := 1}}{{end}}{{$x}}", "the variable $x is not declared"),
        ("{{end}}", "{{end}} without an if, with or range before it"),
        ("{{else}}", "{{else}} without an if, with or range before it"),
        ("{{if 1}}", "{{if}} has no {{end}}"),
        ("{{with 1}}{{else}}", "{{with}} has an {{else}} and then no {{end}}"),
        ("{{if 1}}{{else}}{{else}}{{end}}", "{{if}} has an {{else}} and then no {{end}}"),
        ("{{if 1}}{{end 2}}", "a number after end"),
        ("{{if 1}}{{else with 1}}{{end}}", "with after else"),
        ("{{range 1}}{{else range 1}}{{end}}", "range after else"),
        ("{{if}}{{end}}", "a value is missing before }}"),
        ("{{break}}", '"break" is not supported in these templates'),
        ("{{prnt 1}}", 'the function "prnt" is not known; did you mean print or printf or println?'),
    ],
)
def test_refused(text: str, reason: str) -> None:
    """What is no template is refused before anything is evaluated."""
    assert fault("{{/* first */}}" + text) == reason


def test_unknown_function() -> None:
    """A function that is like no other is answered with all there are."""
    assert fault("{{zzz}}").startswith('the function "zzz" is not known; there are and, default, env, eq, file, ge')


@pytest.mark.parametrize(("left", "right"), [("{{if 1}}", "{{end}}"), ("{{print ", "}}")])
def test_depth(left: str, right: str) -> None:
    """Blocks and parentheses are nested to a limit."""
    inner = "(" if "print" in left else left
    close = ")" if "print" in left else right
    assert rendered(left + inner * (MAX_DEPTH - 1) + "1" + close * (MAX_DEPTH - 1) + right) == "1"
    assert fault(left + inner * (MAX_DEPTH + 1) + "1" + right) == f"nested deeper than {MAX_DEPTH}"

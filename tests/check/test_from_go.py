"""What a script did otherwise in the Go program, by the line of the script."""

from __future__ import annotations

import pytest

from regbot.check.from_go import differences
from regbot.check.known import Known
from regbot.manual import reading
from tests.check.support import found as faults


def told(source: str, modules: tuple[str, ...] = ()) -> list[str]:
    """Return the differences of a script: `2 …`."""
    return [f"{each.line} {each.message}" for each in differences(source, Known(reading.read(), modules))]


@pytest.mark.parametrize(
    ("source", "beginning"),
    [
        ('local x = os.getenv("A")', "1 os.getenv is not there; the Go program has it; write the value"),
        ("local get = os.getenv", "1 os.getenv is not there"),
        ("\nos.exit(1)", "2 os.exit is not there; the Go program has it; return ends a script"),
        ('for line in io.lines("a") do log(line) end', "1 io.lines is not there"),
        ('dofile("a.lua")', "1 dofile is not there; the Go program has it; put the file into a folder"),
        ("log(debug.traceback())", "1 debug.traceback is not there"),
        ("package.path = 'x'", "1 package.path is not there; the Go program has it; folders of modules are named"),
        ("setfenv(1, {})", "1 setfenv is not there"),
        ("local c = channel.make()", "1 channel.make is not there; the Go program has it; parallel.map does"),
        ('require "util"', '1 require: "util" is found only in folders that modules: names'),
        ("require(name)", "1 require: a module is found only in folders"),
        ('image.copy("ocidir:///srv/a:1", "b")', '1 "/srv/a:1" is reached only if it lies beneath the files folder'),
        ("local to = reference.new([[ocidir://../a]])", '1 "../a" is reached only'),
        ('image.exportTar("a", "/tmp/a.tar")', '1 "/tmp/a.tar" is reached only'),
        ('tag.ls("a", {nosuch = 1})', '1 tag.ls: the option "nosuch" is an error; the Go program passes over it'),
        ('blob.put("a", "text")', "1 blob.put: it uploads what its second argument holds"),
        ('manifest.put(m, "a")', "1 manifest.put: in a dry run it changes nothing"),
        ('m:put("a")', "1 :put: in a dry run it changes nothing"),
        ('image.importTar("a", "a.tar")', "1 image.importTar: in a dry run it changes nothing"),
        ('manifest.get("a", "linux/arm64")', "1 manifest.get: an index without that platform is an error"),
        ('tag.delete("a")', "1 tag.delete: a tag is overwritten before it is deleted only where"),
        ('print("a")', "1 print: it goes to the log, as log() does"),
    ],
)
def test_told(source: str, beginning: str) -> None:
    """Each thing that works otherwise is told of, on its line, and nothing else."""
    (only,) = told(source)
    assert only.startswith(beginning)


@pytest.mark.parametrize(
    "source",
    [
        'for _, t in ipairs(tag.ls("a", {limit = 5})) do log(t) end',
        'image.copy("ocidir://a/b:1", "b", {digestTags = true})',
        'image.exportTar("a", "nightly/a.tar")',
        'manifest.get("a")',
        'require "semver"',
        'require "ours"',
        "local os = {getenv = function() end} os.getenv()",
        "function print(x) log(x) end print(1)",
        "log(os.time())",
        "jit.off()",
        "local x = =",
        "log(1)" * 50_000,
    ],
)
def test_not_told(source: str) -> None:
    """What works as it did there is not told of, nor what the Go program has not either; no text is too much."""
    assert told(source, ("ours",)) == []


def test_it_is_no_fault() -> None:
    """What differs and runs all the same is none of the faults that are told of otherwise."""
    assert told('tag.delete("a")')
    assert faults('tag.delete("a")') == []


def test_there_is_a_bound() -> None:
    """At most a hundred are told of."""
    assert len(told('tag.delete("a")\n' * 1000)) == 100

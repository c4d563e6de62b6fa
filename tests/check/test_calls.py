from __future__ import annotations

import pytest

from tests.check.support import found

BAD = {
    'image.copy("a")': "1 error: image.copy: the target is missing: write image.copy(source, target [, options])",
    "log()": "1 error: log: the text is missing: write log(text)",
    'require("retention").select({})': "1 error: retention.select: the rules are missing: write",
    "local x image.copy(x)": "1 error: image.copy: the target is missing",
    'tag.ls("a", {limt = 2})': '1 error: tag.ls has no option "limt"; did you mean "limit"?',
    'tag.ls("a", {\n["lst"] = "b"})': '2 error: tag.ls has no option "lst"; did you mean "last"?',
    'tag.ls("a", {zzz = 2})': '1 error: tag.ls has no option "zzz"; there are last, limit',
    'tag.ls("a", {limit = "x"})': '1 error: tag.ls: the option "limit" should be a whole number, not a string',
    'tag.ls("a", {5})': "1 error: tag.ls: an option has a name: {limit = …}",
    'tag.ls("a", 5)': "1 error: tag.ls: the options should be a table, not a number",
    'local copy = image.copy copy("a", "b", {digestTag = true})': '1 error: image.copy has no option "digestTag"',
    'image.copy("a", "b", {ifExists = "no"})': '1 error: image.copy: the option "ifExists" should be "replace"',
    'image.copy("a", "b", {platforms = "c"})': '1 error: image.copy: the option "platforms" should be a list of',
    'image.copy("a", "b", {referrers = "c"})': '1 error: image.copy: the option "referrers" should be true or false or',
    "tag.ls(nil)": "1 error: tag.ls: the image should be a string, a reference, a manifest or a config, not nil",
    "tag.ls({})": "1 error: tag.ls: the image should be a string, a reference, a manifest or a config, not a table",
    "parallel.map('a', log)": "1 error: parallel.map: the list should be a list of anything, not a string",
    "parallel.map({}, 5)": "1 error: parallel.map: the fn should be a function, not a number",
    "logger.info('a', 5)": "1 error: logger.info: the fields should be a table of strings, numbers or true or ",
    "log({})": "1 error: log: the text should be a string or a number, not a table",
    "pcall(function() log({}) end)": "1 warning: log: the text should be a string or a number, not a table",
    "try(function() log() end)": "1 warning: log: the text is missing",
    'for _, t in tag.ls("a") do end': "1 error: tag.ls gives a list: to loop over it, write for _, each",
}


@pytest.mark.parametrize("source", BAD)
def test_bad_calls(source: str) -> None:
    """A call that certainly fails is found, with what to write."""
    assert [finding[: len(BAD[source])] for finding in found(source)] == [BAD[source]]


def test_wrong_words() -> None:
    """A word that is none of those there are is shown, and so are they."""
    (finding,) = found('image.copy("a", "b", {ifExists = "maybe"})')
    assert finding.endswith('should be "replace", "skip", "same" or "fail", not "maybe"')


@pytest.mark.parametrize(
    "source",
    [
        'image.copy("a", "b") image.copy("a", "b", nil) image.copy("a", "b", {})',
        "local function pair() return 1, 2 end image.copy(pair())",
        "local function f(...) image.copy(...) image.copy('a', ...) end",
        "local o = {limt = 1} tag.ls('a', o)",
        "local key = 'limit' tag.ls('a', {[key] = 1})",
        'tag.ls("a", {limit = nil, last = "b" .. "c"})',
        "local x tag.ls('a', {x})",
        'image.copy("a", "b", {platforms = {"linux/amd64"}, referrers = {artifactType = "c"}, ifExists = "skip"})',
        'image.copy("a", "b", {referrers = true, digestTags = not false})',
        "log(5) log('a', 'b', {}) print() print(nil, {})",
        "tag.ls(reference.new('a')) tag.ls(manifest.get('a'):config())",
        "tag.ls = function() end tag.ls()",
        "local tag = {ls = 1} tag.ls() log = print log({})",
        "require('json').encode({}) require('json').encode(1)",
        "for _, t in ipairs(tag.ls('a')) do log(t) end for key in reference.new('a') do end",
        'parallel.map({"a"}, function(item) return item end, {limit = 4})',
    ],
)
def test_good_calls(source: str) -> None:
    """A call that may be right is no finding."""
    assert found(source) == []

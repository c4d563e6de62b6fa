---@meta re

---A compiled regular expression; `tostring` gives its text.
---@class Pattern
local Pattern = {}

---The same as `re.test`.
---@param text string
---@return boolean matches
function Pattern:test(text) end

---The same as `re.match`.
---@param text string
---@param init? integer
---@return string? ...
function Pattern:match(text, init) end

---The same as `re.find`.
---@param text string
---@param init? integer
---@return integer? first
---@return integer? last
---@return string ...
function Pattern:find(text, init) end

---The same as `re.gmatch`.
---@param text string
---@return fun(): string iterator
function Pattern:gmatch(text) end

---The same as `re.gsub`.
---@param text string
---@param new string|table|function
---@param n? integer
---@return string text
---@return integer count
function Pattern:gsub(text, new, n) end

---Regular expressions, whose time is in proportion to pattern and text, whatever they are.
---
---```lua
---local re = require("re")
---local version = re.compile([[^v?(?P<major>\d+)\.(\d+)(-rc\d+)?$]])
---print(version:test("v1.10"), version:match("v1.10"))  --> true 1 10 false
---print(re.gsub([[^[a-z.]+/(.*)$]], "registry.example.com/app", "mirror/$1"))  --> mirror/app 1
---```
---
---The syntax is that of RE2 and Go: `.` `[a-z]` `[^a-z]` `[[:alpha:]]` `\d` `\w` `\s` `\b`, `^` `$` `|`
---`(…)` `(?:…)` `(?P<name>…)`, `*` `+` `?` `{n,m}`, lazy with a `?` behind, and the flags `i`, `m` and `s` as `(?i)`.
---`.` is no line break, `$` the end of the text. There are no references back and no look-around, which nothing can
---match in such time. A pattern is of bytes, not of characters. Write it in long brackets, in which a `\` is nothing
---special: `[[^v\d+$]]`.
---@class re
local re = {}

---Compiles an expression. The other functions keep those that they used last, too.
---@param pattern string At most 4096 bytes.
---@return Pattern compiled
function re.compile(pattern) end

---Says whether an expression matches somewhere in a text.
---@param pattern string
---@param text string
---@return boolean matches
function re.test(pattern, text) end

---Returns the texts of the groups of the first match, or of the whole match where there are none; nil without a match.
---
---A group that took no part is false.
---@param pattern string
---@param text string
---@param init? integer The byte to begin at, as for `string.find`.
---@return string? ...
function re.match(pattern, text, init) end

---Returns where the first match begins and ends, then the texts of its groups; nil without a match.
---@param pattern string
---@param text string
---@param init? integer The byte to begin at, as for `string.find`.
---@return integer? first
---@return integer? last
---@return string ... The groups.
function re.find(pattern, text, init) end

---Returns an iterator over all matches, which gives what `re.match` gives.
---@param pattern string
---@param text string
---@return fun(): string iterator
function re.gmatch(pattern, text) end

---Replaces matches, at most *n* of them.
---
---In a text `$1` or `${name}` stands for a group, `$0` for the match, and `$$` for `$`.
---@param pattern string
---@param text string
---@param new string|table|function A text with `$1` or `${name}`, `$0` and `$$` in it; or as for `string.gsub`.
---@param n? integer
---@return string text
---@return integer count How many matches were replaced.
function re.gsub(pattern, text, new, n) end

return re

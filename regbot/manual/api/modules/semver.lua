---@meta semver

---A version. `==` `<` `<=` compare versions; `tostring` gives the text, without a `v`.
---@class Version
---@field major number The first of its three numbers.
---@field minor number The second.
---@field patch number The third.
---@field prerelease string What stands behind a `-`, such as `rc.1`, or `""`.
---@field build string What stands behind a `+`, or `""`; no comparison counts it.

---Versions, as Semantic Versioning 2.0.0 has them; a `v` before one does not matter.
---
---```lua
---local semver = require("semver")
---local releases, others = semver.sort({"v1.10.0", "latest", "v1.9.2", "v2.0.0-rc.1"}, "desc")
---print(table.concat(releases, " "), others[1])  --> v2.0.0-rc.1 v1.10.0 v1.9.2 latest
---print(semver.satisfies("1.10.0", "^1.9"), semver.satisfies("2.0.0-rc.1", ">=1.9"))  --> true false
---print(semver.parse("v1.9.2").minor)  --> 9
---```
---
---A **range** is made of `=` `!=` `>` `>=` `<` `<=` before a version, of which the last numbers may be missing, or be
---`x` or `*`; `^1.2.3` is up to 2.0.0 (`^0.2.3`: up to 0.3.0), `~1.2.3` up to 1.3.0, `1.2 - 2.3` from 1.2.0 to all of
---2.3. A space or a comma is *and*, `||` is *or*. A prerelease is in a range only where that names a prerelease of the
---same three numbers: `2.0.0-rc.2` is in `>=2.0.0-rc.1`, and neither in `>=1.0.0` nor in `*`.
---@class semver
local semver = {}

---Reads a version.
---@param text string|Version
---@return Version? version nil for what is no version.
---@return string problem Why it is none.
function semver.parse(text) end

---Compares two versions; what is no version is an error.
---@param a string|Version
---@param b string|Version
---@return integer order -1, 0 or 1, as *a* is below, equal to or above *b*.
function semver.compare(a, b) end

---Says whether a version is in a range. A text that is no version is in none; a range that cannot be read is an error.
---@param version string|Version
---@param range string
---@return boolean satisfies
function semver.satisfies(version, range) end

---Sorts those of a list that are versions.
---@param list (string|Version)[]
---@param order? "asc"|"desc" `"asc"`, the lowest first, by default.
---@return (string|Version)[] versions
---@return string[] others Those that are none, in the order of the list.
function semver.sort(list, order) end

return semver

---@meta retention

---A tag, and what is known of it.
---@class RetentionItem
---@field name string The tag.
---@field created? number Seconds since 1970, as `image.created` gives them.

---A tag that was kept or dropped.
---@class RetentionResult: RetentionItem
---@field reason string Why, such as `newest 3` or `older than 30d`.

---@class (exact) RetentionOptions
---@field newest? integer Keeps so many, the newest.
---@field age? string|number Keeps what is not older: `"30d"`, `"72h"`, in units of `s m h d w`; or so many seconds.
---@field semver? string Keeps the versions in a range, see `semver.satisfies`.
---@field pattern? string|string[] Keeps what a pattern matches, see `glob.match`.
---@field minimum? integer Never fewer are kept: the newest of the others are added.
---How to tell the newest. By default `created` where all items have it, else `semver` where all are versions, else it
---is an error.
---@field order? "created"|"semver"|"name"
---@field now? number The time, in seconds since 1970, for a test.

---Which tags to keep, and which to delete. Nothing is deleted here.
---
---```lua
---local retention = require("retention")
---local keep, drop = retention.select({"v1.9.0", "v1.10.0", "v1.10.1", "v2.0.0"}, {newest = 1, semver = "~1.10"})
---for _, found in ipairs(drop) do
---  log(found.name .. ": " .. found.reason)  --> v1.9.0: not semver ~1.10; not among the newest 1
---end
---```
---
---Each of `newest`, `age`, `semver` and `pattern` keeps something, and one of them must be there; what none keeps is
---dropped, whatever it is called. In doubt an item is kept: by `age` what has no `created`, by `newest` and `minimum`
---what their order cannot tell.
---@class retention
local retention = {}

---Selects what to keep and what to drop. Both lists are in the order of the items.
---@param items (string|RetentionItem)[] Names, or tables with a name each; no name twice.
---@param rules RetentionOptions
---@return RetentionResult[] keep
---@return RetentionResult[] drop
function retention.select(items, rules) end

return retention

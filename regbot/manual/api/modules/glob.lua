---@meta glob

---Patterns of names, as shells have them.
---
---```lua
---local glob = require("glob")
---print(glob.match("v1.*", "v1.2"), glob.match({"v1.*", "latest"}, "latest"))  --> true true
---print(table.concat(glob.filter({"v1.2", "v1.2-rc1", "v2.0"}, "v[12].{0,2}"), " "))  --> v1.2 v2.0
---```
---
---A pattern is held against the whole text. `*` is any text without a slash, `**` any text, `?` any byte but a slash,
---`[a-z]` one of these, `[!a-z]` any but these and a slash, `{a,b}` one or the other, which may be patterns; `\` takes
---away what the next letter means. In place of a pattern there may be a list: one of them must match. The time that it
---takes is in proportion to pattern and text.
---@class glob
local glob = {}

---Says whether a text matches.
---@param pattern string|string[]
---@param text string
---@return boolean matches
function glob.match(pattern, text) end

---Returns the texts of a list that match, in their order.
---@param list string[]
---@param pattern string|string[]
---@return string[] matching
function glob.filter(list, pattern) end

return glob

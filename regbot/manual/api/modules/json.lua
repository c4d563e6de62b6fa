---@meta json

---A number with all its digits: one of JSON's that none of Lua's own numbers says exactly, such as those beyond 2^53.
---`tostring` gives the digits.
---@class JsonNumber
local JsonNumber = {}

---Returns the nearest of Lua's own numbers.
---@return number number
function JsonNumber:number() end

---@class (exact) JsonOptions
---@field indent? integer A line for each value, indented by so many spaces: at most 16.

---JSON, to read and to write.
---
---```lua
---local json = require("json")
---local report = json.decode('{"layers": [], "size": 12345678901234567890, "parent": null}')
---print(#report.layers, report.parent == json.null)  --> 0 true
---report.parent = "app"
---print(json.encode(report))  --> {"layers":[],"parent":"app","size":12345678901234567890}
---```
---@class json
---@field null userdata What stands for `null`, since a table holds no nil.
local json = {}

---Reads JSON: objects and arrays to tables, `null` to `json.null`.
---
---A number that none of Lua's own says exactly becomes one with all its digits, which `json.encode` writes as it was.
---@param text string At most 8 MiB; at most 128 levels in each other.
---@return any value
function json.decode(text) end

---Writes JSON, on one line if nothing else is asked for, and with the names of objects in order.
---
---A table with the positions 1, 2, 3 and so on is an array; an empty one is an object, but for arrays that
---`json.decode` read or `json.array` marked. What cannot be written is an error that names the place.
---@param value any Not nil: that is `json.null`.
---@param options? JsonOptions
---@return string text
function json.encode(value, options) end

---Marks a table as an array, which matters where it is empty; returns it.
---@param list? table A new table by default.
---@return table list
function json.array(list) end

---Makes a number that keeps all its digits.
---@param digits string Such as `"12345678901234567890"`.
---@return JsonNumber number
function json.number(digits) end

return json

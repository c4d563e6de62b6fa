---@meta time

---Times as texts, and as seconds since 1970, with which one can reckon.
---
---```lua
---local time = require("time")
---local built = time.parse("2024-01-31T12:00:00.5+01:00")
---print(built)  --> 1706698800.5
---print(time.format(built + time.seconds("1d")))  --> 2024-02-01T11:00:00.5Z
---print(time.parse("31.1.2024"))  --> nil it is not written like 2024-01-02T03:04:05Z or 2024-01-02T03:04:05.5+02:00
---```
---@class time
local time = {}

---Reads a time of RFC 3339, such as `2024-01-02T03:04:05Z`, or one as `created` of a config reads.
---@param text? string nil, where there is none, is no mistake.
---@return number? seconds Since 1970, with a fraction; nil for what is no time.
---@return string problem Why it is none.
function time.parse(text) end

---Writes a time as RFC 3339 has it, with a fraction where there is one, to microseconds.
---@param seconds number Since 1970.
---@param offset? string Such as `"+02:00"`; UTC by default.
---@return string text
function time.format(seconds, offset) end

---Returns the seconds since 1970, now.
---@return number seconds
function time.now() end

---Returns the seconds of a duration; a text that is none is an error.
---@param duration string Such as `"1h30m"`, with the units `ns us ms s m h`, `d` for 24 hours, `w` for 7 days.
---@return number seconds
function time.seconds(duration) end

return time

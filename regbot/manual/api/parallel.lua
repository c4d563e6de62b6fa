---@meta _

---@class (exact) ParallelOptions
---@field limit? integer How many calls are under way at a time: 1 to 64, 8 by default.

---*Extension.* Several things at a time.
---@class parallellib
parallel = {}

---*Extension.* Calls *fn* for each item of a list, several at a time; returns their first results, in the list's order.
---
---The first error ends it: what is under way is cancelled, the rest is not begun, and the error is raised here.
---@generic T, R
---@param list T[] At most 100,000 items.
---@param fn fun(item: T): R Called as `fn(item)`.
---@param options? ParallelOptions
---@return R[] results
function parallel.map(list, fn, options) end

---*Extension.* The same as `parallel.map`, without results.
---@generic T
---@param list T[]
---@param fn fun(item: T) Called as `fn(item)`.
---@param options? ParallelOptions
function parallel.each(list, fn, options) end

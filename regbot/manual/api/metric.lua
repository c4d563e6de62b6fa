---@meta _

---*Extension.* Counters of a run.
---@class metriclib
metric = {}

---*Extension.* Adds to a counter of this run; when the run ends, the log has them all. It may be called as often
---as one likes. Of a run that is cut off, by its timeout say, what was counted after its latest operation may be lost.
---@param name string Of `a-z`, `0-9` and `_`, a letter first, at most 64; a run has at most 32 names.
---@param n? number What to add, 0 or more: 1 by default.
function metric.add(name, n) end

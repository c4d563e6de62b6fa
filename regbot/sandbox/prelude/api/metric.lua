-- metric: counters of this run, which the log names when it ends.

local use = ...
local counters, errors, objects = use("counters"), use("errors"), use("objects")

local find, format, type = string.find, string.format, type

local MAX_METRICS = 32
local MAX_NAME = 64
local MAX_SHOWN = 80
-- The supervisor takes no larger amount, and a sum that is no number any more ends a run.
local MAX_TOTAL = 1e300

local metric = {}

local totals, count = {}, 0

local function refuse(...)
  errors.raise("metric.add: " .. format(...))
end

local function check_name(name)
  if type(name) ~= "string" then
    refuse("the name should be a string, not %s", objects.kind(name))
  elseif #name > MAX_NAME or not find(name, "^[a-z][a-z0-9_]*$") then
    local shown = errors.cut(name, MAX_SHOWN)
    refuse(
      'a metric cannot be named "%s": a-z, 0-9 and _ only, a letter first, %d at most', shown, MAX_NAME
    )
  elseif not totals[name] and count >= MAX_METRICS then
    refuse('"%s" would be one more than the %d metrics that a run may have', name, MAX_METRICS)
  end
end

local function check_amount(amount)
  if type(amount) ~= "number" then
    refuse("the amount should be a number, 0 or more, not %s", objects.kind(amount))
  elseif not (amount >= 0 and amount <= MAX_TOTAL) then
    refuse("the amount should be a number, 0 or more and at most %g, not %.14g", MAX_TOTAL, amount)
  end
end

function metric.add(name, amount)
  amount = amount == nil and 1 or amount
  check_name(name)
  check_amount(amount)
  local total = (totals[name] or 0) + amount
  if total > MAX_TOTAL then
    refuse('the metric "%s" would be more than %g', name, MAX_TOTAL)
  end
  count = totals[name] and count or count + 1
  totals[name] = total
  counters.add(name, amount)
end

return metric

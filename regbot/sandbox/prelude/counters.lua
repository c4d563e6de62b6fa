-- What was added to the counters of this run and not sent yet.  It goes out before each call, each wait and the end,
-- once a counter: so a script may count as often as it likes, and costs the supervisor no more than its calls.

local use = ...
local wire = use("wire")

local yield = coroutine.yield

local counters = {}

-- The names in the order of their first use, and what was added to each.
local names, added = {}, {}

-- Add *amount* to a counter.
function counters.add(name, amount)
  if not added[name] then
    names[#names + 1] = name
  end
  added[name] = (added[name] or 0) + amount
end

-- Send what was added; only the driver calls this.
function counters.send()
  for i = 1, #names do
    local name = names[i]
    yield(wire.metric(name, added[name]))
    names[i], added[name] = nil, nil
  end
end

return counters

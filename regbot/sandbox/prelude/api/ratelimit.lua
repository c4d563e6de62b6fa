-- Pull quotas: what a registry says of them, and waiting for enough.

local use = ...
local arguments, calls = use("arguments"), use("calls")

local floor = math.floor

local ratelimit = {}

-- Return a table of its own each time, with Go's names only.
function ratelimit.copy(known)
  local policies = {}
  for i, policy in ipairs(known.Policies or {}) do
    policies[i] = policy
  end
  return {
    Set = known.Set, Remain = known.Remain, Limit = known.Limit, Reset = known.Reset, Policies = policies,
  }
end

-- Wait until at least *limit* requests remain, asking every *poll* until *timeout*; return whether they do.  The limit
-- may be a part of the whole, such as a third: its fraction does not count, as in the Go program.
function ratelimit.wait(caller, image, limit, poll, timeout)
  return calls.perform("image.ratelimitWait", {
    arguments.image(caller, "image", image),
    floor(arguments.needed(caller, "limit", "number", limit)),
    arguments.optional(caller, "poll", "duration", poll),
    arguments.optional(caller, "timeout", "duration", timeout),
  }, 4)
end

return ratelimit

-- What leaves the child: operations, which wait for their answers, and messages for the log.

local use = ...
local errors, failures, pack, threads = use("errors"), use("failures"), use("codec/pack"), use("threads")
local unpack, wire = use("codec/unpack"), use("wire")

local error, yield = error, coroutine.yield
local REQUEST = threads.REQUEST

local MAX_LOG = 1024 * 1024

local calls = {}

-- Return the result of *operation*, or raise its failure; *count* is how many arguments there are, nil among them.
function calls.perform(operation, arguments, count)
  while count > 0 and arguments[count] == nil do
    count = count - 1
  end
  local chunk, line = errors.here()
  local request = wire.request(operation, line or 0, pack.list(arguments, count))
  local ok, answer, number = yield(REQUEST, "call", request)
  local value = unpack(answer)
  if not ok then
    local text = errors.positioned(chunk, line, value.message)
    failures.remember(text, operation, line, number, value)
    error(text, 0)
  end
  return value
end

-- Send *text* to the log, with *fields*: names to texts, numbers and booleans.
function calls.log(level, text, fields)
  yield(REQUEST, "tell", wire.log(level, errors.cut(text, MAX_LOG), fields))
end

-- Add *amount* to a counter of this run.
function calls.count(name, amount)
  yield(REQUEST, "tell", wire.metric(name, amount))
end

return calls

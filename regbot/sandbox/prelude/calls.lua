-- What leaves the child: operations, which wait for their answers, and messages for the log.

local use = ...
local errors, pack, threads, unpack = use("errors"), use("codec/pack"), use("threads"), use("codec/unpack")

local yield = coroutine.yield
local REQUEST = threads.REQUEST

local MAX_LOG = 1024 * 1024
-- An empty map.
local NO_FIELDS = "\128"

local calls = {}
local last_number = 0

-- Return the result of *operation*, or raise its failure; *count* is how many arguments there are, nil among them.
function calls.perform(operation, arguments, count)
  while count > 0 and arguments[count] == nil do
    count = count - 1
  end
  local chunk, line = errors.here()
  local payload = pack.list(arguments, count)
  last_number = last_number + 1
  local fields = pack.number(last_number) .. pack.str(operation) .. pack.number(line or 0) .. pack.bin(payload)
  local ok, answer = yield(REQUEST, last_number, "\149\164call" .. fields)
  local value = unpack(answer)
  if not ok then
    errors.raise_at(chunk, line, value.message)
  end
  return value
end

-- Send *text* to the log, with *fields*: names to texts, numbers and booleans.
function calls.log(level, text, fields)
  local said = pack.str(level) .. pack.bin(errors.cut(text, MAX_LOG))
  yield(REQUEST, nil, "\148\163log" .. said .. pack.bin(fields and pack.value(fields) or NO_FIELDS))
end

-- Add *amount* to a counter of this run.
function calls.count(name, amount)
  yield(REQUEST, nil, "\147\166metric" .. pack.str(name) .. pack.number(amount))
end

return calls

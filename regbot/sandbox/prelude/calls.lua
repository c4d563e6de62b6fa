-- What leaves the child: operations, which wait for their answers, and messages for the log.

local use = ...
local errors, failures, limits = use("errors"), use("failures"), use("limits")
local pack, unpack = use("codec/pack"), use("codec/unpack")
local threads, wire = use("threads"), use("wire")

local error, format, min, yield = error, string.format, math.min, coroutine.yield
local REQUEST = threads.REQUEST

-- Bytes of a text.
local MAX_TEXT = 1024 * 1024
-- Bytes that a message counts for in the log besides its text and its fields.
local RECORD = 128
-- The payload of an empty map.
local NO_FIELDS = "\128"

local calls = {}

-- Ends the run, for good: nothing of the script goes on, whatever would catch an error here.
local function give_up(operation, chunk, line, bytes)
  local most = limits.shown(limits.message)
  local what = "%s: the operation with its arguments has %d bytes or more (limit: messageBytes of %s)"
  yield(REQUEST, "give_up", errors.positioned(chunk, line, format(what, operation, bytes, most)))
end

-- Return the result of *operation*, or raise its failure; *count* is how many arguments there are, nil among them.
function calls.perform(operation, arguments, count)
  while count > 0 and arguments[count] == nil do
    count = count - 1
  end
  local chunk, line = errors.here()
  local function full(bytes)
    give_up(operation, chunk, line, bytes)
  end
  local request = wire.request(operation, line or 0, pack.list(arguments, count, limits.message, full))
  if #request + wire.MAX_CALL > limits.message then
    full(#request + wire.MAX_CALL)
  end
  local ok, answer, number = yield(REQUEST, "call", request)
  local value = unpack(answer)
  if not ok then
    local text = errors.positioned(chunk, line, value.message)
    failures.remember(text, operation, line, number, value)
    error(text, 0)
  end
  return value
end

-- Send *text* to the log, with *fields*: names to texts, numbers and booleans, or nil.  The first message beyond the
-- limit is sent, for the log to say that it is cut, and none after that.
function calls.log(level, text, fields)
  if limits.log < 0 then
    return
  end
  local payload = fields and pack.value(fields) or NO_FIELDS
  text = errors.cut(text, min(MAX_TEXT, limits.message - #payload - wire.MAX_LOG))
  limits.log = limits.log - #text - #payload - RECORD
  yield(REQUEST, "tell", wire.log(level, text, payload))
end

return calls

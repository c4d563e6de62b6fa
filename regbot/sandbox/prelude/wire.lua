-- The frames that this side sends, as regbot/protocol/messages.py reads them: each a list, whose first entry is the
-- message's name.

local use = ...
local pack = use("codec/pack")

local wire = {}

-- Bytes of a call's frame besides its request, at most, and of a message's for the log besides text and fields.
wire.MAX_CALL, wire.MAX_LOG = 15, 32

-- Return what follows a call's number: it has one only when it is sent.
function wire.request(operation, line, payload)
  return pack.str(operation) .. pack.number(line) .. pack.bin(payload)
end

-- Return the frame of a call.
function wire.call(number, request)
  return "\149\164call" .. pack.number(number) .. request
end

-- Return the frame that says that nobody wants a call's result any more.
function wire.cancel(number)
  return "\146\166cancel" .. pack.number(number)
end

-- Return the frame of a message for the log; *fields* is the payload of a map.
function wire.log(level, text, fields)
  return "\148\163log" .. pack.str(level) .. pack.bin(text) .. pack.bin(fields)
end

-- Return the frame that adds to a counter.
function wire.metric(name, amount)
  return "\147\166metric" .. pack.str(name) .. pack.number(amount)
end

wire.DONE = "\145\164done"

-- Return the frame of a script's end by an error: that of the call of this *number*, or of none if it is 0.
function wire.failed(reason, text, traceback, number)
  return "\149\166failed" .. pack.str(reason) .. pack.bin(text) .. pack.bin(traceback) .. pack.number(number)
end

return wire

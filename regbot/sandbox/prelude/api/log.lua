-- log and print.

local use = ...
local basics, calls, errors, objects = use("basics"), use("calls"), use("errors"), use("objects")

local concat, select, type = table.concat, select, type

local logging = {}

-- Return the message that *caller* was given as its first argument, as text.
function logging.message(caller, ...)
  local message = ...
  local kind = type(message)
  if kind ~= "string" and kind ~= "number" then
    local came = select("#", ...) == 0 and "nothing" or objects.kind(message)
    errors.raise(caller .. ": the message should be a string or a number, not " .. came)
  end
  return message .. ""
end

function logging.log(...)
  calls.log("info", logging.message("log", ...))
end

function logging.print(...)
  local parts = {}
  for i = 1, select("#", ...) do
    local shown = basics.shown((select(i, ...)))
    if type(shown) ~= "string" then
      errors.raise("'tostring' must return a string to 'print'")
    end
    parts[i] = shown
  end
  calls.log("info", concat(parts, "\t"))
end

return logging

-- The library `os`, as far as it only tells the time.

local use = ...
local errors = use("errors")

local type, date, time, find, sub = type, os.date, os.time, string.find, string.sub

local MAX_LAYOUT = 1024
-- C99's conversions without the modifiers and widths that a C library may add.
local CONVERSIONS = "[aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZ%%]"

local clock = { clock = os.clock, difftime = os.difftime }

local function check_layout(layout)
  if #layout > MAX_LAYOUT then
    errors.raise("os.date: the format is longer than " .. MAX_LAYOUT .. " bytes")
  end
  local position = find(layout, "%", 1, true)
  while position do
    if not find(layout, "^" .. CONVERSIONS, position + 1) then
      errors.raise('os.date: there is no conversion "%' .. sub(layout, position + 1, position + 1) .. '"')
    end
    position = find(layout, "%", position + 2, true)
  end
end

function clock.date(layout, seconds)
  if type(layout) == "string" and not find(layout, "^!?%*t$") then
    check_layout(layout)
  end
  if seconds == nil then
    seconds = time()
  end
  return date(layout or "%c", seconds)
end

-- The fields are read here, because where LuaJIT reads them a metamethod of the script could call no operation.
function clock.time(fields)
  if type(fields) ~= "table" then
    return time(fields)
  end
  return time({
    year = fields.year, month = fields.month, day = fields.day, hour = fields.hour, min = fields.min, sec = fields.sec,
    isdst = fields.isdst,
  })
end

return clock

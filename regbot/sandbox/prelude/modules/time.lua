-- The module `time`: texts of times and durations, and seconds.

local use = ...
local arguments, civil, errors, objects = use("arguments"), use("civil"), use("errors"), use("objects")

local huge, floor, now, tonumber, type = math.huge, math.floor, os.time, tonumber, type
local find, format, gsub, match = string.find, string.format, string.gsub, string.match

local MAX_DURATION = 100
local UNITS = {
  ns = 1e-9, us = 1e-6, ["µs"] = 1e-6, ["μs"] = 1e-6, ms = 1e-3, s = 1, m = 60, h = 3600, d = 86400, w = 604800,
}

local time = { now = function()
  return now()
end }

-- Return the seconds since 1970 of a time, with its fraction: of RFC 3339 (a leap second counts as the one after it),
-- or as Go prints times.  Nil and why, if *text* is no time or nil.
function time.parse(text)
  if text == nil then
    return nil, "there is no text"
  end
  local parsed, problem = civil.parse(arguments.needed("time.parse", "text", "text", text))
  if not parsed then
    return nil, problem
  end
  return civil.seconds(parsed)
end

-- Returns the seconds east of Greenwich of "+02:00" or "Z".
local function offset_of(text)
  if text == nil or text == "Z" then
    return 0
  end
  local known = civil.parse("2000-01-01T00:00:00" .. arguments.needed("time.format", "offset", "text", text))
  if not known or known.fraction ~= "" then
    errors.raise('time.format: the offset should be written like "+02:00" or "Z"')
  end
  return known.offset
end

-- Return seconds since 1970 as a text of RFC 3339, at Greenwich or at an offset; a fraction to microseconds.
function time.format(seconds, offset)
  if type(seconds) ~= "number" or seconds ~= seconds or seconds == huge or seconds == -huge then
    local came = type(seconds) == "number" and format("%g", seconds) or objects.kind(seconds)
    errors.raise("time.format: the seconds should be a number, not " .. came)
  end
  local whole = floor(seconds)
  local micro = floor((seconds - whole) * 1e6 + 0.5)
  if micro == 1e6 then
    whole, micro = whole + 1, 0
  end
  local found = civil.at(whole, offset_of(offset))
  if not found then
    errors.raise(format("time.format: %.14g seconds lead out of the years 0000 to 9999", seconds))
  end
  if micro > 0 then
    found.fraction = "." .. gsub(format("%06d", micro), "0+$", "")
  end
  return civil.text(found)
end

local function refuse(text, why)
  errors.raise('time.seconds: "' .. errors.cut(text, MAX_DURATION) .. '" is no duration: ' .. why)
end

-- Return the seconds of a duration in Go's syntax, with d for days of 24 hours and w for weeks besides: "1w2d",
-- "1h30m", "1.5s".
function time.seconds(text)
  arguments.needed("time.seconds", "duration", "text", text)
  local sign, rest = match(text, "^([+-]?)(.*)$")
  if rest == "0" then
    return 0
  elseif find(rest, "^%d+%.?%d*$") then
    refuse(text, "it has no unit, such as s for seconds")
  elseif rest == "" or #text > MAX_DURATION then
    refuse(text, 'it should be written like "1h30m"')
  end
  local total, position = 0, 1
  while position <= #rest do
    local digits, unit = match(rest, "^([%d.]+)([^%d.]+)", position)
    local number = digits and tonumber(digits)
    if not number then
      refuse(text, 'it should be written like "1h30m"')
    elseif not UNITS[unit] then
      refuse(text, '"' .. unit .. '" is no unit; there are ns, us, ms, s, m, h, d and w')
    end
    total, position = total + number * UNITS[unit], position + #digits + #unit
  end
  return sign == "-" and -total or total
end

return time

-- Times as Go prints them: 2024-01-02T03:04:05.5+02:00 is "2024-01-02 03:04:05.5 +0200 +0200".

local date, floor, tonumber = os.date, math.floor, tonumber
local format, gsub, match = string.format, string.gsub, string.match

local LAYOUT = "^(%d%d%d%d)%-(%d%d)%-(%d%d)T(%d%d):(%d%d):(%d%d)(%.?%d*)([Zz+-])(%d?%d?):?(%d?%d?)$"

-- Seconds since 1970 of a civil date and time; March is the first month, so that the leap day is the last.
local function seconds(year, month, day, hour, minute, second)
  if month < 3 then
    year, month = year - 1, month + 12
  end
  local leap_days = floor(year / 4) - floor(year / 100) + floor(year / 400)
  local days = 365 * year + leap_days + floor((153 * (month - 3) + 2) / 5) + day
  return (days - 719469) * 86400 + hour * 3600 + minute * 60 + second
end

-- Go names a zone when the local one has the offset at that time, else it writes the offset again.
local function zone_name(offset, time)
  if date("%z", time) == offset then
    return date("%Z", time)
  end
  return offset
end

-- Return Go's text of an RFC 3339 time, nil if *text* is none.
return function(text)
  local year, month, day, hour, minute, second, fraction, sign, hours, minutes = match(text, LAYOUT)
  if not year or fraction == "." then
    return nil
  end
  local offset, name = "+0000", "UTC"
  if sign == "+" or sign == "-" then
    if #hours + #minutes ~= 4 then
      return nil
    end
    offset = sign .. hours .. minutes
    local east = tonumber(sign .. "1") * (hours * 3600 + minutes * 60)
    name = zone_name(offset, seconds(year + 0, month + 0, day + 0, hour, minute, second) - east)
  end
  fraction = gsub(gsub(fraction, "0+$", ""), "^%.$", "")
  return format("%s-%s-%s %s:%s:%s%s %s %s", year, month, day, hour, minute, second, fraction, offset, name)
end

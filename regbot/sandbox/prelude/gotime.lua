-- Times as Go prints them: 2024-01-02T03:04:05.5+02:00 is "2024-01-02 03:04:05.5 +0200 +0200".

local use = ...
local civil = use("civil")

local date, floor, format = os.date, math.floor, string.format

-- Go names a zone when the local one has the offset at that time, else it writes the offset again.
local function zone_name(time, offset)
  local seconds = floor(civil.seconds(time))
  if date("%z", seconds) == offset then
    return date("%Z", seconds)
  end
  return offset
end

-- Return Go's text of an RFC 3339 time, nil if *text* is none.
return function(text)
  local time = civil.parse(text)
  if not time or time.printed then
    return nil
  end
  local offset = civil.offset_text(time.offset, "")
  local name = time.utc and "UTC" or zone_name(time, offset)
  return format("%04d-%02d-%02d %02d:%02d:%02d%s %s %s", time.year, time.month, time.day, time.hour, time.minute,
    time.second, time.fraction, offset, name)
end

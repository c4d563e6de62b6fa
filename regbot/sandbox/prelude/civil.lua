-- Dates and times of RFC 3339, and as Go prints them, in the civil calendar and as seconds since 1970.

local abs, floor, tonumber = math.abs, math.floor, tonumber
local find, format, gsub, match, sub = string.find, string.format, string.gsub, string.match, string.sub

local MAX_REST = 100
local DATE_AND_TIME = "^(%d%d%d%d)%-(%d%d)%-(%d%d)([Tt ])(%d%d):(%d%d):(%d%d)(.*)$"
local DAYS = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }
local RULE = "it is not written like 2024-01-02T03:04:05Z or 2024-01-02T03:04:05.5+02:00"

local civil = {}

-- Returns the days since 1970 of a date; March is the first month, so that the leap day is the last.
local function day_of(year, month, day)
  if month < 3 then
    year, month = year - 1, month + 12
  end
  local leap_days = floor(year / 4) - floor(year / 100) + floor(year / 400)
  return 365 * year + leap_days + floor((153 * (month - 3) + 2) / 5) + day - 719469
end

-- Returns year, month and day of a count of days since 1970.
local function date_of(days)
  local year = floor((days + 719468) / 365.2425)
  while day_of(year, 3, 1) > days do
    year = year - 1
  end
  while day_of(year + 1, 3, 1) <= days do
    year = year + 1
  end
  local day = days - day_of(year, 3, 1)
  local month = floor((5 * day + 2) / 153)
  day = day - floor((153 * month + 2) / 5) + 1
  if month > 9 then
    return year + 1, month - 9, day
  end
  return year, month + 3, day
end

local function is_leap(year)
  return year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
end

local function is_date(year, month, day)
  local last = DAYS[month]
  if month == 2 and is_leap(year) then
    last = 29
  end
  return last and day >= 1 and day <= last
end

-- Returns seconds east of Greenwich; nil for what is no offset.
local function offset_of(sign, hours, minutes)
  hours, minutes = tonumber(hours), tonumber(minutes)
  if hours > 23 or minutes > 59 then
    return nil
  end
  return (sign == "-" and -1 or 1) * (hours * 3600 + minutes * 60)
end

-- Returns fraction, sign, hours and minutes of what stands behind the seconds; nil where that is something else.
local function tail_of(rest, separator)
  local fraction, zone = match(rest, "^(%.?%d*)(.*)$")
  if fraction == "." then
    return nil
  elseif separator == " " then
    local sign, hours, minutes = match(zone, "^ ([+-])(%d%d)(%d%d) [%w+-]+$")
    return sign and fraction, sign, hours, minutes
  elseif zone == "Z" or zone == "z" then
    return fraction, "+", "00", "00"
  end
  local sign, hours, minutes = match(zone, "^([+-])(%d%d):(%d%d)$")
  return sign and fraction, sign, hours, minutes
end

-- A leap second is only ever the last one of a day at Greenwich.
local function is_time(time)
  if time.hour > 23 or time.minute > 59 then
    return false
  end
  local minute = time.hour * 60 + time.minute - time.offset / 60
  return time.second < 60 or time.second == 60 and minute % 1440 == 1439
end

-- Return a time taken apart: numbers `year month day hour minute second offset`, the `fraction` as its digits after a
-- point without zeros at the end ("" where there is none; at most nine, as Go keeps them), whether it was `printed` by
-- Go, and whether its zone is `utc`, called so.  Nil and why if *text* is none.
function civil.parse(text)
  local year, month, day, separator, hour, minute, second, rest = match(text, DATE_AND_TIME)
  if not year or #rest > MAX_REST then
    return nil, RULE
  end
  local fraction, sign, hours, minutes = tail_of(rest, separator)
  if not fraction then
    return nil, RULE
  end
  local time = {
    year = tonumber(year), month = tonumber(month), day = tonumber(day),
    hour = tonumber(hour), minute = tonumber(minute), second = tonumber(second),
    fraction = gsub(gsub(sub(fraction, 1, 10), "0+$", ""), "^%.$", ""), offset = offset_of(sign, hours, minutes),
    printed = separator == " ", utc = find(rest, "[Zz]$") ~= nil and separator ~= " ",
  }
  if not is_date(time.year, time.month, time.day) then
    return nil, "there is no day " .. sub(text, 1, 10)
  elseif not time.offset then
    return nil, "there is no offset " .. sign .. hours .. ":" .. minutes
  elseif not is_time(time) then
    return nil, "there is no time of day " .. sub(text, 12, 19)
  end
  return time
end

-- Return the seconds since 1970 of a time, with its fraction; a leap second counts as the next.
function civil.seconds(time)
  local days = day_of(time.year, time.month, time.day)
  local seconds = days * 86400 + time.hour * 3600 + time.minute * 60 + time.second - time.offset
  return seconds + tonumber("0" .. time.fraction)
end

-- Return the time at a whole number of seconds since 1970, at an offset; nil before the year 0 and after 9999.
function civil.at(seconds, offset)
  local days = floor((seconds + offset) / 86400)
  if days < -719528 or days > 2932896 then
    return nil
  end
  local year, month, day = date_of(days)
  local rest = seconds + offset - days * 86400
  return {
    year = year, month = month, day = day, offset = offset, fraction = "",
    hour = floor(rest / 3600), minute = floor(rest / 60) % 60, second = rest % 60,
  }
end

-- Return an offset as +02:00, with *separator* where the colon is.
function civil.offset_text(offset, separator)
  local minutes = abs(offset) / 60
  return format("%s%02d%s%02d", offset < 0 and "-" or "+", floor(minutes / 60), separator, minutes % 60)
end

-- Return a time in the form of RFC 3339 that Go writes.
function civil.text(time)
  local zone = time.offset == 0 and "Z" or civil.offset_text(time.offset, ":")
  return format("%04d-%02d-%02dT%02d:%02d:%02d%s%s", time.year, time.month, time.day, time.hour, time.minute,
    time.second, time.fraction, zone)
end

return civil

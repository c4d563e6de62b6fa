-- The table of rules that a script writes, to values.

local arguments, items, matcher = require("internal.arguments"), require("retention.items"), require("glob.matcher")
local ranges, spelling = require("semver.ranges"), require("internal.spelling")

local concat, find, format, gmatch, gsub = table.concat, string.find, string.format, string.gmatch, string.gsub
local huge, ipairs, next, tonumber, type = math.huge, ipairs, next, tonumber, type

local UNITS = { w = 604800, d = 86400, h = 3600, m = 60, s = 1 }
local ORDERS = { created = true, semver = true, name = true }

local function whole(least, expected)
  return function(value)
    if arguments.is_whole(value, least) and value < huge then
      return value
    end
    return nil, expected
  end
end

-- Returns the seconds of a text such as 1d12h; nil if it is none.
local function seconds_of(text)
  if gsub(text, "%d+%.?%d*[wdhms]", "") ~= "" then
    return nil
  end
  local sum = 0
  for number, unit in gmatch(text, "(%d+%.?%d*)(%a)") do
    sum = sum + tonumber(number) * UNITS[unit]
  end
  return sum
end

local function age(value)
  local seconds, text = value, value
  if type(value) == "string" then
    seconds = seconds_of(value)
  elseif type(value) == "number" then
    text = format("%.14gs", value)
  end
  if items.is_time(seconds) and seconds > 0 then
    return { seconds = seconds, text = text }
  end
  return nil, 'a time above 0, such as "30d" or "72h", or seconds'
end

local function semver(value)
  if type(value) ~= "string" then
    return nil, "a range of versions"
  end
  local range, problem = ranges.parse(value)
  if not range then
    return nil, "a range of versions (" .. problem .. ")"
  end
  return { range = range, text = value }
end

local function pattern(value)
  local texts = type(value) == "string" and { value } or value
  if not arguments.is_list(texts) or #texts == 0 then
    return nil, "a glob or a list of globs"
  end
  local globs = {}
  for i, text in ipairs(texts) do
    if type(text) ~= "string" then
      return nil, "a glob or a list of globs"
    end
    local matches, problem = matcher(text)
    if not matches then
      return nil, "a glob or a list of globs (" .. problem .. ")"
    end
    globs[i] = { matches = matches, text = text }
  end
  return { globs = globs, text = concat(texts, ", ") }
end

local function order(value)
  if ORDERS[value] then
    return value
  end
  return nil, '"created", "semver" or "name"'
end

local function now(value)
  if items.is_time(value) then
    return value
  end
  return nil, "seconds of the epoch"
end

-- Each takes what the script wrote, and returns what it means; or nil and what it should be.
local READERS = {
  newest = whole(1, "a whole number, 1 or more"),
  minimum = whole(0, "a whole number, 0 or more"),
  age = age, semver = semver, pattern = pattern, order = order, now = now,
}
local NAMES = { "age", "minimum", "newest", "now", "order", "pattern", "semver" }

local function no_rule(name)
  if type(name) ~= "string" then
    return "there is no rule whose name is a " .. type(name)
  end
  local known = concat(spelling.nearest_first(name, NAMES), ", ")
  return format("there is no rule %s; there are %s", arguments.quoted(name), known)
end

-- Return what the rules mean, by their names; or nil and the problem.
return function(given)
  if type(given) ~= "table" then
    return nil, arguments.unlike("rules", "a table such as {newest = 3}", given)
  end
  local rules = {}
  for name, value in next, given do
    if not READERS[name] then
      return nil, no_rule(name)
    end
    local rule, expected = READERS[name](value)
    if rule == nil then
      return nil, arguments.unlike(format('rule "%s"', name), expected, value)
    end
    rules[name] = rule
  end
  if not (rules.newest or rules.age or rules.semver or rules.pattern) then
    return nil, "no rule says what to keep: give newest, age, semver or pattern"
  end
  return rules
end

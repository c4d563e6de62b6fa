-- What a script hands over to be selected from and by: items and rules, to values.

local matcher, problems = require("glob.matcher"), require("internal.problems")
local ranges, versions = require("semver.ranges"), require("semver.versions")

local byte, format, gmatch, gsub = string.byte, string.format, string.gmatch, string.gsub
local concat, huge, ipairs, min, next, rawget = table.concat, math.huge, ipairs, math.min, next, rawget
local sort, sub, tonumber, type = table.sort, string.sub, tonumber, type

local UNITS = { w = 604800, d = 86400, h = 3600, m = 60, s = 1 }
local ORDERS = { created = true, semver = true, name = true }
local MAX_COMPARED = 40

local reading = {}

-- Whether *value* can be a time, in seconds of the epoch.
local function is_time(value)
  return type(value) == "number" and value > -huge and value < huge
end

-- Returns one item; or nil and the problem.
local function item_of(i, given)
  local name, created = given, nil
  if type(given) == "table" then
    name, created = given.name, given.created
  end
  if type(name) ~= "string" then
    return nil, problems.unlike("list's item " .. i, "a name, or a table with a name", given)
  elseif created ~= nil and not is_time(created) then
    local expected = "seconds of the epoch, as image.created gives them, or nil"
    return nil, problems.unlike('"created" of item ' .. i, expected, created)
  end
  return { name = name, created = created, version = versions.parse(name), kept = {}, missed = {} }
end

-- Return a list of { name, created, version } and, empty yet, the reasons `kept` and `missed`; or nil and the problem.
function reading.items(given)
  if not problems.is_list(given) then
    return nil, problems.unlike("items", "a list of names, or of tables with name and created", given)
  end
  local list, places = {}, {}
  for i, each in ipairs(given) do
    local item, problem = item_of(i, each)
    if not item then
      return nil, problem
    elseif places[item.name] then
      return nil, format("items %d and %d are both called %s", places[item.name], i, problems.quoted(item.name))
    end
    list[i], places[item.name] = item, i
  end
  return list
end

local function whole(least, expected)
  return function(value)
    if problems.is_whole(value, least) and value < huge then
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
  if is_time(seconds) and seconds > 0 then
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
  if not problems.is_list(texts) or #texts == 0 then
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
  if is_time(value) then
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

-- How many letters have to be changed, added or left out to make *b* of *a*.
local function distance(a, b)
  local above = {}
  for j = 0, #b do
    above[j] = j
  end
  for i = 1, #a do
    local row = { [0] = i }
    for j = 1, #b do
      local change = byte(a, i) == byte(b, j) and 0 or 1
      row[j] = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + change)
    end
    above = row
  end
  return above[#b]
end

-- Returns *names*, those that are spelled most like *word* first.
local function nearest_first(word, names)
  word = sub(word, 1, MAX_COMPARED)
  local sorted, distances = {}, {}
  for i, name in ipairs(names) do
    sorted[i], distances[name] = name, distance(word, name)
  end
  sort(sorted, function(a, b)
    return distances[a] < distances[b] or distances[a] == distances[b] and a < b
  end)
  return sorted
end

local function no_rule(name)
  if type(name) ~= "string" then
    return "there is no rule whose name is a " .. type(name)
  end
  local known = concat(nearest_first(name, NAMES), ", ")
  return format("there is no rule %s; there are %s", problems.quoted(name), known)
end

-- Return what the rules mean, by their names; or nil and the problem.
function reading.rules(given)
  if type(given) ~= "table" then
    return nil, problems.unlike("rules", "a table such as {newest = 3}", given)
  end
  for name in next, given do
    if not READERS[name] then
      return nil, no_rule(name)
    end
  end
  local rules = {}
  -- In an order of ours: that of a table's keys is another in each run, and so would be the first problem.
  for _, name in ipairs(NAMES) do
    local value = rawget(given, name)
    local rule, expected = nil, nil
    if value ~= nil then
      rule, expected = READERS[name](value)
    end
    if expected then
      return nil, problems.unlike(format('rule "%s"', name), expected, value)
    end
    rules[name] = rule
  end
  if not (rules.newest or rules.age or rules.semver or rules.pattern) then
    return nil, "no rule says what to keep: give newest, age, semver or pattern"
  end
  return rules
end

return reading

-- What to keep and what to delete.  Nothing is deleted here.
--
--   retention.select(items, rules)     two lists, of what to keep and what to drop, in the order of the items
--
-- *items* are names, or tables with `name` and, where it is known, `created` in seconds of the epoch (image.created
-- gives them).  Each result is a list of tables with `name`, `created` and `reason`, a text.  Every rule keeps
-- something; what no rule keeps is dropped, whatever it is called: keep `latest` with a pattern.
--
--   newest = 3                 the newest three
--   age = "30d"                what is not older: w, d, h, m and s, or a number of seconds
--   semver = ">=2 <3"          the versions in a range, see semver.satisfies
--   pattern = "v*"             names like a glob, or one of a list of globs, see glob.match
--
-- And for these rules:
--
--   minimum = 5                never fewer are kept: the newest of the others are added
--   order = "created"          how the newest are told: by "created", "semver" or "name", the greatest is the newest.
--                              Without it: by created if all items have it, else by semver if all are versions, else it
--                              is an error.
--   now = 1735689600           the time, for a test
--
-- In doubt an item is kept: age keeps what has no created; and newest and minimum keep, over and above their number,
-- what their order cannot tell.  Of items that are equally new those with the greater name come first.

local order, problems = require("retention.order"), require("internal.problems")
local ranges, reading = require("semver.ranges"), require("retention.reading")

local concat, format, ipairs, time = table.concat, string.format, ipairs, os.time

local retention = {}

local function mark(item, keeps, reason)
  local reasons = keeps and item.kept or item.missed
  reasons[#reasons + 1] = reason
end

local function by_pattern(list, pattern)
  local missed = (#pattern.globs > 1 and "matches none of " or "does not match ") .. problems.cut(pattern.text)
  for _, item in ipairs(list) do
    local matched
    for _, glob in ipairs(pattern.globs) do
      matched = matched or glob.matches(item.name) and glob.text
    end
    mark(item, matched, matched and "matches " .. problems.cut(matched) or missed)
  end
end

local function by_semver(list, semver)
  local text = problems.cut(semver.text)
  for _, item in ipairs(list) do
    if not item.version then
      mark(item, false, "no version")
    elseif ranges.has(semver.range, item.version) then
      mark(item, true, "semver " .. text)
    else
      mark(item, false, "not semver " .. text)
    end
  end
end

local function by_age(list, age, now)
  for _, item in ipairs(list) do
    if not item.created then
      mark(item, true, "age not known")
    elseif now - item.created <= age.seconds then
      mark(item, true, "younger than " .. age.text)
    else
      mark(item, false, "older than " .. age.text)
    end
  end
end

local function by_newest(list, newest, how)
  local ranked, doubtful = order.rank(list, how)
  for i, item in ipairs(ranked) do
    mark(item, i <= newest, (i <= newest and "newest " or "not among the newest ") .. newest)
  end
  for _, item in ipairs(doubtful) do
    mark(item, true, format("may be among the newest %d: %s", newest, order.DOUBTS[how]))
  end
end

local function by_minimum(list, minimum, how)
  local others = {}
  for _, item in ipairs(list) do
    others[#others + 1] = #item.kept == 0 and item or nil
  end
  local missing = minimum - (#list - #others)
  if missing <= 0 then
    return
  end
  local ranked, doubtful = order.rank(others, how)
  for i = 1, missing < #ranked and missing or #ranked do
    mark(ranked[i], true, "minimum " .. minimum)
  end
  for _, item in ipairs(doubtful) do
    mark(item, true, format("may be among the minimum %d: %s", minimum, order.DOUBTS[how]))
  end
end

local function marked(list, rules)
  local how, problem = rules.order, nil
  if (rules.newest or rules.minimum) and not how then
    how, problem = order.choose(list)
  end
  if problem then
    return problem
  end
  if rules.pattern then
    by_pattern(list, rules.pattern)
  end
  if rules.semver then
    by_semver(list, rules.semver)
  end
  if rules.newest then
    by_newest(list, rules.newest, how)
  end
  if rules.age then
    by_age(list, rules.age, rules.now or time())
  end
  if rules.minimum then
    by_minimum(list, rules.minimum, how)
  end
end

local function divided(list)
  local keep, drop = {}, {}
  for _, item in ipairs(list) do
    local kept = #item.kept > 0
    local side = kept and keep or drop
    side[#side + 1] = {
      name = item.name, created = item.created, reason = concat(kept and item.kept or item.missed, "; "),
    }
  end
  return keep, drop
end

local function selected(given, given_rules)
  local list, problem = reading.items(given)
  if not list then
    return problem
  end
  local rules, wrong = reading.rules(given_rules)
  if not rules then
    return wrong
  end
  problem = marked(list, rules)
  if problem then
    return problem
  end
  return nil, divided(list)
end

function retention.select(given, rules)
  return problems.settled("retention.select", selected(given, rules))
end

return retention

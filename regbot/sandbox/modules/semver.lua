-- Versions as of SemVer 2.0.0, with a v before them or without.
--
--   semver.parse(text)                 a version; nil and what is wrong if the text is none
--   semver.compare(a, b)               -1, 0 or 1 as *a* is below, equal to or above *b*
--   semver.satisfies(version, range)   whether it is in the range; a text that is no version is in none
--   semver.sort(list [, "desc"])       a new list of those that are versions, in order; and a list of the others
--
-- Wherever a version is meant, so is its text.  A version has the fields major, minor, patch, prerelease ("rc.1" or "")
-- and build (likewise); they are for reading.  tostring gives its text without a v; == < <= compare it.  What is after
-- a + does not count in any comparison.
--
-- A range is made of = != > >= < <= before a version, of which the last numbers may be missing or be x or *; ^1.2.3
-- (below the next 2.0.0; ^0.2.3: below 0.3.0), ~1.2.3 (below 1.3.0), 1.2 - 2.3 (from 1.2.0 to all of 2.3).  Space or
-- comma is "and", || is "or".  A prerelease is in a range only where that names, not with !=, a prerelease of the same
-- three numbers: 2.0.0-rc.2 is in >=2.0.0-rc.1, and neither in >=1.0.0 nor in *.

local problems, ranges, versions = require("internal.problems"), require("semver.ranges"), require("semver.versions")

local concat, format, ipairs = table.concat, string.format, ipairs
local setmetatable, sort, tonumber, type = setmetatable, table.sort, tonumber, type

local settled = problems.settled

local semver = {}

-- What the versions that a script holds were made of.
local parsed = setmetatable({}, { __mode = "k" })

local sealed = {
  __metatable = false,
  __tostring = function(version)
    local own = parsed[version]
    local prerelease = #own.prerelease > 0 and "-" .. concat(own.prerelease, ".") or ""
    return concat(own.numbers, ".") .. prerelease .. (own.build ~= "" and "+" .. own.build or "")
  end,
  __eq = function(a, b)
    return versions.compare(parsed[a], parsed[b]) == 0
  end,
  __lt = function(a, b)
    return versions.compare(parsed[a], parsed[b]) < 0
  end,
  __le = function(a, b)
    return versions.compare(parsed[a], parsed[b]) <= 0
  end,
}

-- Returns what a version or a text is made of; nil and the problem for a text that is no version.  The third result is
-- the problem with a value that can be none.
local function read(name, value)
  if parsed[value] then
    return parsed[value]
  elseif type(value) ~= "string" then
    return nil, nil, problems.unlike(name, "a string or a version", value)
  end
  return versions.parse(value)
end

local function parse(text)
  local own, problem, wrong = read("text", text)
  if not own then
    return wrong, nil, problem
  end
  local major, minor, patch = own.numbers[1], own.numbers[2], own.numbers[3]
  local version = setmetatable({
    major = tonumber(major), minor = tonumber(minor), patch = tonumber(patch),
    prerelease = concat(own.prerelease, "."), build = own.build,
  }, sealed)
  parsed[version] = own
  return nil, version
end

function semver.parse(text)
  return settled("semver.parse", parse(text))
end

local function needed(name, value)
  local own, problem, wrong = read(name, value)
  if problem then
    wrong = format("the %s %s is no version: %s", name, problems.quoted(value), problem)
  end
  return own, wrong
end

function semver.compare(a, b)
  local first, problem = needed("first version", a)
  local second, other = needed("second version", b)
  problem = problem or other
  return settled("semver.compare", problem, not problem and versions.compare(first, second))
end

local function satisfies(version, range)
  local own, _, wrong = read("version", version)
  if wrong or type(range) ~= "string" then
    return wrong or problems.no_text("range", range)
  end
  local known, problem = ranges.parse(range)
  if not known then
    return format("the range %s cannot be read: %s", problems.quoted(range), problem)
  end
  return nil, own and ranges.has(known, own) or false
end

function semver.satisfies(version, range)
  return settled("semver.satisfies", satisfies(version, range))
end

local function sorted(list, order)
  if problems.no_list("list", list) then
    return problems.no_list("list", list)
  elseif order ~= nil and order ~= "asc" and order ~= "desc" then
    return problems.unlike("order", '"asc" or "desc"', order)
  end
  local found, others = {}, {}
  for i, value in ipairs(list) do
    local own, _, wrong = read("list's item " .. i, value)
    if wrong then
      return wrong
    elseif own then
      found[#found + 1] = { own = own, value = value }
    else
      others[#others + 1] = value
    end
  end
  local wanted = order == "desc" and 1 or -1
  sort(found, function(a, b)
    return versions.compare(a.own, b.own) == wanted
  end)
  for i, each in ipairs(found) do
    found[i] = each.value
  end
  return nil, found, others
end

function semver.sort(list, order)
  return settled("semver.sort", sorted(list, order))
end

return semver

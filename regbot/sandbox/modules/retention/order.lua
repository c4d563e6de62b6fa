-- Which of some items are the newest.

local problems, versions = require("internal.problems"), require("semver.versions")

local format, ipairs, sort = string.format, ipairs, table.sort

local order = {}

local function by_name(a, b)
  return a.name > b.name
end

-- Whether *a* is newer than *b*.
local NEWER = {
  name = by_name,
  created = function(a, b)
    if a.created == b.created then
      return by_name(a, b)
    end
    return a.created > b.created
  end,
  semver = function(a, b)
    local compared = versions.compare(a.version, b.version)
    if compared == 0 then
      return by_name(a, b)
    end
    return compared > 0
  end,
}

-- What an item must have to be told, and what is said of one that has not.
local FIELDS = { name = "name", created = "created", semver = "version" }
order.DOUBTS = { created = "it has no created", semver = "it is no version" }

-- Returns how many items lack *field*, and the first of them.
local function lacking(items, field)
  local count, first = 0, nil
  for _, item in ipairs(items) do
    if not item[field] then
      count, first = count + 1, first or item
    end
  end
  return count, first
end

-- Return the order that tells all items apart; or nil and the problem.
function order.choose(items)
  local undated = lacking(items, "created")
  local _, no_version = lacking(items, "version")
  if undated == 0 then
    return "created"
  elseif not no_version then
    return "semver"
  end
  local named = problems.quoted(no_version.name)
  local problem = "which are newest? %d of %d items have no created, and %s is no version: "
  return nil, format(problem, undated, #items, named) .. 'add the rule order = "created", "semver" or "name"'
end

-- Return a list of the items that *how* can tell, newest first, and a list of those that it cannot.
function order.rank(items, how)
  local ranked, doubtful = {}, {}
  for _, item in ipairs(items) do
    local list = item[FIELDS[how]] and ranked or doubtful
    list[#list + 1] = item
  end
  sort(ranked, NEWER[how])
  return ranked, doubtful
end

return order

-- What a selection is made from: names, and when each was created.

local arguments, versions = require("internal.arguments"), require("semver.versions")

local format, huge, ipairs, type = string.format, math.huge, ipairs, type

local items = {}

-- Whether *value* can be a time, in seconds of the epoch.
function items.is_time(value)
  return type(value) == "number" and value > -huge and value < huge
end

-- Returns one item; or nil and the problem.
local function item_of(i, given)
  local name, created = given, nil
  if type(given) == "table" then
    name, created = given.name, given.created
  end
  if type(name) ~= "string" then
    return nil, arguments.unlike("list's item " .. i, "a name, or a table with a name", given)
  elseif created ~= nil and not items.is_time(created) then
    local expected = "seconds of the epoch, as image.created gives them, or nil"
    return nil, arguments.unlike('"created" of item ' .. i, expected, created)
  end
  return { name = name, created = created, version = versions.parse(name), kept = {}, missed = {} }
end

-- Return a list of { name, created, version } and, empty yet, the reasons `kept` and `missed`; or nil and the problem.
function items.read(given)
  if not arguments.is_list(given) then
    return nil, arguments.unlike("items", "a list of names, or of tables with name and created", given)
  end
  local list, places = {}, {}
  for i, each in ipairs(given) do
    local item, problem = item_of(i, each)
    if not item then
      return nil, problem
    elseif places[item.name] then
      return nil, format("items %d and %d are both called %s", places[item.name], i, arguments.quoted(item.name))
    end
    list[i], places[item.name] = item, i
  end
  return list
end

return items

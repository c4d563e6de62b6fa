-- parallel: a function called for many items, so that its operations are in flight together.
--
-- There is one Lua, and nothing interrupts it: another item's call goes on where one calls an operation.  One that
-- computes for long holds up the others.

local use = ...
local arguments, errors, objects = use("arguments"), use("errors"), use("objects")
local tasks, threads = use("tasks"), use("threads")

local running, yield = coroutine.running, coroutine.yield
local error, next, rawget, type = error, next, rawget, type
local format, min = string.format, math.min

local REQUEST = threads.REQUEST
local OPTIONS = { limit = "limit" }
local DEFAULT_LIMIT = 8
local MAX_ITEMS = 100000
-- Calls inside each other: the tasks of all of them are alive.
local MAX_LEVELS = 32

local parallel = {}

-- Returns a copy of a list, and its length.
local function copied(caller, list)
  if type(list) ~= "table" or objects.libraries[list] then
    errors.raise(format("%s: the first argument should be a list, not %s", caller, objects.kind(list)))
  end
  local items, count = {}, 0
  for _ in next, list do
    count = count + 1
    items[count] = rawget(list, count)
    if items[count] == nil then
      errors.raise(format("%s: the list should have no holes and no names, but entry %d is nil", caller, count))
    elseif count > MAX_ITEMS then
      errors.raise(format("%s: the list has more than %d entries", caller, MAX_ITEMS))
    end
  end
  return items, count
end

-- Has *body* done by as many tasks at once; raises the first error of any.
local function together(caller, body, count)
  if tasks.current.level >= MAX_LEVELS then
    errors.raise(format("%s: more than %d calls inside each other", caller, MAX_LEVELS))
  end
  local ok, err = yield(REQUEST, "group", { body = body, count = count, caller = running() })
  if not ok then
    error(err, 0)
  end
end

-- Calls *called* with every item and nothing else, since a function of the API would take more for what it may also be
-- given; and *keep* with the item's index and the first result.
local function run(caller, list, called, options, keep)
  local items, count = copied(caller, list)
  arguments.needed(caller, "second argument", "callable", called)
  local set = arguments.options(caller, OPTIONS, options)
  local limit, index = set and set.limit or DEFAULT_LIMIT, 0
  local function work()
    while index < count do
      index = index + 1
      local mine = index
      keep(mine, (called(items[mine])))
    end
  end
  if count > 0 then
    together(caller, work, min(limit, count))
  end
end

function parallel.map(list, called, options)
  local results = {}
  run("parallel.map", list, called, options, function(index, result)
    results[index] = result
  end)
  return results
end

function parallel.each(list, called, options)
  run("parallel.each", list, called, options, function() end)
end

return parallel

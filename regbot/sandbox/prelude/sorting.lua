-- table.sort.  LuaJIT's own sorts numbers or strings; wherever a script's code compares, ours does, so that the
-- comparison may call operations, and an order that contradicts itself costs no more than one that does not.

local use = ...
local errors = use("errors")

local native_sort, rawget, rawset, pcall, type = table.sort, rawget, rawset, pcall, type

local function less(a, b)
  return a < b
end

-- Merges the sorted runs from[low .. middle - 1] and from[middle .. high] into *to*.
local function merge(from, to, low, middle, high, before)
  local left, right = low, middle
  for i = low, high do
    if right > high or left < middle and not before(from[right], from[left]) then
      to[i] = from[left]
      left = left + 1
    else
      to[i] = from[right]
      right = right + 1
    end
  end
end

local function merge_sorted(items, count, before)
  local from, to, width = items, {}, 1
  while width < count do
    for low = 1, count, 2 * width do
      local high = low + 2 * width - 1
      merge(from, to, low, low + width, high < count and high or count, before)
    end
    from, to, width = to, from, 2 * width
  end
  return from
end

local function alike(list, count)
  local kind = type(rawget(list, 1))
  if kind ~= "number" and kind ~= "string" then
    return false
  end
  for i = 2, count do
    if type(rawget(list, i)) ~= kind then
      return false
    end
  end
  return true
end

local function sort(list, before)
  if type(list) ~= "table" then
    errors.raise("bad argument #1 to 'sort' (table expected, got " .. type(list) .. ")")
  end
  if before ~= nil and type(before) ~= "function" then
    errors.raise("bad argument #2 to 'sort' (function expected, got " .. type(before) .. ")")
  end
  local count = #list
  if not before and alike(list, count) then
    return native_sort(list)
  end
  local items = {}
  for i = 1, count do
    items[i] = rawget(list, i)
  end
  local ok, sorted = pcall(merge_sorted, items, count, before or less)
  if not ok then
    errors.again(sorted)
  end
  for i = 1, count do
    rawset(list, i, sorted[i])
  end
end

return sort

-- Which names a misspelled one may have been meant for.

local byte, ipairs, min, sort, sub = string.byte, ipairs, math.min, table.sort, string.sub

local MAX_LENGTH = 40

local spelling = {}

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

-- Return *names*, those that are spelled most like *word* first.
function spelling.nearest_first(word, names)
  word = sub(word, 1, MAX_LENGTH)
  local sorted, distances = {}, {}
  for i, name in ipairs(names) do
    sorted[i], distances[name] = name, distance(word, name)
  end
  sort(sorted, function(a, b)
    return distances[a] < distances[b] or distances[a] == distances[b] and a < b
  end)
  return sorted
end

return spelling

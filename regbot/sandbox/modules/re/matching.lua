-- Matches of a program in a text: what scripts see of them, and what `gsub` puts in their place.

local machine, problems = require("re.machine"), require("internal.problems")

local concat, find, match, sub = table.concat, string.find, string.match, string.sub
local tonumber, type, unpack = tonumber, type, unpack

local matching = {}

-- Return captures and last byte of the first match from *init* on, as `machine.search` does; nil if there is none.
function matching.find(program, text, init)
  if machine.test(program, text, init) then
    return machine.search(program, text, init)
  end
end

-- Return an iterator over the matches, which do not overlap.  An empty one right behind another is none.
function matching.each(program, text)
  local init, stop = 1, nil
  return function()
    while init <= #text + 1 do
      local captures, last = matching.find(program, text, init)
      if not captures then
        init = #text + 2
        return nil
      end
      local first, before = captures[1], stop
      init, stop = last < first and first + 1 or last + 1, last + 1
      if last >= first or first ~= before then
        return captures, last
      end
    end
  end
end

-- Returns the text of a group; false, if it took no part.  Group 0 is the whole match.
local function group(text, captures, last, number)
  if number == 0 then
    return sub(text, captures[1], last)
  end
  local stop = captures[2 * number + 1]
  return stop and sub(text, captures[2 * number], stop - 1) or false
end

-- Return the texts of all groups; of a pattern without groups the whole match, unless *bare*.
function matching.groups(program, text, captures, last, bare)
  local groups = program.groups
  if groups == 0 and not bare then
    return sub(text, captures[1], last)
  end
  local texts = {}
  for number = 1, groups do
    texts[number] = group(text, captures, last, number)
  end
  return unpack(texts, 1, groups)
end

-- The number of the group that the $ at *at* names, and where the template goes on; or nil and the problem.
local function group_at(program, template, at)
  local name, after = match(template, "^%$(%d%d?)()", at)
  if not name then
    name, after = match(template, "^%${([%w_]+)}()", at)
  end
  if not name then
    return nil, "the replacement has a $ that is neither $1 nor ${name}, at byte " .. at .. "; a $ by itself is $$"
  end
  local number = tonumber(name) or program.names[name]
  if not number or number > program.groups then
    return nil, "the replacement names group " .. problems.cut(name) .. ", which the pattern does not have"
  end
  return number, after
end

-- Returns the parts of a template, texts and numbers of groups; or nil and the problem.
local function parts_of(program, template)
  local parts, at = {}, 1
  local dollar = find(template, "$", at, true)
  while dollar do
    parts[#parts + 1] = sub(template, at, dollar - 1)
    if sub(template, dollar + 1, dollar + 1) == "$" then
      parts[#parts + 1], at = "$", dollar + 2
    else
      local number, after = group_at(program, template, dollar)
      if not number then
        return nil, after
      end
      parts[#parts + 1], at = number, after
    end
    dollar = find(template, "$", at, true)
  end
  parts[#parts + 1] = sub(template, at)
  return parts
end

local function filled(parts, text, captures, last)
  local texts = {}
  for i = 1, #parts do
    local part = parts[i]
    texts[i] = type(part) == "string" and part or group(text, captures, last, part) or ""
  end
  return concat(texts)
end

-- Return a function of text, captures and last byte that gives a match's replacement, or nil to leave the match; or nil
-- and the problem.
function matching.replacement(program, new)
  local kind = type(new)
  if kind == "string" then
    local parts, problem = parts_of(program, new)
    return parts and function(text, captures, last)
      return filled(parts, text, captures, last)
    end, problem
  elseif kind == "table" then
    return function(text, captures, last)
      return new[(matching.groups(program, text, captures, last))]
    end
  elseif kind == "function" then
    return function(text, captures, last)
      return new(matching.groups(program, text, captures, last))
    end
  end
  return nil, problems.unlike("replacement", "a string, a table or a function", new)
end

return matching

-- What `gsub` puts in a match's place: a template, or what a table or a function of the script says.

local arguments, matching = require("internal.arguments"), require("re.matching")

local concat, find, match, sub, tonumber, type = table.concat, string.find, string.match, string.sub, tonumber, type

local replacing = {}

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
    return nil, "the replacement names group " .. arguments.cut(name) .. ", which the pattern does not have"
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
    texts[i] = type(part) == "string" and part or matching.group(text, captures, last, part) or ""
  end
  return concat(texts)
end

-- Return a function of text, captures and last byte that gives a match's replacement, or nil to leave the match; or nil
-- and the problem.
function replacing.of(program, new)
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
  return nil, arguments.unlike("replacement", "a string, a table or a function", new)
end

return replacing

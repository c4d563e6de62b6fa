-- Returns a function that lists, once everything global is gone, what the registry, the globals and the metatables of
-- all types hold: a line for each path with its type.  Numbers as keys are lupa's references, of which we see the types.

local metatable, registry, globals = debug.getmetatable, debug.getregistry(), _G
local concat, next, sort, tostring, type = table.concat, next, table.sort, tostring, type
local create, yield = coroutine.create, coroutine.yield

-- One of each type that can have a metatable for all of its kind.
local OF_ALL = { ["nil"] = false, boolean = true, number = 1, string = "", ["function"] = next, thread = create(next), cdata = 1LL }

local lines, seen = {}, {}

local function list(path, value)
  local kind = type(value)
  lines[#lines + 1] = path .. " = " .. kind
  if kind ~= "table" or seen[value] then
    return
  end
  seen[value] = true
  local names, at = {}, {}
  for key in next, value do
    local name = type(key) == "string" and key or "<" .. type(key) .. ">"
    names[#names + 1], at[name] = name, key
  end
  sort(names)
  for _, name in next, names do
    list(path .. "." .. name, value[at[name]])
  end
  list("metatable of " .. path, metatable(value))
end

return function()
  list("globals", globals)
  list("registry", registry)
  for kind, value in next, OF_ALL do
    if kind ~= "nil" then
      list("metatable of every " .. kind, metatable(value))
    end
  end
  list("metatable of every nil", metatable(nil))
  sort(lines)
  return concat(lines, "\n")
end

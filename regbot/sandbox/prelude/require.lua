-- `require`: regbot's own modules, and those that the supervisor has for this script.  Each is loaded once a run.

local use = ...
local calls, chunks, errors, threads = use("calls"), use("chunks"), use("errors"), use("threads")

local next, pcall, running, setmetatable, type = next, pcall, coroutine.running, setmetatable, type
local gsub = string.gsub

-- Those that share code with us.  The supervisor lists their names (supervisor/operations/modules.py), too.
local OWN = { json = true, time = true }

-- A script may change its copy; ours keeps what it holds.
local function own(name)
  local copy = {}
  for key, value in next, use("modules/" .. name) do
    copy[key] = value
  end
  return copy
end

-- Whether what runs now was called by one of the *threads* that load a module, or is one.
local function is_within(loaders)
  local thread = running()
  while thread and not loaders[thread] do
    thread = threads.parent[thread]
  end
  return thread ~= nil
end

-- Returns the function of a module.  In errors it has the name of its file: `lib/tags:3:`.
local function fetched(name, environment)
  local source = calls.perform("require", { name }, 1)
  local chunk, problem = chunks.compile(source, "=" .. gsub(name, "%.", "/"), environment)
  if not chunk then
    errors.raise('module "' .. name .. '" cannot be loaded: ' .. problem)
  end
  return chunk
end

local function run(chunk, name, loaders)
  local thread = running()
  loaders[thread] = true
  local ok, value = pcall(chunk, name)
  loaders[thread] = nil
  if not ok then
    errors.again(value)
  end
  return value == nil and true or value
end

-- Return `require` for a script whose globals are *environment*.
return function(environment)
  -- Values by name, and the threads that load a module.
  local loaded, loading = {}, {}

  -- Another worker of parallel.map may load the same module meanwhile: whoever is ready first has loaded it for all.
  -- To wait for another is no way, since that one may wait for us, or be cancelled.
  local function load(name)
    local chunk = fetched(name, environment)
    if loaded[name] ~= nil then
      return
    end
    loading[name] = loading[name] or setmetatable({}, { __mode = "k" })
    local value = run(chunk, name, loading[name])
    if loaded[name] == nil then
      loaded[name] = value
    end
  end

  return function(name)
    if type(name) ~= "string" then
      errors.raise("bad argument #1 to 'require' (string expected, got " .. type(name) .. ")")
    elseif loaded[name] == nil and OWN[name] then
      loaded[name] = own(name)
    elseif loaded[name] == nil then
      if loading[name] and is_within(loading[name]) then
        errors.raise('module "' .. name .. '" requires itself, through others or at once')
      end
      load(name)
    end
    return loaded[name]
  end
end

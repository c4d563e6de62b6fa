-- The library `coroutine`: coroutines of scripts, out of any of which an operation can be called.
--
-- An operation yields a REQUEST.  Where a script resumed the coroutine that did, we hand the request on to whoever
-- resumed us, until the driver has it, and the answer back the same way.  The script in between sees neither.

local use = ...
local errors, threads = use("errors"), use("threads")

local type, error = type, error
local create, native_resume, native_status = coroutine.create, coroutine.resume, coroutine.status
local native_yield, running = coroutine.yield, coroutine.running

local REQUEST, task, waiting = threads.REQUEST, threads.task, threads.waiting
local depth, parent = threads.depth, threads.parent

-- Every level takes some of the C stack, and LuaJIT does not look after it.
local MAX_DEPTH = 190

local stepped

local function answered(thread, ...)
  waiting[thread] = nil
  return stepped(thread, native_resume(thread, ...))
end

function stepped(thread, ok, ...)
  if not ok then
    return false, errors.caught((...))
  end
  if (...) == REQUEST then
    waiting[thread] = true
    return answered(thread, native_yield(...))
  end
  return true, ...
end

local function resume(thread, ...)
  if type(thread) ~= "thread" then
    errors.raise("bad argument #1 to 'resume' (coroutine expected, got " .. type(thread) .. ")")
  end
  if waiting[thread] then
    return false, "cannot resume non-suspended coroutine"
  end
  if native_status(thread) ~= "suspended" then
    return native_resume(thread, ...)
  end
  local current = running()
  local level = (depth[current] or 0) + 1
  if level > MAX_DEPTH then
    return false, "C stack overflow"
  end
  parent[thread], depth[thread] = current, level
  return stepped(thread, native_resume(thread, ...))
end

local function unwrapped(ok, ...)
  if ok then
    return ...
  end
  error((...), 0)
end

local function wrap(body)
  if type(body) ~= "function" then
    errors.raise("bad argument #1 to 'wrap' (function expected, got " .. type(body) .. ")")
  end
  local thread = create(body)
  return function(...)
    if native_status(thread) == "dead" then
      errors.raise("cannot resume dead coroutine")
    end
    return unwrapped(resume(thread, ...))
  end
end

local function yield(...)
  if task[running()] then
    errors.raise("attempt to yield from outside a coroutine")
  end
  return native_yield(...)
end

local function status(thread)
  if waiting[thread] then
    return "normal"
  end
  return native_status(thread)
end

return {
  create = create,
  resume = resume,
  running = function()
    local thread = running()
    return not task[thread] and thread or nil
  end,
  status = status,
  wrap = wrap,
  yield = yield,
}

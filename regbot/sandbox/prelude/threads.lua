-- What is known of coroutines, for the library that scripts use, the positions of errors and the tasks.

local function weak(mode)
  return setmetatable({}, { __mode = mode })
end

return {
  -- What a coroutine yields first when something outside of the script shall be done: then the name of it, one of
  -- tasks.lua's requests, and its argument.  No script ever holds REQUEST, so none can forge that.
  REQUEST = {},
  -- The coroutines that tasks.lua itself resumes.
  task = weak("k"),
  -- Who resumed a coroutine last; of those of parallel.map, who called that.  Weak both ways: one that is running, or
  -- waits for others, cannot vanish, others must not be kept.
  parent = weak("kv"),
  -- How many coroutines below a task a coroutine was resumed.
  depth = weak("k"),
  -- The coroutines with a request on its way, which only the answer to that may resume.
  waiting = weak("k"),
}

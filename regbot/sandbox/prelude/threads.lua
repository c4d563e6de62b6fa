-- What is known of coroutines, for the library that scripts use, the positions of errors and the driver.

local function weak(mode)
  return setmetatable({}, { __mode = mode })
end

return {
  -- What a coroutine yields first when the driver shall do something.  No script ever holds it, so none can forge that.
  REQUEST = {},
  -- The coroutines that the driver itself resumes.
  task = weak("k"),
  -- Who resumed a coroutine last.  Weak both ways: one that is running cannot vanish, others must not be kept.
  parent = weak("kv"),
  -- How many coroutines below a task a coroutine was resumed.
  depth = weak("k"),
  -- The coroutines with a request on its way, which only the driver's answer may resume.
  waiting = weak("k"),
}

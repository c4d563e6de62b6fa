-- try: a function's results; or nil and the error as an object with what is known of it.

local use = ...
local arguments, errors, failures, objects = use("arguments"), use("errors"), use("failures"), use("objects")

local pcall, tostring, type = pcall, tostring, type

-- No metamethod of the other side is called: it may be a script's.
local function piece(value)
  local text = failures.text(value) or value
  if type(text) ~= "string" and type(text) ~= "number" then
    errors.raise("attempt to concatenate " .. objects.kind(text))
  end
  return text
end

function failures.meta.__concat(left, right)
  return piece(left) .. piece(right)
end

local function settled(ok, ...)
  if ok then
    return ...
  end
  local err = errors.caught((...))
  if not err then
    -- error() raises nil, but what was raised has to look like something.
    err = tostring(err)
  end
  return nil, type(err) == "string" and failures.object(err) or err
end

return function(called, ...)
  if not arguments.is_callable(called) then
    local came = objects.kind(called)
    errors.raise("try: the first argument should be a function, not " .. came .. "; write try(f, x) for f(x)")
  end
  return settled(pcall(called, ...))
end

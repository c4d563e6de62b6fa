-- A tree to a program: what a text is held against, a byte at a time.
--
-- An instruction is `op`, `x` and `y` at its number.  "set": the next byte is in x; "look": x(byte before, byte behind)
-- is true; "save": the position is capture x; each of them goes on at y.  "split": goes on at x and, only if that leads
-- to no match, at y.  "match": the end.

local bytes, problems = require("re.bytes"), require("internal.problems")

local MAX_SIZE = 20000
local BREAK = 10
local WORD = bytes.WORD

-- Around each position: the code of the byte before and of that behind, nil at the ends of the text.
local LOOKS = {
  ["begin"] = function(before)
    return before == nil
  end,
  ["end"] = function(_, behind)
    return behind == nil
  end,
  ["line begin"] = function(before)
    return before == nil or before == BREAK
  end,
  ["line end"] = function(_, behind)
    return behind == nil or behind == BREAK
  end,
  ["border"] = function(before, behind)
    return WORD[before or -1] ~= WORD[behind or -1]
  end,
  ["inside"] = function(before, behind)
    return WORD[before or -1] == WORD[behind or -1]
  end,
}

-- Each compiler returns where *node* begins, when *next* is what follows it: *next* itself, if there is nothing to it.
local compile

local function add(program, op, x, y)
  local number = program.size + 1
  if number > MAX_SIZE then
    problems.raise("a pattern of more than " .. MAX_SIZE .. " steps: its repetitions multiply")
  end
  program.size = number
  program.op[number], program.x[number], program.y[number] = op, x, y
  return number
end

local function choice(program, first, second, lazy)
  if lazy then
    first, second = second, first
  end
  return add(program, "split", first, second)
end

-- One time or more.
local function many(program, node, lazy, next)
  local again = add(program, "split")
  local body = compile(program, node, again)
  if body == again then
    return next
  end
  program.x[again], program.y[again] = lazy and next or body, lazy and body or next
  return body
end

-- From nothing to *count* times: each time there is the choice to go on to *next*.
local function upto(program, node, count, lazy, next)
  local first = next
  for _ = 1, count do
    local body = compile(program, node, first)
    if body == first then
      return next
    end
    first = choice(program, body, next, lazy)
  end
  return first
end

local function exactly(program, node, count, next)
  for _ = 1, count do
    local body = compile(program, node, next)
    if body == next then
      return next
    end
    next = body
  end
  return next
end

local COMPILERS = {
  set = function(program, node, next)
    return add(program, "set", node.set, next)
  end,
  look = function(program, node, next)
    -- What was seen of the text before a position counts there only for these.
    program.looks_back = program.looks_back or node.where ~= "begin" and node.where ~= "end"
    return add(program, "look", LOOKS[node.where], next)
  end,
  group = function(program, node, next)
    local close = add(program, "save", 2 * node.number + 1, next)
    return add(program, "save", 2 * node.number, compile(program, node.node, close))
  end,
  all = function(program, node, next)
    for i = #node.nodes, 1, -1 do
      next = compile(program, node.nodes[i], next)
    end
    return next
  end,
  any = function(program, node, next)
    local first = compile(program, node.nodes[#node.nodes], next)
    for i = #node.nodes - 1, 1, -1 do
      first = add(program, "split", compile(program, node.nodes[i], next), first)
    end
    return first
  end,
}

-- An unbounded repetition of what may be empty is one time or more of it, or nothing: an empty round is then a way out,
-- as it is where a matcher backtracks.
COMPILERS["repeat"] = function(program, node, next)
  local body = node.node
  if node.high then
    next = upto(program, body, node.high - node.low, node.lazy, next)
    return exactly(program, body, node.low, next)
  end
  local loop = many(program, body, node.lazy, next)
  if loop == next then
    return next
  elseif node.low == 0 then
    return choice(program, loop, next, node.lazy)
  end
  return exactly(program, body, node.low - 1, loop)
end

function compile(program, node, next)
  return COMPILERS[node.kind](program, node, next)
end

-- Return the program of a *tree* with so many *groups*.
return function(tree, groups)
  local program = { op = {}, x = {}, y = {}, size = 0, width = 2 * groups + 1 }
  program.first = compile(program, tree, add(program, "match"))
  program.anchored = program.x[program.first] == LOOKS["begin"]
  return program
end

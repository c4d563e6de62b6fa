-- Whether a text has a match at all, at the cost of one look into a table for most bytes: what the machine would do is
-- remembered, as states of it and what each byte makes of them.

local machine = require("re.machine")
local sets = require("re.sets")

local byte, concat = string.byte, table.concat

-- How many numbers a program may remember.  Above that it forgets all and begins again.
local MAX_REMEMBERED = 20000
local OVERHEAD = 20
local END = 256
local BREAK, LETTER, OTHER = 10, 97, 32
local WORD = sets.ESCAPES.w

local states = {}

-- All that a program can tell of the byte before a position, as one byte; nil at the beginning.
local function kind_of(program, code)
  if not code then
    return nil
  elseif not program.looks_back then
    return OTHER
  end
  return code == BREAK and BREAK or WORD[code] and LETTER or OTHER
end

local function forget(program)
  program.states, program.remembered = {}, 0
end

-- Returns the state in which the ways *pcs* wait for a byte behind one like *before*.
local function state_of(program, pcs, before)
  local key = (before or "") .. ":" .. concat(pcs, ",")
  local state = program.states[key]
  if not state then
    program.remembered = program.remembered + #pcs + OVERHEAD
    state = { pcs = pcs, before = before }
    program.states[key] = state
  end
  return state
end

-- Where *ways* lead by the byte *code*: the next instructions, each once.
local function advanced(program, ways, code)
  local x, y, mark, pcs = program.x, program.y, program.mark, {}
  program.round = program.round + 1
  for i = 1, ways.count do
    local pc = ways.pcs[i]
    if x[pc][code] and mark[y[pc]] ~= program.round then
      mark[y[pc]] = program.round
      pcs[#pcs + 1] = y[pc]
    end
  end
  return pcs
end

-- What the byte *code*, or END, makes of a state: true, false or another.
local function step(program, state, code)
  local ways, behind = program.here, code ~= END and code or nil
  machine.begin(program, ways)
  for i = 1, #state.pcs do
    machine.follow(program, ways, state.pcs[i], nil, nil, state.before, behind)
  end
  machine.follow(program, ways, program.first, nil, nil, state.before, behind)
  for i = 1, ways.count do
    if program.op[ways.pcs[i]] == "match" then
      return true
    end
  end
  local pcs = behind and advanced(program, ways, behind)
  if not pcs or #pcs == 0 and program.anchored then
    return false
  end
  return state_of(program, pcs, kind_of(program, behind))
end

-- Return whether *text* has a match that begins at *init* or later.
function states.test(program, text, init)
  if not program.states then
    forget(program)
  end
  -- (The byte 0 of a text is nil.)
  local state = state_of(program, {}, kind_of(program, byte(text, init - 1)))
  for position = init, #text + 1 do
    local code = byte(text, position) or END
    local next = state[code]
    if next == nil then
      next = step(program, state, code)
      state[code] = next
      program.remembered = program.remembered + 1
      if program.remembered > MAX_REMEMBERED then
        forget(program)
      end
    end
    if next == true or next == false then
      return next
    end
    state = next
  end
end

return states

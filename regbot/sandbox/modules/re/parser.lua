-- The text of a pattern to a tree.
--
-- A node is { kind = "set", set }, { kind = "look", where }, { kind = "all", nodes }, { kind = "any", nodes },
-- { kind = "group", node, number } or { kind = "repeat", node, low, high, lazy }; high is nil where there is no end.

local bytes, problems = require("re.bytes"), require("internal.problems")

local byte, find, format, match, sub = string.byte, string.find, string.format, string.match, string.sub
local next, tonumber, type = next, tonumber, type

local MAX_PATTERN, MAX_DEPTH, MAX_GROUPS, MAX_COUNT = 4096, 200, 32, 1000

local SIMPLE = { ["*"] = { 0 }, ["+"] = { 1 }, ["?"] = { 0, 1 } }
local LOOKS = { A = "begin", z = "end", b = "border", B = "inside" }

local parse_any

local function letter_at(state, at)
  return sub(state.text, at, at)
end

-- Returns the bounds of the quantifier at *at*, * + ? {n} {n,} or {n,m}, the upper one nil where there is none, and
-- where the text goes on; nil if there is no quantifier.
local function quantifier(text, at)
  local simple = SIMPLE[sub(text, at, at)]
  if simple then
    return simple[1], simple[2], at + 1
  end
  local low, comma, high, after = match(text, "^{(%d+)(,?)(%d*)}()", at)
  if not low then
    return find(text, "^{,%d+}", at) and problems.raise("a repetition without its lower bound", at) or nil
  end
  low, high = tonumber(low), tonumber(comma == "" and low or high)
  if low > (high or MAX_COUNT) or (high or low) > MAX_COUNT then
    problems.raise(format("a repetition whose bounds are not in order, or above %d,", MAX_COUNT), at)
  end
  return low, high, after
end

-- Returns *node*, repeated as the text says.
local function repeated(state, node)
  local low, high, after = quantifier(state.text, state.at)
  if not low then
    return node
  end
  local lazy = letter_at(state, after) == "?"
  state.at = lazy and after + 1 or after
  if quantifier(state.text, state.at) then
    problems.raise("a repetition of a repetition, which needs (?:…) around the first,", state.at)
  end
  return { kind = "repeat", node = node, low = low, high = high, lazy = lazy }
end

local function inside(state, open)
  if state.depth == MAX_DEPTH then
    problems.raise(format("more than %d groups in each other", MAX_DEPTH), open)
  end
  local flags = state.flags
  state.depth = state.depth + 1
  local node = parse_any(state)
  if letter_at(state, state.at) ~= ")" then
    problems.raise("a ( without its )", open)
  end
  state.at, state.depth, state.flags = state.at + 1, state.depth - 1, flags
  return node
end

local function group(state, open, name)
  state.groups = state.groups + 1
  if state.groups > MAX_GROUPS then
    problems.raise(format("more than %d groups; those that need no capture are (?:…);", MAX_GROUPS), open)
  elseif name and state.names[name] then
    problems.raise(format("a second group with the name %q", name), open)
  end
  local number = state.groups
  if name then
    state.names[name] = number
  end
  return { kind = "group", node = inside(state, open), number = number }
end

local function set_flags(state, on, off)
  local flags = {}
  for flag in next, state.flags do
    flags[flag] = not find(off, flag, 1, true) or nil
  end
  for i = 1, #on do
    flags[sub(on, i, i)] = true
  end
  state.flags = flags
end

local function refuse_special(text, open)
  if find(text, "^<?[=!]", open + 2) then
    problems.raise("look-around, which cannot be matched in linear time,", open)
  elseif find(text, "^P[=>]", open + 2) then
    problems.raise("a backreference, which cannot be matched in linear time,", open)
  elseif find(text, "^P?<", open + 2) then
    problems.raise("a group whose name is not letters, digits and _", open)
  end
  problems.raise("an unknown kind of group; there are (?:…), (?P<name>…) and the flags i, m and s; it is", open)
end

-- A group that begins with (?.
local function special(state, open)
  local name, after = match(state.text, "^P?<([%a_][%w_]*)>()", open + 2)
  if name then
    state.at = after
    return group(state, open, name)
  end
  local on, off, mark, past = match(state.text, "^([ims]*)%-?([ims]*)([:)])()", open + 2)
  if not on then
    return refuse_special(state.text, open)
  end
  state.at = past
  local outside = state.flags
  set_flags(state, on, off)
  if mark == ")" then
    return nil
  end
  local node = inside(state, open)
  state.flags = outside
  return node
end

local function look(where)
  return { kind = "look", where = where }
end

-- What each special letter begins; each takes the state and the letter's position, and leaves the state behind it.
local ATOMS = {
  ["("] = function(state, at)
    if letter_at(state, at + 1) == "?" then
      return special(state, at)
    end
    return group(state, at)
  end,
  ["["] = function(state, at)
    local set
    set, state.at = bytes.class(state.text, at, state.flags.i)
    return { kind = "set", set = set }
  end,
  ["."] = function(state)
    return { kind = "set", set = state.flags.s and bytes.ALL or bytes.NO_BREAK }
  end,
  ["^"] = function(state)
    return look(state.flags.m and "line begin" or "begin")
  end,
  ["$"] = function(state)
    return look(state.flags.m and "line end" or "end")
  end,
}

local function literal(state, code)
  local set = { [code] = true }
  return { kind = "set", set = state.flags.i and bytes.folded(set) or set }
end

ATOMS["\\"] = function(state, at)
  local where = LOOKS[letter_at(state, at + 1)]
  if where then
    state.at = at + 2
    return look(where)
  end
  local value, after = bytes.escape(state.text, at)
  state.at = after
  return type(value) == "table" and { kind = "set", set = value } or literal(state, value)
end

-- One atom with its repetition; nil where the text has flags only.
local function parse_one(state)
  local at = state.at
  if quantifier(state.text, at) then
    problems.raise("a repetition without anything to repeat", at)
  end
  local letter = letter_at(state, at)
  state.at = at + 1
  local node
  if ATOMS[letter] then
    node = ATOMS[letter](state, at)
  else
    node = literal(state, byte(letter))
  end
  return node and repeated(state, node)
end

local function parse_all(state)
  local nodes = {}
  while state.at <= #state.text and not find(state.text, "^[|)]", state.at) do
    nodes[#nodes + 1] = parse_one(state)
  end
  return { kind = "all", nodes = nodes }
end

function parse_any(state)
  local nodes = { parse_all(state) }
  while letter_at(state, state.at) == "|" do
    state.at = state.at + 1
    nodes[#nodes + 1] = parse_all(state)
  end
  return { kind = "any", nodes = nodes }
end

-- Return the tree of *text*, how many groups it has, and their numbers by name.
return function(text)
  if #text > MAX_PATTERN then
    problems.raise(format("a pattern of %d bytes, of at most %d", #text, MAX_PATTERN))
  end
  local state = { text = text, at = 1, groups = 0, names = {}, flags = {}, depth = 0 }
  local tree = parse_any(state)
  if state.at <= #text then
    problems.raise("a ) without its (", state.at)
  end
  return tree, state.groups, state.names
end

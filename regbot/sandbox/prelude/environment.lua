-- The globals of a script: an allowlist.  What is not named here does not exist for it.

local use = ...
local basics, chunks, clock, coroutines = use("basics"), use("chunks"), use("clock"), use("coroutines")
local logging, objects, requirer = use("api/log"), use("objects"), use("require")
local sort, text = use("sorting"), use("text")

local function copied(library, names)
  local copy = {}
  for _, name in ipairs(names) do
    copy[name] = library[name]
  end
  return copy
end

-- A script may change its own tables; ours keep what they hold.
local function api(name)
  local copy = {}
  for key, value in pairs(use("api/" .. name)) do
    copy[key] = value
  end
  objects.libraries[copy] = name
  return copy
end

local environment = {
  _VERSION = _VERSION,
  assert = basics.assert, collectgarbage = basics.collectgarbage, error = basics.error, pcall = basics.pcall,
  tostring = basics.tostring, xpcall = basics.xpcall,
  getmetatable = getmetatable, ipairs = ipairs, next = next, pairs = pairs, rawequal = rawequal, rawget = rawget,
  rawset = rawset, select = select, setmetatable = setmetatable, tonumber = tonumber, type = type, unpack = unpack,
  bit = copied(bit, {
    "arshift", "band", "bnot", "bor", "bswap", "bxor", "lshift", "rol", "ror", "rshift", "tobit", "tohex",
  }),
  blob = api("blob"), coroutine = coroutines,
  image = api("image"), log = logging.log, logger = api("logger"), manifest = api("manifest"), metric = api("metric"),
  parallel = api("parallel"), print = logging.print, reference = api("reference"), referrer = api("referrer"),
  repo = api("repo"), tag = api("tag"), try = use("api/try"),
  math = copied(math, {
    "abs", "acos", "asin", "atan", "atan2", "ceil", "cos", "cosh", "deg", "exp", "floor", "fmod", "frexp", "huge",
    "ldexp", "log", "log10", "max", "min", "modf", "pi", "pow", "rad", "random", "randomseed", "sin", "sinh", "sqrt",
    "tan", "tanh",
  }),
  os = clock,
  string = copied(string, {
    "byte", "char", "find", "gmatch", "len", "lower", "match", "reverse", "sub", "upper",
  }),
  table = copied(table, { "concat", "getn", "insert", "maxn", "remove" }),
}
environment._G = environment
environment.load, environment.loadstring = chunks.loaders(environment)
environment.require = requirer(environment)
environment.string.format, environment.string.gsub, environment.string.rep = text.format, text.gsub, text.rep
environment.table.sort = sort

return environment

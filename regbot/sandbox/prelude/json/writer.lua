-- The text of a document, piece by piece: commas and line breaks, and bounds for whatever a script made.

local use = ...
local json, place = use("json"), use("json/place")

local concat, rep = table.concat, string.rep

local MAX_BYTES = 8 * 1024 * 1024
-- Pieces that are kept one by one: each costs as much as sixteen bytes of text.
local MAX_PARTS = 1024

local writer = {}

-- Return a new text.  *options* may have `quote(text)`, which gives a string as JSON, or nil and the position of what
-- it refuses; `indent`, what each level begins with; `origin`, the nodes that tables were read from; and `root`.
function writer.new(options)
  return {
    chunks = {}, parts = {}, count = 0, size = 0,
    path = {}, depth = 0, first = true, open = {},
    quote = options.quote, indent = options.indent, origin = options.origin or {}, root = options.root,
    colon = options.indent and ": " or ":",
  }
end

function writer.put(out, text)
  out.size = out.size + #text
  if out.size > MAX_BYTES then
    out.path = {}
    place.fail(out, "would have more than " .. MAX_BYTES .. " bytes as JSON")
  end
  out.count = out.count + 1
  out.parts[out.count] = text
  if out.count == MAX_PARTS then
    out.chunks[#out.chunks + 1] = concat(out.parts)
    out.parts, out.count = {}, 0
  end
end

function writer.text(out)
  return concat(out.chunks) .. concat(out.parts)
end

-- Return a string as JSON.
function writer.quoted(out, text)
  local quoted, flaw = out.quote(text)
  if not quoted then
    place.fail(out, "is not UTF-8 at byte " .. flaw)
  end
  return quoted
end

local function new_line(out)
  if out.indent then
    writer.put(out, "\n" .. rep(out.indent, out.depth))
  end
end

-- Begin an array or an object, which is the table *value*.
function writer.open(out, value, bracket)
  if out.open[value] then
    place.fail(out, "contains itself")
  end
  out.open[value] = true
  out.depth, out.first = out.depth + 1, true
  writer.put(out, bracket)
end

function writer.close(out, value, bracket)
  out.open[value] = nil
  out.depth = out.depth - 1
  if not out.first then
    new_line(out)
  end
  out.first = false
  writer.put(out, bracket)
end

-- Begin an item of an array, or the member of an object that is called so; `writer.done` ends it.
function writer.item(out, name)
  place.enter(out, name)
  if out.depth >= json.MAX_DEPTH then
    place.fail(out, "is deeper than " .. json.MAX_DEPTH .. " levels")
  elseif not out.first then
    writer.put(out, ",")
  end
  out.first = false
  new_line(out)
end

function writer.member(out, name)
  writer.item(out, name)
  writer.put(out, writer.quoted(out, name) .. out.colon)
end

writer.done = place.leave

return writer

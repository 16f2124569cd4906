-- The words of a Lua text: names, numbers, strings and symbols, without comments and white space.
--
-- Returns a list of {kind, text, line, last}: `kind` is "name", "number", "string" or "symbol", `last` where the word ends in the text.
local find, sub = string.find, string.sub

local three, two = { ["..."] = true }, {}
for pair in ("== ~= <= >= // :: << >> .."):gmatch "%S+" do two[pair] = true end

-- Where the string that begins at `first` with a quote ends.
local function end_of_quoted(text, first)
  local quote, at = sub(text, first, first), first + 1
  while true do
    local stop = find(text, "[\\" .. quote .. "]", at)
    if not stop then return #text end
    if sub(text, stop, stop) == quote then return stop end
    at = stop + 2
  end
end

-- Where the long bracket that begins at `first` ends, or nil where there is none.
local function end_of_long(text, first)
  local _, _, level = find(text, "^%[(=*)%[", first)
  if not level then return nil end
  local _, last = find(text, "]" .. level .. "]", first, true)
  return last or #text
end

local function end_of_number(text, first)
  local _, last = find(text, "^0[xX][%x.]*[pP][+-]?%d+", first)
  if not last then _, last = find(text, "^0[xX][%x.]+", first) end
  if not last then _, last = find(text, "^[%d.]+[eE][+-]?%d+", first) end
  if not last then _, last = find(text, "^[%d.]+", first) end
  return last
end

local function one(text, first)
  local char = sub(text, first, first)
  if find(char, "[%a_]") then return "name", select(2, find(text, "^[%w_]+", first)) end
  if find(text, "^%.?%d", first) then return "number", end_of_number(text, first) end
  if char == '"' or char == "'" then return "string", end_of_quoted(text, first) end
  local long = char == "[" and end_of_long(text, first)
  if long then return "string", long end
  if three[sub(text, first, first + 2)] then return "symbol", first + 2 end
  if two[sub(text, first, first + 1)] then return "symbol", first + 1 end
  return "symbol", first
end

return function(text)
  local list, line, at = {}, 1, 1
  local function count(first, last)
    local _, lines = sub(text, first, last):gsub("\n", "")
    line = line + lines
  end
  if sub(text, 1, 1) == "#" then at = find(text, "\n", 1, true) or #text + 1 end
  while true do
    local first = find(text, "%S", at)
    if not first then return list end
    count(at, first - 1)
    if sub(text, first, first + 1) == "--" then
      local last = end_of_long(text, first + 2) or (find(text, "\n", first, true) or #text + 1) - 1
      count(first, last)
      at = last + 1
    else
      local kind, last = one(text, first)
      list[#list + 1] = { kind, sub(text, first, last), line, last }
      if kind == "string" then count(first, last) end
      at = last + 1
    end
  end
end

-- How a script's function is told from others, in one line: where it stands, and what tells it from those that stand in the same place.
--
--   function at my.lua:7                a function
--   function at my.lua:7 (rate = 0.01)  one of those that a loop makes: the numbers and texts that it holds
--   function at my.lua:7 #3fa2          one of several on a line: by what it does
local core = require "semiluna.core"

local known = setmetatable({}, { __mode = "k" })
local most_held, most_length = 8, 40

-- "rate = 0.01, name = a", what the function holds of the script's variables.
local function held(value)
  local parts = {}
  for i = 1, most_held do
    local name, inner = debug.getupvalue(value, i)
    if not name then break end
    local kind = type(inner)
    if kind == "number" then parts[#parts + 1] = ("%s = %.14g"):format(name, inner) end
    if kind == "boolean" or kind == "string" and #inner <= most_length then parts[#parts + 1] = name .. " = " .. tostring(inner) end
  end
  return #parts > 0 and (" (%s)"):format((table.concat(parts, ", "):gsub("%c", " "))) or ""
end

local function source_line(path, number)
  local file <close> = io.open(path, "rb")
  if not file then return "" end
  for line in file:lines() do
    number = number - 1
    if number == 0 then return line end
  end
  return ""
end

local function is_one_of_several(where)
  if where.source:sub(1, 1) ~= "@" then return false end
  local _, count = source_line(where.source:sub(2), where.linedefined):gsub("%f[%w_]function%f[^%w_]", "")
  return count > 1
end

-- The text of a function, the same whenever the same script is loaded.
return function(value)
  if not known[value] then
    local where = debug.getinfo(value, "S")
    local mark = is_one_of_several(where) and " #" .. core.system.sha256(string.dump(value, true)):sub(1, 4) or ""
    known[value] = ("function at %s:%d%s%s"):format(where.short_src, where.linedefined, mark, held(value))
  end
  return known[value]
end

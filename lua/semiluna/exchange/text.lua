-- Values as text that reads back as the very same: to the last bit, and bytes that are not UTF-8 too.
local core = require "semiluna.core"
local drawing = require "semiluna.draw.table"
local json_encode = core.system.json_encode

local text = {}

-- A number with the fewest digits that read back as it; inf and -inf. A number with a fraction part in its type keeps one: 1.0.
text.number = drawing.exact

-- A field of a line of CSV. Nil is an empty field, the empty text is "".
text.csv = drawing.csv

local function hex(bytes)
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

-- A value as JSON: nil is null; infinity is 1e999, which is out of range for a double and so is read as infinity; text that is not UTF-8
-- is {"hex": "..."}.
function text.json(value)
  if value == nil then return "null" end
  if type(value) == "number" then
    if value == math.huge then return "1e999" end
    if value == -math.huge then return "-1e999" end
    return drawing.exact(value)
  end
  if utf8.len(value) then return json_encode(value) end
  return '{"hex": "' .. hex(value) .. '"}'
end

-- The bytes of pairs of hexadecimal digits, or nil.
function text.from_hex(digits)
  if #digits % 2 ~= 0 or digits:find "%X" then return nil end
  return (digits:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

return text

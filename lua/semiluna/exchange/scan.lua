-- Reads a file piece by piece, and JSON in it value by value, so that a file of any size needs little memory. What is wrong is told with
-- the file, the line and the byte.
local text = require "semiluna.exchange.text"

local chunk, deepest = 1 << 16, 50

local Scan = {}
Scan.__index = Scan

-- `file` is open for reading bytes, of which `head` has been read already; `path` is what it is called in messages.
local function new(file, path, head)
  return setmetatable({ file = file, path = path, buffer = head, at = 1, passed = 0, lines = 1 }, Scan)
end

-- ---- bytes ------------------------------------------------------------------------------------------------------------------------------

local function count_lines(part)
  local _, count = part:gsub("\n", "")
  return count
end

-- Ends with an error at the place that is read now.
function Scan:fail(message, ...)
  if select("#", ...) > 0 then message = message:format(...) end
  local line = self.lines + count_lines(self.buffer:sub(1, self.at - 1))
  error(("%s:%d: %s (byte %d)"):format(self.path, line, message, self.passed + self.at), 0)
end

-- Reads on; false at the end of the file.
function Scan:more()
  local part, message = self.file:read(chunk)
  if not part and message then self:fail("cannot be read: %s", message) end
  if not part then return false end
  self.lines = self.lines + count_lines(self.buffer:sub(1, self.at - 1))
  self.passed = self.passed + self.at - 1
  self.buffer = self.buffer:sub(self.at) .. part
  self.at = 1
  return true
end

-- Makes sure that so many bytes can be looked at, if the file has them.
function Scan:need(bytes)
  while #self.buffer - self.at + 1 < bytes and self:more() do end
end

-- ---- JSON -------------------------------------------------------------------------------------------------------------------------------

-- The next character that is not space, which stays; "" at the end of the file.
function Scan:peek()
  while true do
    local at = self.buffer:find("[^ \t\r\n]", self.at)
    self.at = at or #self.buffer + 1
    if at then return self.buffer:sub(at, at) end
    if not self:more() then return "" end
  end
end

local function shown(character)
  if character == "" then return "the end of the file" end
  return character:find "[%g]" and ('"%s"'):format(character) or ("byte 0x%02x"):format(character:byte())
end

function Scan:expect(character)
  local found = self:peek()
  if found ~= character then
    self:fail("%s where %s should stand%s", shown(found), shown(character), found == "" and ": the file is cut short" or "")
  end
  self.at = self.at + 1
end

-- Calls `visit` before each element of a list, which has to read it.
function Scan:list(visit)
  self:expect "["
  if self:peek() == "]" then
    self.at = self.at + 1
    return
  end
  while true do
    visit()
    local next_one = self:peek()
    if next_one ~= "," and next_one ~= "]" then
      self:fail('%s where a "," or "]" should stand%s', shown(next_one), next_one == "" and ": the file is cut short" or "")
    end
    self.at = self.at + 1
    if next_one == "]" then return end
  end
end

-- Calls `visit(key)` before each value of an object, which has to read it.
function Scan:object(visit)
  local seen = {}
  self:expect "{"
  if self:peek() == "}" then
    self.at = self.at + 1
    return
  end
  while true do
    if self:peek() ~= '"' then self:expect '"' end
    local key = self:string()
    if seen[key] then self:fail('the key "%s" is there twice', key) end
    seen[key] = true
    self:expect ":"
    visit(key)
    local next_one = self:peek()
    if next_one ~= "," and next_one ~= "}" then
      self:fail('%s where a "," or "}" should stand%s', shown(next_one), next_one == "" and ": the file is cut short" or "")
    end
    self.at = self.at + 1
    if next_one == "}" then return end
  end
end

local escapes = { ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

-- The character of the \uXXXX that is next, two of which may make one.
function Scan:unicode()
  self:need(12)
  local digits = self.buffer:match("^\\u(%x%x%x%x)", self.at)
  if not digits then self:fail "\\u without four hexadecimal digits" end
  local code, length = tonumber(digits, 16), 6
  if code >= 0xD800 and code < 0xDC00 then
    local low = tonumber(self.buffer:match("^\\u(%x%x%x%x)", self.at + 6) or "0", 16)
    if low < 0xDC00 or low > 0xDFFF then self:fail "half of a pair of surrogates" end
    code, length = 0x10000 + (code - 0xD800) * 0x400 + low - 0xDC00, 12
  elseif code >= 0xDC00 and code < 0xE000 then
    self:fail "half of a pair of surrogates"
  end
  self.at = self.at + length
  return utf8.char(code)
end

-- The string whose opening quote is next.
function Scan:string()
  local parts = {}
  self.at = self.at + 1
  while true do
    local stop = self.buffer:find('["\\%c]', self.at)
    if not stop then
      parts[#parts + 1] = self.buffer:sub(self.at)
      self.at = #self.buffer + 1
      if not self:more() then self:fail("the text does not end: the file is cut short") end
    else
      parts[#parts + 1] = self.buffer:sub(self.at, stop - 1)
      self.at = stop
      local character = self.buffer:sub(stop, stop)
      if character == '"' then
        self.at = stop + 1
        local value = table.concat(parts)
        if not utf8.len(value) then self:fail("a text that is not UTF-8") end
        return value
      elseif character == "\\" then
        self:need(12)
        local escape = self.buffer:sub(self.at + 1, self.at + 1)
        if escape == "u" then
          parts[#parts + 1] = self:unicode()
        elseif escapes[escape] then
          parts[#parts + 1] = escapes[escape]
          self.at = self.at + 2
        else
          self:fail('"\\%s" is no character', escape)
        end
      else
        if character ~= "\127" then self:fail("%s in a text", shown(character)) end
        parts[#parts + 1] = character
        self.at = stop + 1
      end
    end
  end
end

function Scan:number()
  self:need(64)
  local word = self.buffer:match("^-?%d+%.?%d*[eE]?[+-]?%d*", self.at)
  local value = word and #word < 60 and not word:find "^-?0%d" and not word:find "%.[eE]" and not word:find "%.$" and tonumber(word)
  if not value then self:fail("not a number: %s", (self.buffer:match("^[^%s,%]}]*", self.at):sub(1, 40))) end
  self.at = self.at + #word
  return value
end

local words = { t = { "true", true }, f = { "false", false }, n = { "null", nil } }

-- Any value that fits into memory: a list or an object as a table, null as nil; and the number of elements of a list.
function Scan:value(depth)
  local character = self:peek()
  depth = depth or 0
  if depth > deepest then self:fail("nested deeper than %d levels", deepest) end
  if character == '"' then return self:string() end
  if character:find "^[-%d]" then return self:number() end
  local word = words[character]
  if word then
    self:need(5)
    if self.buffer:sub(self.at, self.at + #word[1] - 1) ~= word[1] then self:fail("%s where a value should stand", shown(character)) end
    self.at = self.at + #word[1]
    return word[2]
  end
  if character == "[" then
    local values, count = {}, 0
    self:list(function()
      count = count + 1
      values[count] = self:value(depth + 1)
    end)
    return values, count
  end
  if character ~= "{" then
    self:fail("%s where a value should stand%s", shown(character), character == "" and ": the file is cut short" or "")
  end
  local members = {}
  self:object(function(key) members[key] = self:value(depth + 1) end)
  if members.hex and next(members, next(members)) == nil then
    local bytes = type(members.hex) == "string" and text.from_hex(members.hex)
    if not bytes then self:fail "hex: not pairs of hexadecimal digits" end
    return bytes
  end
  return members
end

-- A list of simple values, and how many they are; a list of numbers alone is read fast.
function Scan:row()
  if self:peek() == "[" then
    local first, last = self.buffer:find("^%[[-%d., eEnul]*%]", self.at)
    if not first then
      self:need(256)
      first, last = self.buffer:find("^%[[-%d., eEnul]*%]", self.at)
    end
    local values, count = {}, 0
    for word in (first and self.buffer:sub(first + 1, last - 1) .. "," or ""):gmatch " *([^,]*)," do
      count = count + 1
      if word ~= "null" then
        local value = word:find "^-?%d+%.?%d*[eE]?[+-]?%d*$" and not word:find "^-?0%d" and tonumber(word)
        if not value then
          first = nil
          break
        end
        values[count] = value
      end
    end
    if first then
      self.at = last + 1
      return values, count
    end
  end
  local values, count = self:value()
  if type(values) ~= "table" or not count then self:fail "a list should stand here" end
  return values, count
end

return new

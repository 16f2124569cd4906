-- Filter expressions: from their text to a tree.
--
--   method.threshold >= 0.2 and (miou > 0.5 or tag = 'paper') and not data.labeled in (1/8, 1/4)
--
-- A comparison is NAME OPERATOR VALUE. Operators: = != < <= > >= ~ (contains), in (...). Values: numbers, fractions such as 1/8,
-- texts in single or double quotes (a quote in a text is doubled), true, false, nil. Names that are not made of letters, digits,
-- "_" and "." are written in back quotes.
local core = require "semiluna.core"
local usage = require "semiluna.usage"

local expression = {}

local most_values, deepest = 1000, 50

local keywords = { ["and"] = true, ["or"] = true, ["not"] = true, ["in"] = true }
local constants = { ["true"] = "true", ["false"] = "false", ["nil"] = "nil", null = "nil" }
local operators = {
  ["="] = "=", ["=="] = "=", ["!="] = "!=", ["<>"] = "!=", ["<"] = "<", ["<="] = "<=", [">"] = ">", [">="] = ">=", ["~"] = "~",
}

-- Text that a terminal shows as it is, in one line.
local function visible(text)
  return (text:gsub("[%c\127]", " "))
end
expression.visible = visible

-- ' Did you mean "threshold"?' where one of the candidates is near, else nothing.
function expression.suggestion(name, candidates)
  local nearest = core.system.nearest(name, candidates)
  return nearest and (' Did you mean "%s"?'):format(nearest) or ""
end

-- A usage error that points at byte `at` of the text, with a caret below it.
function expression.fail(text, at, message, ...)
  if select("#", ...) > 0 then message = message:format(...) end
  local column = (utf8.len(text:sub(1, at - 1)) or at - 1) + 1
  usage("%s", ("%s: column %d: %s\n%s^"):format(visible(text), column, visible(message), (" "):rep(column - 1)))
end

-- ---- words ----------------------------------------------------------------------------------------------------------------------

local function quoted(text, at, quote, what)
  local parts, from = {}, at + 1
  while true do
    local close = text:find(quote, from, true)
    if not close then expression.fail(text, at, "the %s that begins here does not end: a %s is missing", what, quote) end
    parts[#parts + 1] = text:sub(from, close - 1)
    if text:sub(close + 1, close + 1) ~= quote then return table.concat(parts, quote), close + 1 end
    from = close + 2
  end
end

local number_pattern = "^[+-]?%d*%.?%d*"

local function number_at(text, at)
  local first, last = text:find(number_pattern, at)
  if last < first or not text:sub(first, last):find "%d" then return nil end
  local _, exponent = text:find("^[eE][+-]?%d+", last + 1)
  last = exponent or last
  return tonumber((text:sub(first, last):gsub("^%+", ""))), last + 1
end

-- 0.2, -1e-4, 1/8
local function number_word(text, at)
  local value, next_at = number_at(text, at)
  if not value then return nil end
  local _, slash = text:find("^%s*/%s*", next_at)
  if slash then
    local under, after = number_at(text, slash + 1)
    if not under or under == 0 then expression.fail(text, slash, "a number other than 0 has to follow the / of a fraction") end
    value, next_at = value / under, after
  end
  if text:find("^[%w_.\128-\255]", next_at) then
    expression.fail(text, at, '"%s" is neither a number nor a name', text:match("^[%w_.+/\128-\255-]+", at))
  end
  return { kind = "value", type = "number", value = value, at = at }, next_at
end

local function name_word(text, at)
  local word = text:match("^[%a_\128-\255][%w_.\128-\255]*", at)
  if not word then return nil end
  local lower, next_at = word:lower(), at + #word
  if keywords[lower] then return { kind = lower, at = at }, next_at end
  if constants[lower] then
    local is_nil = constants[lower] == "nil"
    return { kind = "value", type = is_nil and "nil" or "boolean", value = not is_nil and lower == "true" or nil, at = at }, next_at
  end
  return { kind = "name", name = word, at = at }, next_at
end

local function other_word(text, at)
  local character = text:sub(at, at)
  if character == "'" or character == '"' then
    local value, next_at = quoted(text, at, character, "text")
    return { kind = "value", type = "text", value = value, at = at }, next_at
  end
  if character == "`" then
    local name, next_at = quoted(text, at, "`", "name")
    return { kind = "name", name = name, at = at }, next_at
  end
  if character:find "[(),]" then return { kind = character, at = at }, at + 1 end
  if text:find("^~=", at) then expression.fail(text, at, '"not equal" is written !=, and "contains" is ~') end
  for length = 2, 1, -1 do
    local operator = operators[text:sub(at, at + length - 1)]
    if operator then return { kind = "operator", operator = operator, at = at }, at + length end
  end
  expression.fail(text, at, '"%s" means nothing here', text:match("^" .. utf8.charpattern, at) or character)
end

local function words_of(text)
  local words, at = {}, 1
  while true do
    at = text:find("%S", at)
    if not at then break end
    local word
    word, at = nil, at
    local made, next_at = name_word(text, at)
    if not made then made, next_at = number_word(text, at) end
    if not made then made, next_at = other_word(text, at) end
    word, at = made, next_at
    words[#words + 1] = word
  end
  words[#words + 1] = { kind = "end", at = #text + 1 }
  return words
end

-- ---- the tree -------------------------------------------------------------------------------------------------------------------

local Parser = {}
Parser.__index = Parser

function Parser:peek()
  return self.words[self.index]
end

function Parser:take(kind)
  local word = self.words[self.index]
  if word.kind ~= kind then return nil end
  self.index = self.index + 1
  return word
end

function Parser:fail(word, message, ...)
  expression.fail(self.text, word.at, message, ...)
end

function Parser:value()
  local word = self:take "value"
  if not word then
    local found = self:peek()
    if found.kind == "name" then
      self:fail(found, "a number or a text in quotes has to stand here; a text is written '%s'", found.name)
    end
    self:fail(found, "a number or a text in quotes has to stand here")
  end
  self.values = self.values + 1
  if self.values > most_values then self:fail(word, "more than %d values in one expression", most_values) end
  return word
end

function Parser:list()
  local list = {}
  if not self:take "(" then self:fail(self:peek(), 'a list has to follow "in", such as in (0.1, 0.2)') end
  repeat
    local value = self:value()
    if value.type == "nil" then self:fail(value, "nil cannot stand in a list: write `... = nil or ... in (...)`") end
    list[#list + 1] = value
  until not self:take ","
  if not self:take ")" then self:fail(self:peek(), 'a "," or the ")" of the list has to stand here') end
  return list
end

function Parser:comparison()
  local name = self:take "name"
  if not name then
    local found = self:peek()
    if found.kind == "end" then self:fail(found, "something is missing at the end: a comparison, such as seed = 1") end
    if found.kind == "value" then
      self:fail(found, "a comparison begins with a name and ends with a value, such as method.threshold >= 0.2")
    end
    self:fail(found, "a comparison has to stand here, such as method.threshold >= 0.2")
  end
  local node = { kind = "compare", name = name.name, at = name.at }
  local negated = self:peek().kind == "not" and self.words[self.index + 1].kind == "in" and self:take "not"
  if self:take "in" then
    node.operator, node.list = "in", self:list()
    return negated and { kind = "not", node } or node
  end
  local operator = self:take "operator"
  if not operator then self:fail(self:peek(), 'after "%s" one of = != < <= > >= ~ in has to stand', name.name) end
  node.operator, node.value = operator.operator, self:value()
  local kind = node.value.type
  if (kind == "nil" or kind == "boolean") and node.operator ~= "=" and node.operator ~= "!=" then
    self:fail(operator, "%s can be compared with = and != alone", kind == "nil" and "nil" or "true and false")
  end
  if node.operator == "~" and kind ~= "text" then
    self:fail(node.value, "a text in quotes has to follow ~, such as name ~ 'camvid'")
  end
  return node
end

function Parser:term()
  self.depth = self.depth + 1
  if self.depth > deepest then self:fail(self:peek(), "nested deeper than %d levels", deepest) end
  local node
  if self:take "not" then
    node = { kind = "not", self:term() }
  elseif self:take "(" then
    node = self:any()
    if not self:take ")" then self:fail(self:peek(), 'an "and", an "or" or a ")" has to stand here') end
  else
    node = self:comparison()
  end
  self.depth = self.depth - 1
  return node
end

function Parser:all()
  local list = { kind = "and", self:term() }
  while self:take "and" do list[#list + 1] = self:term() end
  return #list == 1 and list[1] or list
end

function Parser:any()
  local list = { kind = "or", self:all() }
  while self:take "or" do list[#list + 1] = self:all() end
  return #list == 1 and list[1] or list
end

-- The tree of an expression. Nodes: {kind = "and" | "or", ...}, {kind = "not", node}, and {kind = "compare", name, at, operator,
-- value} or, with "in", a list of values; a value is {type = "number" | "text" | "boolean" | "nil", value, at}.
function expression.parse(text)
  local parser = setmetatable({ text = text, words = words_of(text), index = 1, depth = 0, values = 0 }, Parser)
  if parser:peek().kind == "end" then
    expression.fail(text, 1, "the expression is empty; write one such as seed = 1 and miou > 0.5")
  end
  local tree = parser:any()
  if not parser:take "end" then parser:fail(parser:peek(), 'an "and" or an "or" has to stand here') end
  return tree
end

-- ---- numbers in texts -----------------------------------------------------------------------------------------------------------

-- What a text stands for where it is a number or a fraction ("0.125", "1e-05", "1/8"); else nil. The SQL of filter.lua agrees.
function expression.number(text)
  if type(text) == "number" then return text end
  if type(text) ~= "string" then return nil end
  local sign, whole, rest = text:match "^(-?)(%d+)(.*)$"
  if not sign then return nil end
  if whole == "0" or whole:sub(1, 1) ~= "0" then
    local fraction, exponent = rest:match "^(%.?%d*)(.*)$"
    if fraction ~= "." and (exponent == "" or exponent:find "^[eE][+-]?%d+$") then return tonumber(text) end
  end
  local over, under = text:match "^([%d.]+)/([%d.]+)$"
  over, under = tonumber(over), tonumber(under)
  if over and under and under ~= 0 and text:find "^%d" and text:find "/%d" then return over / under end
  return nil
end

-- The least and the greatest number that count as equal to `value`: options are stored with 14 digits, so that 1/3 is not quite
-- 1/3.
function expression.bounds(value)
  if math.type(value) == "integer" or value == math.huge or value == -math.huge then return value, value end
  local slack = math.abs(value) * 1e-13
  return value - slack, value + slack
end

return expression

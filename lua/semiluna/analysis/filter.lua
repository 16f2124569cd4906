-- Filter expressions (see expression.lua) as SQL conditions over `run r`, and as functions of a table of options.
--
-- Names mean, in this order: a column of run_summary (miou, seed, state ...), `tag` and `note` (of which a run may have several),
-- an option (method.threshold), a metric (its value at the last step), best.METRIC (its highest value). What a run does not have is
-- nil: comparing it is false, whatever the operator. Everything that was written goes to SQL as a bound parameter.
local expression = require "semiluna.analysis.expression"

local filter = {}

filter.number = expression.number

-- ---- what names mean ------------------------------------------------------------------------------------------------------------

-- Columns of the table run itself, which cost nothing; the other columns of run_summary are looked up there.
local own = {
  id = "number", uuid = "text", name = "text", method = "text", step = "number", steps = "number", seed = "number",
  resumes = "number", error = "text", host = "text", pid = "number", device = "text", threads = "number", versions = "text",
  git_commit = "text", git_dirty = "number", script_path = "text", script_hash = "text", start_time = "number",
  end_time = "number", heartbeat = "number",
}
local computed = {
  state = "text", split = "text", miou_step = "number", miou = "number", miou_authors = "number", best_step = "number",
  best_miou = "number", best_miou_authors = "number", started = "text", ended = "text", duration = "number",
}
local several = { tag = "tag", note = "text" } -- tables of several rows a run, and their column

local function exists(db, sql, ...)
  return db:query(sql, ...)[1] ~= nil
end

local function declared(name)
  for _, topic in ipairs(require("semiluna.options").topics()) do
    local section = topic[1]:match "^[^.]+"
    for _, descriptor in ipairs(topic[3]) do
      if name == (section == "experiment" and "" or section .. ".") .. descriptor[1] then return true end
    end
  end
  return false
end

local function candidates(db)
  local list = { "tag", "note", "experiment" }
  for _, names in ipairs { own, computed } do
    for name in pairs(names) do list[#list + 1] = name end
  end
  for _, row in ipairs(db:query "SELECT DISTINCT name FROM param") do list[#list + 1] = row.name end
  for _, row in ipairs(db:query "SELECT name FROM metric_name") do
    list[#list + 1] = row.name
    list[#list + 1] = "best." .. row.name
  end
  table.sort(list)
  return list
end

-- A name without its section, "threshold", suggests the whole one.
local function unknown(text, node, list)
  for _, name in ipairs(list) do
    if name:match "^[%a_]+%.(.+)$" == node.name and not name:find "^best%." then
      expression.fail(text, node.at, 'no option, metric or column "%s". Did you mean "%s"?', node.name, name)
    end
  end
  expression.fail(text, node.at, 'no option, metric or column "%s".%s', node.name, expression.suggestion(node.name, list))
end

-- Where the values of a name are: {from = SQL after FROM, value = SQL of one value, type, parameters}.
local function source(db, text, node)
  local name = node.name
  if own[name] then return { value = "r." .. name, type = own[name] } end
  if name == "experiment" then
    return { from = "experiment x WHERE x.id = r.experiment", value = "x.name", type = "text" }
  end
  if computed[name] then return { from = "run_summary x WHERE x.id = r.id", value = "x." .. name, type = computed[name] } end
  if several[name] then return { from = name .. " x WHERE x.run = r.id", value = "x." .. several[name], type = "text" } end
  if exists(db, "SELECT 1 FROM param WHERE name = ? LIMIT 1", name) or declared(name) then
    return { from = "param x WHERE x.run = r.id AND x.name = ? AND x.value != ''", value = "x.value", type = "text", name }
  end
  for _, found in ipairs(db:query("PRAGMA table_info(run_summary)")) do
    if found.name == name then
      return { from = "run_summary x WHERE x.id = r.id", value = 'x."' .. name:gsub('"', '""') .. '"', type = "text" }
    end
  end
  local best = name:match "^best%.(.+)$"
  for _, metric in ipairs { { name, "ORDER BY v.step DESC LIMIT 1", "v.value" }, { best, "", "max(v.value)" } } do
    local row = metric[1] and db:query("SELECT id FROM metric_name WHERE name = ?", metric[1])[1]
    if row then
      local sql = "(SELECT %s AS value FROM metric_value v WHERE v.run = r.id AND v.name_id = ? %s) m WHERE 1"
      return { from = sql:format(metric[3], metric[2]), value = "m.value", type = "number", row.id }
    end
  end
  unknown(text, node, candidates(db))
end

-- ---- SQL ------------------------------------------------------------------------------------------------------------------------

-- The number that the text X stands for, as expression.number says; else NULL.
local number_sql = [[CASE WHEN json_valid(X) THEN CASE WHEN json_type(X) IN ('integer', 'real') THEN CAST(X AS NUMERIC) END
 WHEN X GLOB '[0-9]*/[0-9]*' AND X NOT GLOB '*[^0-9./]*' AND X NOT GLOB '*/*/*' AND X NOT GLOB '*.*.*/*' AND X NOT GLOB '*/*.*.*'
  AND CAST(substr(X, instr(X, '/') + 1) AS REAL) != 0
  THEN CAST(X AS REAL) / CAST(substr(X, instr(X, '/') + 1) AS REAL) END]]

local Builder = {}
Builder.__index = Builder

-- A value as a part of the statement.
local function literal_sql(value)
  if math.type(value) == "integer" then return value == math.mininteger and "-9.2233720368547758e18" or ("%d"):format(value) end
  if type(value) == "number" and value ~= value then return "NULL" end
  if type(value) == "number" and math.abs(value) == math.huge then return value > 0 and "9e999" or "-9e999" end
  if type(value) == "number" then return ("%.17e"):format(value) end
  return "'" .. value:gsub("'", "''") .. "'"
end

function Builder:bind(value)
  if self.inline then return literal_sql(value) end
  self.parameters[#self.parameters + 1] = value
  return "?"
end

-- Balanced, because SQLite limits how deep an expression may be.
local function joined(parts, word, from, to)
  from, to = from or 1, to or #parts
  if from == to then return parts[from] end
  local middle = (from + to) // 2
  return "(" .. joined(parts, word, from, middle) .. word .. joined(parts, word, middle + 1, to) .. ")"
end

local number_tests = {
  ["="] = function(self, value, low, high) return value .. " BETWEEN " .. self:bind(low) .. " AND " .. self:bind(high) end,
  ["<"] = function(self, value, low) return value .. " < " .. self:bind(low) end,
  ["<="] = function(self, value, _, high) return value .. " <= " .. self:bind(high) end,
  [">"] = function(self, value, _, high) return value .. " > " .. self:bind(high) end,
  [">="] = function(self, value, low) return value .. " >= " .. self:bind(low) end,
}

-- Whether one value, the SQL `value` of type `kind`, compares so with a literal. Never NULL where the value is none.
function Builder:test(value, kind, operator, literal)
  if operator == "!=" then return ("NOT coalesce(%s, 0)"):format(self:test(value, kind, "=", literal)) end
  if literal.type == "number" then
    local low, high = expression.bounds(literal.value)
    if kind == "text" then value = "(" .. number_sql:gsub("X", value) .. ")" end
    return number_tests[operator](self, value, low, high)
  end
  if literal.type == "boolean" then
    local text = kind == "text"
    return value .. " = " .. self:bind(text and tostring(literal.value) or not text and (literal.value and 1 or 0))
  end
  if operator == "~" then return ("instr(%s, %s) > 0"):format(value, self:bind(literal.value)) end
  return value .. " " .. operator .. " " .. self:bind(literal.value)
end

function Builder:check_type(node, found)
  for _, literal in ipairs(node.list or { node.value }) do
    if found.type == "number" and literal.type == "text" then
      expression.fail(self.text, literal.at, "%s is a number, which cannot be compared with a text", node.name)
    end
  end
end

function Builder:compare(node)
  local found = source(self.db, self.text, node)
  self:check_type(node, found)
  local operator = node.operator
  local is_nil = node.value and node.value.type == "nil"
  -- Of several tags one has to be so; "different" means that none is the same, where there is one at all.
  local none = several[node.name] and operator == "!=" and not is_nil
  local before, after = "", ""
  if found.from then
    local from, next_one = found.from, 0
    for _, parameter in ipairs(found) do self:bind(parameter) end
    if self.inline then
      from = from:gsub("%?", function()
        next_one = next_one + 1
        return literal_sql(found[next_one])
      end)
    end
    before, after = "EXISTS(SELECT 1 FROM " .. from .. " AND ", ")"
  end
  if is_nil then
    local sql = before .. found.value .. " IS NOT NULL" .. after
    return operator == "=" and "(NOT " .. sql .. ")" or "(" .. sql .. ")"
  end
  local tests
  if node.list then
    tests = {}
    for i, literal in ipairs(node.list) do tests[i] = self:test(found.value, found.type, "=", literal) end
    tests = joined(tests, " OR ")
  else
    tests = self:test(found.value, found.type, none and "=" or operator, node.value)
  end
  local sql = ("%s%s IS NOT NULL AND coalesce(%s, 0)%s"):format(before, found.value, tests, after)
  if none then return ("(%s%s IS NOT NULL%s AND NOT %s)"):format(before, found.value, after, sql) end
  return "(" .. sql .. ")"
end

function Builder:node(node)
  if node.kind == "compare" then return self:compare(node) end
  if node.kind == "not" then return "(NOT " .. self:node(node[1]) .. ")" end
  local parts = {}
  for i, inner in ipairs(node) do parts[i] = self:node(inner) end
  return joined(parts, node.kind == "and" and " AND " or " OR ")
end

-- A condition over `run r`: {sql, parameters}, the parameters in the order of its question marks. With `inline` there are none: the
-- values stand in the SQL. A usage error points at what is wrong.
function filter.compile(text, db, inline)
  local builder = setmetatable({ text = text, db = db, parameters = {}, inline = inline }, Builder)
  local sql = builder:node(expression.parse(text))
  return { sql = sql, parameters = builder.parameters }
end

-- ---- without a database ---------------------------------------------------------------------------------------------------------

local function number_text(value)
  return math.type(value) == "float" and ("%.14g"):format(value) or tostring(value)
end

local compare_number = {
  ["="] = function(number, low, high) return number >= low and number <= high end,
  ["<"] = function(number, low) return number < low end,
  ["<="] = function(number, _, high) return number <= high end,
  [">"] = function(number, _, high) return number > high end,
  [">="] = function(number, low) return number >= low end,
}
local compare_text = {
  ["="] = function(text, value) return text == value end,
  ["<"] = function(text, value) return text < value end,
  ["<="] = function(text, value) return text <= value end,
  [">"] = function(text, value) return text > value end,
  [">="] = function(text, value) return text >= value end,
  ["~"] = function(text, value) return text:find(value, 1, true) ~= nil end,
}

local function test(value, operator, literal)
  if operator == "!=" then return not test(value, "=", literal) end
  if literal.type == "number" then
    local number = expression.number(value)
    if not number then return false end
    return compare_number[operator](number, expression.bounds(literal.value))
  end
  local text = type(value) == "number" and number_text(value) or tostring(value)
  local wanted = literal.value
  if literal.type == "boolean" then wanted = tostring(wanted) end
  return compare_text[operator](text, wanted)
end

local function matches(node, values)
  if node.kind == "not" then return not matches(node[1], values) end
  if node.kind == "and" then
    for _, inner in ipairs(node) do
      if not matches(inner, values) then return false end
    end
    return true
  end
  if node.kind == "or" then
    for _, inner in ipairs(node) do
      if matches(inner, values) then return true end
    end
    return false
  end
  local value = values[node.name]
  if value == "" then value = nil end
  if node.value and node.value.type == "nil" then return (value == nil) == (node.operator == "=") end
  if value == nil then return false end
  if node.value then return test(value, node.operator, node.value) end
  for _, literal in ipairs(node.list) do
    if test(value, "=", literal) then return true end
  end
  return false
end

local function check_names(text, node, known, list)
  if node.kind == "compare" then
    if not known[node.name] then unknown(text, node, list) end
    return
  end
  for _, inner in ipairs(node) do check_names(text, inner, known, list) end
end

-- The same as a function of a table of options, {name = text or number}. With `names`, a list, any other name is a usage error.
function filter.matcher(text, names)
  local tree = expression.parse(text)
  if names then
    local known = {}
    for _, name in ipairs(names) do known[name] = true end
    check_names(text, tree, known, names)
  end
  return function(values) return matches(tree, values) end
end

return filter

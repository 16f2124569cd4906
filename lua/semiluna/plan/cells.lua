-- Plans: which cells an ablation has. A cell is a table of changes to an experiment; `ablate = plan` in an experiment describes all of
-- its cells at once.
--
-- A plan walks over its cells: `each(context, cell, emit)` calls `emit` with every cell that it makes of `cell`, the changes so far.
-- Changes are kept flat, { ["method.threshold"] = 0.2, seed = 1 }; a section that says what it is, method = { "supervised" }, stays whole.
local core = require "semiluna.core"
local usage = require "semiluna.usage"

local cells = {}

-- The most cells that a plan may have, and the most that its filters may look at.
cells.most = 10000
local most_visited = 1000000

local Plan = {}
Plan.__index = Plan

-- What there is, for the help and the reference.
cells.list = {
  { "grid{ option = {value, ...}, plan, ... }", "every combination: each named list is an axis, the plans listed multiply them; a " ..
    "plan made by sl.when is decided last, when the rest of the cell is known" },
  { "zip{ option = {value, ...}, ... }", "lists of the same length, walked in step: first values together, second values together" },
  { "list{ {option = value, ...}, ... }", "cells one by one; {} is the experiment as it stands" },
  { "leave_one_out(parts)", "all parts on, then each off in turn; parts are { \"name\", off = {option = value}, on = {...} }, without " ..
    "an argument those of the method" },
  { "add_one_in(parts)", "no part on, then each alone" },
  { "pairwise(parts)", "no part on, then each pair of parts" },
  { "random(n, seed, { option = sl.uniform(a, b), ... })", "n cells drawn at random; a larger n keeps the first ones" },
  { "uniform(a, b, {whole = false})", "for sl.random: any number from a to b; with whole = true whole numbers" },
  { "loguniform(a, b, {whole = false})", "for sl.random: the logarithm is uniform" },
  { "choice{ value, ... }", "for sl.random: one of the values" },
  { "when(condition, plan, otherwise)", "the plan's cells where the condition holds, else those of `otherwise` or the cell as it is; " ..
    "the condition is { option = value or {values}, ... } or a function of the cell" },
  { "controls{ updates = true, images = true, base = true }", "the experiment and its fair controls: the labelled images alone for " ..
    "as many updates, and for as many images seen" },
  { "plan:filter(function(cell) ... end)", "the cells for which the function is true; cell[\"method.threshold\"] is an option" },
  { "plan + plan", "the cells of both" },
  { "plan * plan", "every combination" },
}

-- "sl.grid{...}", "plan + plan": how a row of the list is written in a script.
function cells.shown(signature)
  return signature:match "^plan" and signature or "sl." .. signature
end

-- ---- messages -----------------------------------------------------------------------------------------------------------------

-- "my.lua:12: ", the line of the script or of its module that is being run.
local function place()
  for level = 2, 100 do
    local info = debug.getinfo(level, "Sl")
    if not info then return "" end
    if info.source:sub(1, 1) == "@" and info.currentline > 0 then return ("%s:%d: "):format(info.short_src, info.currentline) end
  end
  return ""
end

local function fail(message, ...)
  usage("%s", place() .. message:format(...))
end

local function what(value)
  if type(value) == "string" then return ('the text "%s"'):format(value) end
  if type(value) == "number" or type(value) == "boolean" or value == nil then return tostring(value) end
  return "a " .. type(value)
end

-- ---- changes ------------------------------------------------------------------------------------------------------------------

-- Options that a cell sets and --set does not change, by cell: what was computed from the rest, such as a control's steps.
local fixed = setmetatable({}, { __mode = "k" })

-- The names that a setting is not laid over in this cell: {name = true}.
function cells.fixed(cell)
  return fixed[cell] or {}
end

local function is_section(name)
  local section = require("semiluna.sections")[name]
  return section ~= nil and name ~= "experiment" and name ~= "order"
end

local function is_plain(value)
  return type(value) == "table" and getmetatable(value) == nil and type(rawget(value, "new")) ~= "function"
end

-- Changes as scripts write them, made flat.
local function flat(changes)
  local result = {}
  for name, value in next, changes do
    if is_section(name) and is_plain(value) and value[1] == nil then
      for inner, option in next, value do result[name .. "." .. inner] = option end
    else
      result[name] = value
    end
  end
  return result
end

-- `cell` changed further: a whole section takes the place of what was said of it, and variants are said one after the other.
local function combine(cell, changes)
  local result = {}
  for name, value in next, cell do
    local section = name:match("^([^.]+)%.")
    if not (section and changes[section] ~= nil) then result[name] = value end
  end
  for name, value in next, changes do
    if name == "variant" and result.variant and result.variant ~= value then value = result.variant .. ", " .. value end
    result[name] = value
  end
  if fixed[cell] or fixed[changes] then
    local names = {}
    for _, from in ipairs { fixed[cell] or {}, fixed[changes] or {} } do
      for name in pairs(from) do names[name] = true end
    end
    fixed[result] = names
  end
  return result
end

local function check_changes(where, changes)
  if type(changes) ~= "table" or getmetatable(changes) ~= nil then
    fail("%s: expected a table of changes such as { [\"method.threshold\"] = 0.2 }, not %s", where, what(changes))
  end
  for name, value in next, changes do
    if type(name) ~= "string" then
      fail("%s: an option's name was expected before %s: write { seed = 1 }, or { [\"method.threshold\"] = 0.2 }", where, what(value))
    end
    if name == "ablate" then fail("%s: a cell cannot hold an ablation of its own: combine the plans by + or *", where) end
    if getmetatable(value) == Plan then fail("%s: %s is a plan; a cell gives one value: combine the plans by *", where, name) end
  end
end

-- ---- the cell so far, as conditions and filters see it --------------------------------------------------------------------------

local function at_path(raw, path)
  local section, name = path:match("^([^.]+)%.(.+)$")
  if section then
    local inner = raw[section]
    if is_plain(inner) then return inner[name] end
    return nil
  end
  local value = raw[path]
  if is_section(path) and is_plain(value) then value = value[1] end
  if is_section(path) and type(value) == "table" then value = value.name end
  return value
end

local function at_resolved(resolved, path)
  local section, name = path:match("^([^.]+)%.(.+)$")
  local inner = resolved[section or path]
  if section then return type(inner) == "table" and inner[name] or nil end
  if is_section(path) and type(inner) == "table" then return inner.kind end
  return inner
end

local function is_set(context, path)
  for _, setting in ipairs(context.settings) do
    if setting:match("^%s*([%w_.]+)%s*=") == path or setting:match("^%s*([%w_]+)%s*=") == path:match("^[%w_]+") then return true end
  end
  return false
end

-- The cell laid over the experiment: view["method.threshold"] is what the option would be, its default included.
local function view(context, cell)
  local options = require "semiluna.options"
  local raw, resolved
  return setmetatable({}, {
    __index = function(_, path)
      if type(path) ~= "string" then return nil end
      raw = raw or options.merge(context.raw, cell)
      local value = at_path(raw, path)
      if value ~= nil and not is_set(context, path) then return value end
      if resolved == nil then
        local ok, values = pcall(options.resolve, raw, context.settings)
        resolved = ok and values
      end
      if resolved then value = at_resolved(resolved, path) end
      return value
    end,
    __pairs = function() return next, cell, nil end,
  })
end

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" or getmetatable(a) or getmetatable(b) then return a == b or tostring(a) == tostring(b) end
  for key, value in pairs(a) do
    if not same(value, b[key]) then return false end
  end
  return #a == #b
end

local function meets(condition, seen)
  if type(condition) == "function" then return condition(seen) end
  for name, wanted in next, condition do
    local value = seen[name]
    local holds = same(value, wanted)
    if type(wanted) == "function" then holds = wanted(value) end
    if is_plain(wanted) then
      for _, one in ipairs(wanted) do holds = holds or same(value, one) end
    end
    if not holds then return false end
  end
  return true
end

-- ---- plans --------------------------------------------------------------------------------------------------------------------

-- A plan of the constructor `kind`, for messages.
local function new(kind, each)
  return setmetatable({ kind = kind, each = each, where = place() }, Plan)
end

function cells.is(value)
  return getmetatable(value) == Plan
end

function Plan:__tostring()
  return "sl." .. self.kind .. "{...}"
end

local function visit(context)
  context.visited = context.visited + 1
  if context.visited > most_visited then
    usage("%sablate: the filter looked at %d cells and there are more: make the axes shorter", context.where, most_visited)
  end
end

-- All cells, as tables of changes. `raw` is the experiment's table, `settings` the "name=value" texts of the command line, both for
-- conditions and for what is computed from the experiment.
function Plan:expand(raw, settings)
  local context, list = { raw = raw, settings = settings or {}, visited = 0, where = self.where }, {}
  self.each(context, {}, function(cell)
    list[#list + 1] = cell
    if #list > cells.most then
      usage("%sablate: the plan has more than %d cells: leave out values, or draw some by sl.random", self.where, cells.most)
    end
  end)
  if #list == 0 then usage("%sablate: the plan has no cells: its filters and conditions leave none", self.where) end
  return list
end

function Plan:filter(keep)
  if type(keep) ~= "function" then fail("filter: expected a function of a cell, not %s", what(keep)) end
  return new(self.kind, function(context, cell, emit)
    self.each(context, cell, function(one)
      visit(context)
      if keep(view(context, one)) then emit(one) end
    end)
  end)
end

local function check_plans(operator, a, b)
  for _, plan in ipairs { a, b } do
    if not cells.is(plan) then fail("plan %s plan: expected a plan on both sides, not %s", operator, what(plan)) end
  end
  if not (cells.is(a) and cells.is(b)) then fail("plan %s plan: expected a plan on both sides, not nil", operator) end
end

-- The text of a cell's values, to tell cells apart that scripts make of the same values.
local function text_of(cell)
  local schedule = require "semiluna.schedule"
  local parts = {}
  for name, value in next, cell do parts[#parts + 1] = name .. "=" .. schedule.text(value) end
  table.sort(parts)
  return table.concat(parts, "\n")
end

-- The cells of both; a variant that both have, such as "none", counts once.
function Plan.__add(a, b)
  check_plans("+", a, b)
  return new("list", function(context, cell, emit)
    local seen = {}
    a.each(context, cell, function(one)
      if one.variant then seen[text_of(one)] = true end
      emit(one)
    end)
    b.each(context, cell, function(one)
      if not (one.variant and seen[text_of(one)]) then emit(one) end
    end)
  end)
end

-- One plan after the other, each changing the cells of the ones before.
local function product(plans)
  return new("grid", function(context, cell, emit)
    local function go(i, so_far)
      if not plans[i] then return emit(so_far) end
      plans[i].each(context, so_far, function(one) go(i + 1, one) end)
    end
    go(1, cell)
  end)
end

function Plan.__mul(a, b)
  check_plans("*", a, b)
  return product { a, b }
end

-- ---- grid, zip, list ----------------------------------------------------------------------------------------------------------

-- The names of a table's options, sorted; its array part is left to the caller.
local function names_of(where, axes)
  local names = {}
  for name in next, axes do
    if type(name) == "string" then
      names[#names + 1] = name
    elseif not (math.type(name) == "integer" and name >= 1 and name <= #axes) then
      fail("%s: an option's name was expected, not %s", where, what(name))
    end
  end
  table.sort(names)
  return names
end

-- The values of an axis: a list with at least one.
local function check_axis(where, name, values)
  local example = ("%s = {%s}"):format(name:find "^[%a_][%w_]*$" and name or '["' .. name .. '"]',
    type(values) == "number" and tostring(values) or "value, value")
  if cells.is(values) then fail("%s: %s is a plan: list it without a name", where, name) end
  if type(values) ~= "table" or getmetatable(values) ~= nil then
    fail("%s: %s needs a list of values such as %s, not %s", where, name, example, what(values))
  end
  local count = 0
  for key in next, values do
    count = count + 1
    if math.type(key) ~= "integer" or key < 1 then
      fail("%s: %s needs a list of values; for one value that is a table write { { %s = ... } }", where, name, tostring(key))
    end
  end
  if count == 0 then fail("%s: %s has no values", where, name) end
  if count ~= #values then fail("%s: %s has a gap: one of its values is nil", where, name) end
  for i = 1, count do
    if cells.is(values[i]) then fail("%s: value %d of %s is a plan; an axis lists values of the option", where, i, name) end
  end
  if name == "ablate" then fail("%s: ablate cannot vary", where) end
end

local function axis(name, values)
  local changes = {}
  for i, value in ipairs(values) do changes[i] = flat { [name] = value } end
  return new("grid", function(_, cell, emit)
    for _, change in ipairs(changes) do emit(combine(cell, change)) end
  end)
end

function cells.grid(axes)
  if type(axes) ~= "table" or getmetatable(axes) then
    fail("sl.grid: expected a table of lists such as { seed = {1, 2, 3} }, not %s", what(axes))
  end
  local plans, conditional = {}, {}
  for i, plan in ipairs(axes) do
    if not cells.is(plan) then
      fail("sl.grid: item %d is %s, not a plan such as sl.list{...}; an axis has a name, such as seed = {1, 2, 3}", i, what(plan))
    end
    table.insert(plan.kind == "when" and conditional or plans, plan)
  end
  for _, name in ipairs(names_of("sl.grid", axes)) do
    check_axis("sl.grid", name, axes[name])
    plans[#plans + 1] = axis(name, axes[name])
  end
  table.move(conditional, 1, #conditional, #plans + 1, plans)
  if #plans == 0 then fail "sl.grid: it is empty; an axis is an option with its values, such as seed = {1, 2, 3}" end
  return product(plans)
end

function cells.zip(axes)
  if type(axes) ~= "table" or getmetatable(axes) then
    fail("sl.zip: expected a table of lists such as { seed = {1, 2}, steps = {100, 200} }, not %s", what(axes))
  end
  if axes[1] ~= nil then fail "sl.zip: every list needs an option's name; plans multiply in sl.grid" end
  local names, changes = names_of("sl.zip", axes), {}
  if #names == 0 then fail "sl.zip: it is empty; an axis is an option with its values, such as seed = {1, 2, 3}" end
  for _, name in ipairs(names) do
    check_axis("sl.zip", name, axes[name])
    if #axes[name] ~= #axes[names[1]] then
      fail("sl.zip: lists of one length are needed: %s has %d values, %s has %d", names[1], #axes[names[1]], name, #axes[name])
    end
    for i, value in ipairs(axes[name]) do changes[i] = combine(changes[i] or {}, flat { [name] = value }) end
  end
  return new("zip", function(_, cell, emit)
    for _, change in ipairs(changes) do emit(combine(cell, change)) end
  end)
end

function cells.list_of(rows)
  if type(rows) ~= "table" or getmetatable(rows) then
    fail("sl.list: expected a list of cells such as { { seed = 1 }, { seed = 2 } }, not %s", what(rows))
  end
  for key in next, rows do
    if math.type(key) ~= "integer" then
      fail("sl.list: expected a list of cells; %s = ... stands outside of any: write { { %s = ... } }", tostring(key), tostring(key))
    end
  end
  if #rows == 0 then fail "sl.list: it is empty; a cell is a table of changes such as { seed = 2 }" end
  local changes = {}
  for i, row in ipairs(rows) do
    if cells.is(row) then fail("sl.list: item %d is a plan: join plans by +", i) end
    check_changes(("sl.list: item %d"):format(i), row)
    changes[i] = flat(row)
  end
  return new("list", function(_, cell, emit)
    for _, change in ipairs(changes) do emit(combine(cell, change)) end
  end)
end

-- ---- parts --------------------------------------------------------------------------------------------------------------------

local function check_parts(where, parts)
  if type(parts) ~= "table" or getmetatable(parts) or #parts == 0 then
    fail("%s: expected a list of parts such as { \"adversarial\", off = { [\"method.lambda_adv\"] = 0 } }, not %s", where,
      type(parts) == "table" and "an empty one" or what(parts))
  end
  local seen = {}
  for i, part in ipairs(parts) do
    local name = type(part) == "table" and (part[1] or part.name)
    if type(name) ~= "string" or name == "" then fail("%s: part %d has no name: { \"name\", off = {...} }", where, i) end
    if seen[name] then fail("%s: two parts are called \"%s\"", where, name) end
    seen[name] = true
    if not (part.on or part.off) then fail("%s: part \"%s\" says neither `on` nor `off`", where, name) end
    check_changes(("%s: part \"%s\", on"):format(where, name), part.on or {})
    check_changes(("%s: part \"%s\", off"):format(where, name), part.off or {})
  end
end

local function prepared(parts, prefix)
  local list = {}
  local function named(changes)
    if not prefix then return flat(changes or {}) end
    local result = {}
    for name, value in next, changes or {} do result[prefix .. name] = value end
    return result
  end
  for i, part in ipairs(parts) do list[i] = { name = part[1] or part.name, on = named(part.on), off = named(part.off) } end
  return list
end

-- The parts that the method of the cell so far declares.
local function own_parts(where, context, cell)
  local options = require "semiluna.options"
  local resolved = options.resolve(options.merge(context.raw, cell), context.settings)
  local parts = resolved.method_table.parts
  if not parts then
    usage('%s%s: the method "%s" declares no parts: give them, { "name", off = { option = value } }', context.where, where,
      resolved.method.kind)
  end
  check_parts(where .. ": method " .. resolved.method.kind, parts)
  return prepared(parts, "method.")
end

-- A plan over subsets of parts: `choose(parts)` lists {variant, {is_on for each part}}.
local function over_parts(where, parts, choose)
  if parts ~= nil then
    check_parts(where, parts)
    parts = prepared(parts)
  end
  return new(where:gsub("^sl%.", ""), function(context, cell, emit)
    local list = parts or own_parts(where, context, cell)
    for _, row in ipairs(choose(list)) do
      local changes = { variant = row[1] }
      for i, part in ipairs(list) do
        if row[2][i] then changes = combine(changes, part.on) end
      end
      for i, part in ipairs(list) do
        if not row[2][i] then changes = combine(changes, part.off) end
      end
      emit(combine(cell, changes))
    end
  end)
end

function cells.leave_one_out(parts)
  return over_parts("sl.leave_one_out", parts, function(list)
    local rows, all = {}, {}
    for i in ipairs(list) do all[i] = true end
    rows[1] = { "all", all }
    for i, part in ipairs(list) do
      local on = table.move(all, 1, #list, 1, {})
      on[i] = false
      rows[#rows + 1] = { "without " .. part.name, on }
    end
    return rows
  end)
end

function cells.add_one_in(parts)
  return over_parts("sl.add_one_in", parts, function(list)
    local rows = { { "none", {} } }
    for i, part in ipairs(list) do rows[#rows + 1] = { "only " .. part.name, { [i] = true } } end
    return rows
  end)
end

function cells.pairwise(parts)
  return over_parts("sl.pairwise", parts, function(list)
    local rows = { { "none", {} } }
    for i = 1, #list do
      for j = i + 1, #list do
        rows[#rows + 1] = { list[i].name .. " + " .. list[j].name, { [i] = true, [j] = true } }
      end
    end
    return rows
  end)
end

-- ---- random cells ---------------------------------------------------------------------------------------------------------------

local Distribution = {}
Distribution.__index = Distribution

local function range(where, a, b, options)
  if type(a) ~= "number" or type(b) ~= "number" or not (a < b) or a == -math.huge or b == math.huge then
    fail("%s: expected two numbers, the smaller one first, not %s and %s", where, what(a), what(b))
  end
  if options ~= nil and type(options) ~= "table" then fail("%s: the third argument is { whole = true }", where) end
  for name in pairs(options or {}) do
    if name ~= "whole" then fail("%s: no such option: %s; there is whole", where, tostring(name)) end
  end
  local whole = options and options.whole or false
  if whole and (math.ceil(a) > math.floor(b)) then fail("%s: there is no whole number from %s to %s", where, a, b) end
  return whole
end

-- Six digits, so that a value can be read and typed.
local function short(value, a, b)
  return math.min(b, math.max(a, tonumber(("%.6g"):format(value))))
end

function cells.uniform(a, b, options)
  local whole = range("sl.uniform", a, b, options)
  return setmetatable({ draw = function(random)
    if whole then return math.ceil(a) + random:below(math.floor(b) - math.ceil(a) + 1) end
    return short(a + (b - a) * random:uniform(), a, b)
  end }, Distribution)
end

function cells.loguniform(a, b, options)
  local whole = range("sl.loguniform", a, b, options)
  if a <= 0 then fail("sl.loguniform: both numbers must be above 0, not %s", a) end
  return setmetatable({ draw = function(random)
    local value = math.exp(math.log(a) + (math.log(b) - math.log(a)) * random:uniform())
    if whole then return math.min(math.floor(b), math.max(math.ceil(a), math.floor(value + 0.5))) end
    return short(value, a, b)
  end }, Distribution)
end

function cells.choice(values)
  check_axis("sl.choice", "value", values)
  return setmetatable({ draw = function(random) return values[random:below(#values) + 1] end }, Distribution)
end

-- Each option has a stream of random numbers of its own, by its name: adding another leaves its values alone.
local function stream_of(name)
  return math.max(64, tonumber(core.system.sha256(name):sub(1, 8), 16))
end

function cells.random(count, seed, axes)
  if math.type(count) ~= "integer" or count < 1 then fail("sl.random: expected how many cells first, not %s", what(count)) end
  if count > cells.most then fail("sl.random: at most %d cells, not %d", cells.most, count) end
  if math.type(seed) ~= "integer" then fail("sl.random: expected a whole number as seed second, not %s", what(seed)) end
  if type(axes) ~= "table" or getmetatable(axes) or next(axes) == nil then
    fail("sl.random: expected options third, such as { [\"method.threshold\"] = sl.uniform(0, 0.5) }, not %s",
      type(axes) == "table" and "an empty table" or what(axes))
  end
  local names = names_of("sl.random", axes)
  if axes[1] ~= nil then fail "sl.random: every distribution needs an option's name" end
  for _, name in ipairs(names) do
    if getmetatable(axes[name]) ~= Distribution then
      fail("sl.random: %s needs sl.uniform(a, b), sl.loguniform(a, b) or sl.choice{...}, not %s", name, what(axes[name]))
    end
  end
  local changes, seen, sample = {}, {}, 0
  while #changes < count do
    local cell = {}
    for _, name in ipairs(names) do
      cell = combine(cell, flat { [name] = axes[name].draw(core.random(seed, stream_of(name), sample)) })
    end
    sample = sample + 1
    local text = text_of(cell)
    if not seen[text] then changes[#changes + 1] = cell end
    seen[text] = true
    if sample > 1000 + 100 * count then fail("sl.random: %d different cells were wanted, but there are only %d", count, #changes) end
  end
  return new("random", function(_, cell, emit)
    for _, change in ipairs(changes) do emit(combine(cell, change)) end
  end)
end

-- ---- conditions ---------------------------------------------------------------------------------------------------------------

function cells.when(condition, plan, otherwise)
  if type(condition) ~= "function" and not (is_plain(condition) and next(condition) ~= nil and condition[1] == nil) then
    fail("sl.when: expected a condition first, { method = \"advsemiseg\" } or a function of the cell, not %s", what(condition))
  end
  if not cells.is(plan) then fail("sl.when: expected a plan second, not %s", what(plan)) end
  if otherwise ~= nil and not cells.is(otherwise) then fail("sl.when: expected a plan third, not %s", what(otherwise)) end
  return new("when", function(context, cell, emit)
    if meets(condition, view(context, cell)) then return plan.each(context, cell, emit) end
    if otherwise then return otherwise.each(context, cell, emit) end
    emit(cell)
  end)
end

-- ---- for the other plans ------------------------------------------------------------------------------------------------------

-- A plan of one's own: `rows(resolved, cell, context)` gives, for the cell so far and its resolved experiment, a list of {changes,
-- names}; the options named are not changed by --set.
function cells.computed(kind, rows)
  return new(kind, function(context, cell, emit)
    local options = require "semiluna.options"
    local resolved = options.resolve(options.merge(context.raw, cell), context.settings)
    for _, row in ipairs(rows(resolved, cell, context)) do
      local changes = flat(row[1])
      if row[2] then fixed[changes] = row[2] end
      emit(combine(cell, changes))
    end
  end)
end

cells.fail = fail

return cells

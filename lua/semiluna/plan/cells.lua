-- Plans: which cells an ablation has. A cell is a table of changes to an experiment; `ablate = plan` in an experiment describes all of
-- its cells at once.
--
-- A plan walks over its cells: `each(context, cell, emit)` calls `emit` with every cell that it makes of `cell`, the changes so far
-- (change.lua).
local change = require "semiluna.plan.change"
local mistake = require "semiluna.plan.mistake"
local usage = require "semiluna.usage"
local combine, flat, view = change.combine, change.flat, change.view
local fail, what = mistake.fail, mistake.what

local cells = { fixed = change.fixed }

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

-- ---- plans --------------------------------------------------------------------------------------------------------------------

-- A plan of the constructor `kind`, which says so in messages.
function cells.new(kind, each)
  return setmetatable({ kind = kind, each = each, where = mistake.place() }, Plan)
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
  local context, list = { raw = raw, settings = settings or {}, visited = 0, where = self.where, unknown = {} }, {}
  self.each(context, {}, function(cell)
    list[#list + 1] = cell
    if #list > cells.most then
      usage("%sablate: the plan has more than %d cells: leave out values, or draw some by sl.random", self.where, cells.most)
    end
  end)
  change.check_names(context)
  if #list == 0 then usage("%sablate: the plan has no cells: its filters and conditions leave none", self.where) end
  return list
end

-- What a function of a script says of a cell. One that fails may have asked for an option that there is not.
local function ask(condition, context, cell)
  local ok, answer = pcall(condition, view(context, cell))
  if ok then return answer end
  change.check_names(context)
  error(answer, 0)
end

function Plan:filter(keep)
  if type(keep) ~= "function" then fail("filter: expected a function of a cell, not %s", what(keep)) end
  return cells.new(self.kind, function(context, cell, emit)
    self.each(context, cell, function(one)
      visit(context)
      if ask(keep, context, one) then emit(one) end
    end)
  end)
end

local function check_plans(operator, a, b)
  for _, plan in ipairs { a, b } do
    if not cells.is(plan) then fail("plan %s plan: expected a plan on both sides, not %s", operator, what(plan)) end
  end
  if not (cells.is(a) and cells.is(b)) then fail("plan %s plan: expected a plan on both sides, not nil", operator) end
end

-- The cells of both; a variant that both have, such as "none", counts once.
function Plan.__add(a, b)
  check_plans("+", a, b)
  return cells.new("list", function(context, cell, emit)
    local seen = {}
    a.each(context, cell, function(one)
      if one.variant then seen[change.text(one)] = true end
      emit(one)
    end)
    b.each(context, cell, function(one)
      if not (one.variant and seen[change.text(one)]) then emit(one) end
    end)
  end)
end

-- One plan after the other, each changing the cells of the ones before.
local function product(plans)
  return cells.new("grid", function(context, cell, emit)
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
function cells.names(where, axes)
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
function cells.check_axis(where, name, values)
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
  if count == 0 then fail(name == "value" and "%s: the list is empty" or "%s: %s has no values", where, name) end
  if count ~= #values then fail("%s: %s has a gap: one of its values is nil", where, name) end
  for i = 1, count do
    if cells.is(values[i]) then fail("%s: value %d of %s is a plan; an axis lists values of the option", where, i, name) end
  end
  if name == "ablate" then fail("%s: ablate cannot vary", where) end
end

local function axis(name, values)
  local changes = {}
  for i, value in ipairs(values) do changes[i] = flat { [name] = value } end
  return cells.new("grid", function(_, cell, emit)
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
  for _, name in ipairs(cells.names("sl.grid", axes)) do
    cells.check_axis("sl.grid", name, axes[name])
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
  local names, changes = cells.names("sl.zip", axes), {}
  if #names == 0 then fail "sl.zip: it is empty; an axis is an option with its values, such as seed = {1, 2, 3}" end
  for _, name in ipairs(names) do
    cells.check_axis("sl.zip", name, axes[name])
    if #axes[name] ~= #axes[names[1]] then
      fail("sl.zip: lists of one length are needed: %s has %d values, %s has %d", names[1], #axes[names[1]], name, #axes[name])
    end
    for i, value in ipairs(axes[name]) do changes[i] = combine(changes[i] or {}, flat { [name] = value }) end
  end
  return cells.new("zip", function(_, cell, emit)
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
    change.check(("sl.list: item %d"):format(i), row)
    changes[i] = flat(row)
  end
  return cells.new("list", function(_, cell, emit)
    for _, change in ipairs(changes) do emit(combine(cell, change)) end
  end)
end

-- ---- conditions ---------------------------------------------------------------------------------------------------------------

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" or getmetatable(a) or getmetatable(b) then return a == b or tostring(a) == tostring(b) end
  for key, value in pairs(a) do
    if not same(value, b[key]) then return false end
  end
  return #a == #b
end

local function meets(condition, context, cell)
  if type(condition) == "function" then return ask(condition, context, cell) end
  local seen = view(context, cell)
  for name, wanted in next, condition do
    local value = seen[name]
    local holds = same(value, wanted)
    if type(wanted) == "function" then holds = wanted(value) end
    if change.is_plain(wanted) then
      for _, one in ipairs(wanted) do holds = holds or same(value, one) end
    end
    if not holds then return false end
  end
  return true
end

function cells.when(condition, plan, otherwise)
  if type(condition) ~= "function" and not (change.is_plain(condition) and next(condition) ~= nil and condition[1] == nil) then
    fail("sl.when: expected a condition first, { method = \"advsemiseg\" } or a function of the cell, not %s", what(condition))
  end
  if not cells.is(plan) then fail("sl.when: expected a plan second, not %s", what(plan)) end
  if otherwise ~= nil and not cells.is(otherwise) then fail("sl.when: expected a plan third, not %s", what(otherwise)) end
  return cells.new("when", function(context, cell, emit)
    if meets(condition, context, cell) then return plan.each(context, cell, emit) end
    if otherwise then return otherwise.each(context, cell, emit) end
    emit(cell)
  end)
end

-- ---- for the other plans ------------------------------------------------------------------------------------------------------

-- A plan of one's own: `rows(resolved, cell, context)` gives, for the cell so far and its resolved experiment, a list of {changes,
-- names}; the options named are not changed by --set.
function cells.computed(kind, rows)
  return cells.new(kind, function(context, cell, emit)
    local options = require "semiluna.options"
    local resolved = options.resolve(options.merge(context.raw, cell), context.settings)
    for _, row in ipairs(rows(resolved, cell, context)) do
      local changes = flat(row[1])
      if row[2] then change.fix(changes, row[2]) end
      emit(combine(cell, changes))
    end
  end)
end

return cells

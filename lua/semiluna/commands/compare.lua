-- `semiluna compare`: runs as a pivot table of means over seeds, and which differences are more than noise.
local axis = require "semiluna.analysis.axis"
local baseline = require "semiluna.analysis.baseline"
local comparison = require "semiluna.draw.comparison"
local core = require "semiluna.core"
local expression = require "semiluna.analysis.expression"
local launch = require "semiluna.launch"
local measure = require "semiluna.analysis.measure"
local noise = require "semiluna.analysis.noise"
local pivot = require "semiluna.analysis.pivot"
local published = require "semiluna.analysis.published"
local select_runs = require "semiluna.analysis.select"
local usage = require "semiluna.usage"

local function ids_of(rows)
  local ids, seen = {}, {}
  for _, row in ipairs(rows) do
    if not seen[row.id] then ids[#ids + 1] = row.id end
    seen[row.id] = true
  end
  return ids
end

local function one_experiment(rows)
  for _, row in ipairs(rows) do
    if row.experiment ~= rows[1].experiment then return nil end
  end
  return rows[1].experiment
end

local function axes_of(arguments, rows, differing, asked)
  if not (arguments.rows or arguments.columns) then return axis.choose(rows, differing, asked) end
  local columns = axis.names(arguments.columns or "", differing.known, "--columns")
  if arguments.rows then return axis.names(arguments.rows, differing.known, "--rows"), columns end
  local taken, left = {}, {}
  for _, name in ipairs(columns) do taken[name] = true end
  local chosen, column = axis.choose(rows, differing, asked)
  table.move(column, 1, #column, #chosen + 1, chosen)
  for _, name in ipairs(chosen) do
    if not taken[name] then left[#left + 1] = name end
  end
  return #left > 0 and left or { "experiment" }, columns
end

-- Runs that were not evaluated as asked are left out, and told.
local function with_numbers(rows, found, about, what)
  local left = {}
  for _, row in ipairs(rows) do
    if found[row.id] then left[#left + 1] = row end
  end
  local at = type(about.at) == "number" and "at step " .. about.at or about.at == "best" and "at a best step" or "at all"
  local name = about.metric == "miou" and ("mean IoU on %s"):format(about.split) or about.metric
  if #left == 0 then
    usage("%s: none of %d runs has %s %s", expression.visible(what), #rows, name, at)
  end
  local lacking = #rows - #left
  local have = lacking == 1 and "has" or "have"
  return left, lacking > 0 and ("%d of %d runs %s no %s %s"):format(lacking, #rows, have, name, at) or nil
end

local function mixed_notes(notes, made, differing)
  for _, option in ipairs(pivot.mixed(made, differing)) do
    local values = {}
    for i = 1, math.min(#option.values, 4) do values[i] = option.values[i] end
    local format = "runs that differ in %s (%s%s) are averaged together in %d cell%s: add it to --rows or --columns, " ..
      "or select with an expression"
    notes[#notes + 1] = format:format(option.name, table.concat(values, ", "), #option.values > 4 and ", ..." or "", option.cells,
      option.cells == 1 and "" or "s")
  end
end

local function published_of(arguments, plan)
  if not arguments.with then return nil end
  if arguments.per_class then usage "--with published: there are no published numbers of classes: leave out --per-class" end
  if not plan then usage "--with published reads the published numbers from a script: name one instead of runs" end
  return published.of(plan, arguments.metric or "miou")
end

-- Whether runs are of a script's small scale, which no published number is about.
local function small(rows)
  for _, row in ipairs(rows) do
    if axis.value(row, "scale") == "smoke" then return true end
  end
  return false
end

local function no_published(entries, made)
  local any = false
  pivot.each(made, function(cell) any = any or published.value(entries, cell, made) ~= nil end)
  return not any
end

local compare = {}

-- The table as a text. `arguments` are those of the command line; beside them `mark(cell)` puts what takes no room before a cell of
-- the pivot or, where that is nil, before the title of its column, and `plain` says that it is not for a terminal.
function compare.text(arguments)
  local about = measure.of(arguments)
  local db <close> = core.db(launch.database(arguments), "read")
  local settings = launch.list(arguments.set)
  local rows, notes, plan = select_runs.runs(db, arguments.what,
    { state = "done", settings = settings, any_version = arguments.any_version, all_cells = true })
  local experiment = one_experiment(rows)
  local tagged = experiment and noise.runs(db, experiment) or {}

  local found, note = measure.load(db, ids_of(rows), about), nil
  rows, note = with_numbers(pivot.in_order(rows), found, about, arguments.what)
  notes[#notes + 1] = note
  local differing = axis.differing(rows)
  local wanted, order
  if arguments.against then wanted, order = baseline.parse(arguments.against, differing.known, rows) end
  local row_names, column_names = axes_of(arguments, rows, differing, order or {})
  local both = table.move(column_names, 1, #column_names, #row_names + 1, table.move(row_names, 1, #row_names, 1, {}))
  for i, name in ipairs(both) do
    for k = i + 1, #both do
      if both[k] == name then usage("%s cannot be both a row and a column", name) end
    end
  end
  local dropped
  rows, dropped = pivot.newest(rows, differing, both)
  if dropped > 0 then
    notes[#notes + 1] = ("%d run%s made again with the same options and seed: the newest of each counts"):format(dropped,
      dropped == 1 and " was" or "s were")
  end

  local entries = published_of(arguments, plan)
  local made = pivot.build(rows, row_names, column_names, entries and published.places(entries, rows, both),
    not plan and wanted or nil) -- a script's cells stand in its own order
  mixed_notes(notes, made, differing)
  if entries and no_published(entries, made) then
    usage("--with published: no published %s of the script is about a cell of this table", about.metric)
  end
  if entries and small(rows) then
    notes[#notes + 1] = "the runs are of the small scale (scale=smoke), the published numbers are not: the differences mean nothing"
  end
  if wanted then baseline.check(made, wanted) end
  local floor = experiment and noise.of(db, tagged, about)
  return comparison.text(made, {
    found = found, about = about, against = wanted, order = order, noise = floor, published = entries, notes = notes,
    per_class = arguments.per_class, format = arguments.format, rows = rows, mark = arguments.mark, plain = arguments.plain,
  })
end

return compare

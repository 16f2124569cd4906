-- Runs as a table: cells of repetitions, and what the cells' differences from a baseline are worth.
local axis = require "semiluna.analysis.axis"
local baseline = require "semiluna.analysis.baseline"
local expression = require "semiluna.analysis.expression"
local statistics = require "semiluna.analysis.statistics"

local pivot = {}

-- Runs in the order in which their texts are to stand: that of their cells in the script, else that in which they were made. Runs
-- of several experiments are in the order of the experiments.
function pivot.in_order(rows)
  local first, place = {}, {}
  for _, row in ipairs(rows) do
    first[row.experiment] = math.min(first[row.experiment] or row.id, row.id)
    place[row] = row.cell and row.cell.number or tonumber((row.params.origin or ""):match '"index":(%d+)') or 0
  end
  table.sort(rows, function(a, b)
    local x, y = first[a.experiment], first[b.experiment]
    if not (a.cell and b.cell) and x ~= y then return x < y end
    if place[a] ~= place[b] then return place[a] < place[b] end
    return a.id < b.id
  end)
  return rows
end

-- ---- repetitions ----------------------------------------------------------------------------------------------------------------

-- Of runs that are the same in everything, seed included, only the newest counts. Returns the runs left and how many were left out.
function pivot.newest(runs, differing, axes)
  local names = table.move(axes, 1, #axes, 1, {})
  table.move(differing.results, 1, #differing.results, #names + 1, names)
  local place, left, dropped = {}, {}, 0
  for _, run in ipairs(runs) do
    local key = axis.repetition(run, axes) .. "\1" .. axis.signature(run, names)
    local other = place[key] and left[place[key]]
    if other then
      if other.id ~= run.id then dropped = dropped + 1 end -- a run may stand for several cells of a script
      if other.id < run.id then left[place[key]] = run end
    else
      left[#left + 1] = run
      place[key] = #left
    end
  end
  return left, dropped
end

-- ---- cells ----------------------------------------------------------------------------------------------------------------------

local function values_of(run, names)
  local list = {}
  for i, name in ipairs(names) do list[i] = axis.value(run, name) or false end
  return list
end

local function key_of(list)
  local parts = {}
  for i, value in ipairs(list) do parts[i] = value or "\2" end
  return table.concat(parts, "\1")
end

-- The different lists of values along one side of the table, in order. How values are written goes to labels[name][value].
local function side(runs, names, first, labels)
  local seen, list, rank, all = {}, {}, {}, {}
  for i = 1, #names do all[i] = { there = {} } end
  for i, run in ipairs(runs) do
    local values = values_of(run, names)
    for k, value in ipairs(values) do
      if value and not rank[value] then rank[value] = i end
      if value and not all[k].there[value] then
        all[k].there[value] = true
        table.insert(all[k], value)
      end
    end
    local key = key_of(values)
    if not seen[key] then
      seen[key] = true
      list[#list + 1] = { key = key, values = values }
    end
  end
  for i, name in ipairs(names) do
    labels[name] = axis.labels(all[i], name)
    for _, value in ipairs(all[i]) do
      if first[name] and axis.is(value, first[name], name, labels[name][value]) then rank[value] = 0 end
    end
  end
  table.sort(list, function(a, b)
    for i = 1, #names do
      local x, y = a.values[i] or nil, b.values[i] or nil
      if x ~= y then return axis.before(x, y, rank) end
    end
    return false
  end)
  return list
end

-- {rows, columns, cells, labels}: rows and columns are lists of {key, values}, cells[row key][column key] = {runs, row, column},
-- labels[name][value] is how a value is written. Runs are in the order in which texts are to stand. `more` are further lists of
-- values by name, {[name] = value}, that get a row and a column too; `first` are texts, {[name] = text}, that stand before the
-- others.
function pivot.build(runs, row_names, column_names, more, first)
  local all = table.move(runs, 1, #runs, 1, {})
  for _, values in ipairs(more or {}) do all[#all + 1] = { params = values } end
  local made = { row_names = row_names, column_names = column_names, cells = {} }
  made.labels = {}
  made.rows = side(all, row_names, first or {}, made.labels)
  made.columns = side(all, column_names, first or {}, made.labels)
  for _, row in ipairs(made.rows) do
    made.cells[row.key] = {}
    for _, column in ipairs(made.columns) do made.cells[row.key][column.key] = { row = row, column = column, runs = {} } end
  end
  for _, run in ipairs(runs) do
    local cell = made.cells[key_of(values_of(run, row_names))][key_of(values_of(run, column_names))]
    cell.runs[#cell.runs + 1] = run
  end
  return made
end

-- Calls visit(cell) for each cell, row by row.
function pivot.each(made, visit)
  for _, row in ipairs(made.rows) do
    for _, column in ipairs(made.columns) do visit(made.cells[row.key][column.key]) end
  end
end

-- How the table writes the values of a row or column, "-" for none.
function pivot.labels(made, names, values)
  local labels = {}
  for i, name in ipairs(names) do labels[i] = values[i] and made.labels[name][values[i]] or "-" end
  return labels
end

-- What a cell is called: "0.2, 1/8".
function pivot.cell_label(made, cell)
  local labels = pivot.labels(made, made.row_names, cell.row.values)
  local more = pivot.labels(made, made.column_names, cell.column.values)
  return table.concat(table.move(more, 1, #more, #labels + 1, labels), ", ")
end

-- Calls visit(cell key, run) for each run of each cell.
local function each_run(made, visit)
  pivot.each(made, function(cell)
    for _, run in ipairs(cell.runs) do visit(cell, run) end
  end)
end

-- In how many parts the options `names` divide the cells.
local function count_parts(made, names)
  local seen, count = {}, 0
  each_run(made, function(cell, run)
    seen[cell] = seen[cell] or {}
    local key = axis.signature(run, names)
    if not seen[cell][key] then
      seen[cell][key] = true
      count = count + 1
    end
  end)
  return count
end

-- The values of an option that stand together in a cell, as labels in order, and in how many cells.
local function mixed_values(made, name)
  local all, there, cells = {}, {}, 0
  pivot.each(made, function(cell)
    local own, count = {}, 0
    for _, run in ipairs(cell.runs) do
      local value = axis.value(run, name) or false
      if not own[value] then count = count + 1 end
      own[value] = true
    end
    if count < 2 then return end
    cells = cells + 1
    for value in pairs(own) do
      if not there[value] then all[#all + 1] = value or nil end
      there[value] = true
    end
  end)
  local labels = axis.labels(all, name)
  local list = { there[false] and "-" or nil }
  for _, value in ipairs(all) do list[#list + 1] = labels[value] end
  table.sort(list, function(a, b)
    local x, y = expression.number(a), expression.number(b)
    if x and y then return x < y end
    return a < b
  end)
  return list, cells
end

-- The options, beside seeds and the table's own, in which runs of one cell differ: {{name, values, cells}}. Such runs are averaged
-- together, which a person ought to know. An option that says no more than those before it, as the list of unlabelled images beside
-- that of the labelled, is left out.
function pivot.mixed(made, differing)
  local own, candidates = { seed = true, ["data.split_seed"] = true }, {}
  for _, names in ipairs { made.row_names, made.column_names } do
    for _, name in ipairs(names) do own[name] = true end
  end
  for _, first in ipairs { "experiment", "variant", "method" } do
    for _, name in ipairs(differing.all) do
      if name == first and not own[name] then candidates[#candidates + 1] = name end
    end
    own[first] = true
  end
  for _, name in ipairs(differing.results) do
    if not own[name] then candidates[#candidates + 1] = name end
  end
  local found, names = {}, {}
  local parts = count_parts(made, names)
  for _, name in ipairs(candidates) do
    names[#names + 1] = name
    local count = count_parts(made, names)
    if count > parts then
      parts = count
      local values, cells = mixed_values(made, name)
      found[#found + 1] = { name = name, values = values, cells = cells }
    else
      names[#names] = nil
    end
  end
  return found
end

-- ---- numbers --------------------------------------------------------------------------------------------------------------------

-- Gives each cell its numbers: values, seeds and ids by run, n, mean, sd. value_of(run) gives a number or nil.
function pivot.fill(made, value_of)
  local axes = table.move(made.row_names, 1, #made.row_names, 1, {})
  table.move(made.column_names, 1, #made.column_names, #axes + 1, axes)
  pivot.each(made, function(cell)
    cell.values, cell.counted, cell.by_repetition = {}, {}, {}
    for _, run in ipairs(cell.runs) do
      local value = value_of(run)
      if value then
        cell.values[#cell.values + 1] = value
        cell.counted[#cell.counted + 1] = run
        local key = axis.repetition(run, axes)
        cell.by_repetition[key] = cell.by_repetition[key] or {}
        table.insert(cell.by_repetition[key], value)
      end
    end
    cell.n, cell.mean, cell.sd = #cell.values, statistics.mean(cell.values), statistics.sd(cell.values)
    cell.difference = nil
  end)
end

-- The differences of repetitions that both cells have.
local function paired_values(cell, other)
  local keys, list = {}, {}
  for key in pairs(cell.by_repetition) do
    if other.by_repetition[key] then keys[#keys + 1] = key end
  end
  table.sort(keys)
  for i, key in ipairs(keys) do
    list[i] = statistics.mean(cell.by_repetition[key]) - statistics.mean(other.by_repetition[key])
  end
  return list
end

-- Gives each cell but the baselines its `difference` (see statistics.paired), with `pairs`, the differences themselves. `whole`:
-- with intervals for all. Cells without a baseline, or without a repetition in common with it, have none; their number comes back.
function pivot.compare(made, wanted, whole)
  local alone = 0
  pivot.each(made, function(cell)
    local row = baseline.of(made, made.rows, cell.row, made.row_names, wanted)
    local column = baseline.of(made, made.columns, cell.column, made.column_names, wanted)
    local other = row and column and made.cells[row.key][column.key]
    cell.is_baseline = other == cell
    if cell.is_baseline or cell.n == 0 then return end
    local differences = other and paired_values(cell, other) or {}
    if #differences == 0 then
      alone = alone + 1
      return
    end
    cell.baseline = other
    cell.difference = statistics.paired(differences, whole)
    cell.difference.pairs = differences
  end)
  return alone
end

return pivot

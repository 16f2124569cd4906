-- Runs as a table: cells of repetitions, and what the cells' differences from a baseline are worth.
local axis = require "semiluna.analysis.axis"
local expression = require "semiluna.analysis.expression"
local statistics = require "semiluna.analysis.statistics"
local usage = require "semiluna.usage"

local pivot = {}

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

-- The different lists of values along one side of the table, in order.
local function side(runs, names)
  local seen, list, rank = {}, {}, {}
  for i, run in ipairs(runs) do
    local values = values_of(run, names)
    for _, value in ipairs(values) do
      if value and not rank[value] then rank[value] = i end
    end
    local key = key_of(values)
    if not seen[key] then
      seen[key] = true
      list[#list + 1] = { key = key, values = values }
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

-- {rows, columns, cells}: rows and columns are lists of {key, values}, cells[row key][column key] = {runs, row, column}. Runs are
-- in the order in which texts are to stand. `more` are further lists of values by name, {[name] = value}, that get a row and a
-- column too.
function pivot.build(runs, row_names, column_names, more)
  local all = table.move(runs, 1, #runs, 1, {})
  for _, values in ipairs(more or {}) do all[#all + 1] = { params = values } end
  local made = {
    row_names = row_names, column_names = column_names, rows = side(all, row_names), columns = side(all, column_names), cells = {},
  }
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

-- What a cell is called: "0.2, 1/8".
function pivot.cell_label(made, cell)
  local parts = {}
  for i, name in ipairs(made.row_names) do parts[#parts + 1] = axis.label(cell.row.values[i] or nil, name) end
  for i, name in ipairs(made.column_names) do parts[#parts + 1] = axis.label(cell.column.values[i] or nil, name) end
  return table.concat(parts, ", ")
end

-- The options, beside seeds and the table's own, in which runs of one cell differ: {{name, values, cells}}. Such runs are averaged
-- together, which a person ought to know.
function pivot.mixed(made, differing)
  local own = { seed = true, ["data.split_seed"] = true }
  for _, names in ipairs { made.row_names, made.column_names } do
    for _, name in ipairs(names) do own[name] = true end
  end
  local found = {}
  for _, name in ipairs(differing.results) do
    local values, cells = {}, 0
    if not own[name] then
      pivot.each(made, function(cell)
        local seen, count = {}, 0
        for _, run in ipairs(cell.runs) do
          local value = axis.value(run, name) or false
          if not seen[value] then
            seen[value] = true
            count = count + 1
          end
        end
        if count > 1 then
          cells = cells + 1
          for value in pairs(seen) do values[value] = true end
        end
      end)
    end
    if cells > 0 then
      local list = {}
      for value in pairs(values) do list[#list + 1] = axis.label(value or nil, name) end
      table.sort(list, function(a, b)
        local x, y = expression.number(a), expression.number(b)
        if x and y then return x < y end
        return a < b
      end)
      found[#found + 1] = { name = name, values = list, cells = cells }
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

-- "method.threshold=0,data.labeled=1/8" as {[name] = text} and the list of names. A part without "=" belongs to the value before
-- it.
function pivot.against(text, known)
  local wanted, order = {}, {}
  local function refuse()
    usage('--against "%s": write it as option=value, such as method.threshold=0', expression.visible(text))
  end
  for part in text:gmatch "[^,]+" do
    local name, value = part:match "^%s*([^=]-)%s*=%s*(.-)%s*$"
    local last = order[#order]
    if not name and last then
      wanted[last] = wanted[last] .. "," .. part
    else
      if not name or name == "" or value == "" then refuse() end
      local full = axis.find(name, known, "--against")
      if wanted[full] then usage("--against %s: %s is there twice", expression.visible(text), full) end
      wanted[full] = value
      order[#order + 1] = full
    end
  end
  if #order == 0 then refuse() end
  return wanted, order
end

-- The place of each wanted value among the values along a side: the entry with the same values but for the wanted ones.
local function baseline_of(list, entry, names, wanted)
  for _, other in ipairs(list) do
    local fits = true
    for i, name in ipairs(names) do
      local value = other.values[i] or nil
      if wanted[name] then
        fits = fits and axis.is(value, wanted[name], name)
      else
        fits = fits and other.values[i] == entry.values[i]
      end
    end
    if fits then return other end
  end
end

-- Each wanted option has to be a row or a column, and its value has to occur at all.
function pivot.check_against(made, wanted)
  local own = {}
  for _, names in ipairs { made.row_names, made.column_names } do
    for _, name in ipairs(names) do own[name] = true end
  end
  for name in pairs(wanted) do
    if not own[name] then usage("--against: %s is neither a row nor a column of the table: add it to --rows or --columns", name) end
  end
  for _, pair in ipairs { { made.rows, made.row_names }, { made.columns, made.column_names } } do
    for i, name in ipairs(pair[2]) do
      if wanted[name] then
        local there, found = {}, false
        for _, entry in ipairs(pair[1]) do
          local value = entry.values[i] or nil
          found = found or axis.is(value, wanted[name], name)
          local label = axis.label(value, name)
          if not there[label] then
            there[label] = true
            there[#there + 1] = label
          end
        end
        if not found then
          usage("--against %s=%s: no run is so; its values are %s", name, expression.visible(wanted[name]),
            table.concat(there, ", "))
        end
      end
    end
  end
end

-- The differences of repetitions that both cells have.
local function paired_values(cell, baseline)
  local keys, list = {}, {}
  for key in pairs(cell.by_repetition) do
    if baseline.by_repetition[key] then keys[#keys + 1] = key end
  end
  table.sort(keys)
  for i, key in ipairs(keys) do
    list[i] = statistics.mean(cell.by_repetition[key]) - statistics.mean(baseline.by_repetition[key])
  end
  return list
end

-- Gives each cell but the baselines its `difference` (see statistics.paired), with `pairs`, the differences themselves. `whole`:
-- with intervals for all. Cells without a baseline, or without a repetition in common with it, have none; their number comes back.
function pivot.compare(made, wanted, whole)
  local alone = 0
  pivot.each(made, function(cell)
    local row = baseline_of(made.rows, cell.row, made.row_names, wanted)
    local column = baseline_of(made.columns, cell.column, made.column_names, wanted)
    local baseline = row and column and made.cells[row.key][column.key]
    cell.is_baseline = baseline == cell
    if cell.is_baseline or cell.n == 0 then return end
    local differences = baseline and paired_values(cell, baseline) or {}
    if #differences == 0 then
      alone = alone + 1
      return
    end
    cell.baseline = baseline
    cell.difference = statistics.paired(differences, whole)
    cell.difference.pairs = differences
  end)
  return alone
end

return pivot

-- A pivot of runs as a table: for people with means, spreads and marks; for programs with every number by its name.
local axis = require "semiluna.analysis.axis"
local core = require "semiluna.core"
local drawing = require "semiluna.draw.table"
local expression = require "semiluna.analysis.expression"
local measure = require "semiluna.analysis.measure"
local noise = require "semiluna.analysis.noise"
local pivot = require "semiluna.analysis.pivot"
local published = require "semiluna.analysis.published"
local statistics = require "semiluna.analysis.statistics"

local comparison = {}

local few = 3 -- cells of fewer seeds are marked

-- ---- words ----------------------------------------------------------------------------------------------------------------------

-- "step 1200", "steps 600 to 1200"
local function step_text(about, least, most)
  local at = about.at == "best" and "best step" or "step"
  if not least then return at end
  if least == most then return about.at == "best" and ("best step (%d)"):format(least) or ("step %d"):format(least) end
  return about.at == "best" and ("best step (%d to %d)"):format(least, most) or ("steps %d to %d"):format(least, most)
end

local function range(made, value_of)
  local least, most
  pivot.each(made, function(cell)
    for _, value in ipairs(value_of(cell)) do
      least, most = math.min(least or value, value), math.max(most or value, value)
    end
  end)
  return least, most
end

-- "threshold=0, labeled=1/8", values as the table writes them.
local function baseline_text(made, against, order)
  local parts, titles = {}, axis.titles(order)
  for i, name in ipairs(order) do
    local text = against[name]
    for value, label in pairs(made.labels[name]) do
      if axis.is(value, text, name, label) then text = label end
    end
    parts[i] = titles[i] .. "=" .. expression.visible(text)
  end
  return table.concat(parts, ", ")
end

-- What the marks in the cells mean, which `view.marks` has gathered.
local function marks_text(marks)
  local parts = { "" }
  if marks.bold then parts[#parts + 1] = "bold: p < 0.05 (sign-flip test)" end
  if marks.few then parts[#parts + 1] = ("† fewer than %d seeds"):format(few) end
  if marks.noise then parts[#parts + 1] = "~ below the noise" end
  return table.concat(parts, "; ")
end

-- The line above: metric, convention, split, step, and what stands in a cell; of LaTeX, where the notes are not printed, the marks
-- too. `across` says what the columns are.
local function caption_of(made, view, across)
  local about = view.about
  local least, most = range(made, function(cell)
    local steps = {}
    for i, run in ipairs(cell.counted) do steps[i] = view.found[run.id].step end
    return steps
  end)
  local fewest, largest = range(made, function(cell) return cell.n > 0 and { cell.n } or {} end)
  local parts = { measure.title(about) }
  if about.metric == "miou" then parts[#parts + 1] = about.split end
  parts[#parts + 1] = step_text(about, least, most)
  parts[#parts + 1] = "mean ± sd (n)"
  if view.against then parts[#parts + 1] = "difference from " .. baseline_text(made, view.against, view.order) end
  if view.published then parts[#parts + 1] = "published mean and the difference from it" end
  if fewest then parts[#parts + 1] = fewest == largest and "n = " .. fewest or ("n = %d to %d"):format(fewest, largest) end
  parts[#parts + 1] = across
  return table.concat(parts, ", ") .. (view.format == "latex" and marks_text(view.marks) or "")
end

-- ---- cells ----------------------------------------------------------------------------------------------------------------------

local function below_noise(cell, floor)
  local difference = cell.difference
  return floor and difference and math.abs(difference.mean) < noise.floor(floor, difference.n)
end

-- "28.9 ± 0.8 (3) +1.8", with † for few seeds and ~ for a difference below the noise; bold where it is significant. Marks are noted
-- in view.marks.
local function people_cell(cell, view)
  if cell.n == 0 then return { text = "-", runs = cell.counted } end
  local difference, marks = cell.difference, view.marks
  local is_few, is_noise = cell.n < few, below_noise(cell, view.noise)
  local bold = difference and difference.significant or false
  marks.few, marks.noise, marks.bold = marks.few or is_few, marks.noise or is_noise, marks.bold or bold
  local parts = { measure.text(view.about, cell.mean) }
  if cell.sd then parts[#parts + 1] = "± " .. measure.text(view.about, cell.sd) end
  parts[#parts + 1] = ("(%d)%s"):format(cell.n, is_few and "†" or "")
  if difference then parts[#parts + 1] = measure.text(view.about, difference.mean, true) .. (is_noise and "~" or "") end
  return { text = table.concat(parts, " "), bold = bold, runs = cell.counted }
end

local function number_or_text(value)
  return value and (expression.number(value) or value) or nil
end

-- What programs read of a cell.
local function record_of(made, cell, view)
  local about, difference, record = view.about, cell.difference, {}
  for i, name in ipairs(made.row_names) do record[name] = number_or_text(cell.row.values[i]) end
  for i, name in ipairs(made.column_names) do record[name] = number_or_text(cell.column.values[i]) end
  record.metric, record.at, record.n, record.mean, record.sd = about.metric, tostring(about.at), cell.n, cell.mean, cell.sd
  if about.metric == "miou" then
    record.split, record.convention, record.ignored = about.split, about.convention, { list = about.ignore }
  end
  local values, steps, seeds, runs, uuids = {}, {}, {}, {}, {}
  for i, run in ipairs(cell.counted) do
    values[i], steps[i], runs[i], uuids[i] = cell.values[i], view.found[run.id].step, run.id, run.uuid
    seeds[i] = number_or_text(axis.value(run, "seed")) or ""
  end
  record.values, record.at_steps, record.seeds, record.runs, record.uuids =
    { list = values }, { list = steps }, { list = seeds }, { list = runs }, { list = uuids }
  if view.against then record.is_baseline = cell.is_baseline or false end
  if difference then
    record.baseline, record.pairs = pivot.cell_label(made, cell.baseline), difference.n
    record.differences = { list = difference.pairs }
    record.difference, record.difference_sd, record.p = difference.mean, difference.sd, difference.p
    record.low, record.high, record.significant = difference.low, difference.high, difference.significant
    record.seeds_needed = statistics.seeds_needed(difference.mean, difference.sd)
    record.noise_floor = view.noise and noise.floor(view.noise, difference.n)
    record.below_noise = view.noise and below_noise(cell, view.noise)
  end
  if view.published then
    record.published = published.value(view.published, cell, made)
    record.difference_published = record.published and cell.mean and cell.mean - record.published
  end
  return record
end

-- ---- what is said below ---------------------------------------------------------------------------------------------------------

local function p_text(p)
  return p < 0.0005 and "< 0.001" or ("= %.3f"):format(p)
end

-- Of all comparisons: which differ, or how many seeds it would take to tell.
local function verdicts(list, made, view)
  local notes, name = {}, baseline_text(made, view.against, view.order)
  local differ, most, largest = {}, 0, nil
  for _, item in ipairs(list) do
    local difference = item.difference
    most = math.max(most, difference.n)
    if difference.significant then
      local size = measure.text(view.about, difference.mean, true)
      differ[#differ + 1] = ("%s (%s, p %s)"):format(item.label, size, p_text(difference.p))
    elseif not largest or math.abs(difference.mean) > math.abs(largest.difference.mean) then
      largest = item
    end
  end
  if #differ > 0 then
    local shown = table.concat(differ, ", ", 1, math.min(#differ, 6)) .. (#differ > 6 and ", ..." or "")
    local format = "differs from %s: %s; %d of %d comparisons at p < 0.05 each, not corrected for their number " ..
      "(exact sign-flip test, and the bootstrap interval leaves out 0)"
    notes[1] = format:format(name, shown, #differ, #list)
  elseif #list > 0 then
    local fewest = statistics.fewest_seeds()
    local why = ("; n = %d"):format(most)
    if most < fewest then
      why = ("; with n = %d the smallest p is %.3g: %d seeds would be needed"):format(most, statistics.smallest_p(most), fewest)
    end
    notes[1] = ("nothing differs from %s at p < 0.05 (exact sign-flip test%s)"):format(name, why)
  end
  local difference = largest and largest.difference
  local needed = difference and statistics.seeds_needed(difference.mean, difference.sd)
  if needed and needed > difference.n then
    notes[#notes + 1] = ("%s: %s ± %s would take about %d seeds to tell from 0 (80 %% power), %d more"):format(largest.label,
      measure.text(view.about, difference.mean, true), measure.text(view.about, difference.sd), needed, needed - difference.n)
  end
  return notes
end

local function add_all(notes, more)
  for _, note in ipairs(more) do notes[#notes + 1] = note end
end

local function notes_of(view, made, compared)
  local notes = {}
  if view.against then
    add_all(notes, verdicts(compared, made, view))
    if view.alone > 0 then
      local have = view.alone == 1 and "cell has" or "cells have"
      notes[#notes + 1] = ("%d %s no seed in common with the baseline"):format(view.alone, have)
    end
  end
  if view.marks.few then notes[#notes + 1] = ("† fewer than %d seeds"):format(few) end
  if view.noise then
    local n = select(2, range(made, function(cell) return { cell.difference and cell.difference.n or cell.n } end)) or 1
    local format = "noise floor, from %d seeds of the baseline: two runs differ by more than %s in 5 %% of cases, " ..
      "means of %d by more than %s%s"
    local one, several = noise.floor(view.noise, 1), noise.floor(view.noise, math.max(n, 1))
    notes[#notes + 1] = format:format(view.noise.n, measure.text(view.about, one), math.max(n, 1),
      measure.text(view.about, several), view.marks.noise and " (~ is below)" or "")
  end
  add_all(notes, view.notes)
  return notes
end

-- ---- tables ---------------------------------------------------------------------------------------------------------------------

-- The table for people: a row for each row of the pivot.
local function people_table(made, view)
  local columns, rows, titles = {}, {}, axis.titles(made.row_names)
  for i in ipairs(made.row_names) do columns[i] = { name = "row" .. i, title = titles[i], kind = "text", align = "left" } end
  for c, column in ipairs(made.columns) do
    local title = table.concat(pivot.labels(made, made.column_names, column.values), ", ")
    if #made.column_names == 0 then title = measure.title(view.about):gsub(" %(.*", "") end
    columns[#columns + 1] = { name = "cell" .. c, title = title, align = "left", marked = true }
    if view.published then
      columns[#columns + 1] = { name = "published" .. c, title = "published", align = "right" }
      columns[#columns + 1] = { name = "difference" .. c, title = "difference", align = "right" }
    end
  end
  for r, row in ipairs(made.rows) do
    local shown = {}
    for i, label in ipairs(pivot.labels(made, made.row_names, row.values)) do shown["row" .. i] = { text = label } end
    for c, column in ipairs(made.columns) do
      local cell = made.cells[row.key][column.key]
      shown["cell" .. c] = people_cell(cell, view)
      local value = view.published and published.value(view.published, cell, made)
      if value then
        shown["published" .. c] = { text = measure.text(view.about, value) }
        if cell.mean then shown["difference" .. c] = { text = measure.text(view.about, cell.mean - value, true) } end
      end
    end
    rows[r] = shown
  end
  return columns, rows
end

-- Names of a record's numbers: always, with a baseline, with runs that show the noise, and with published numbers.
local always = {
  "metric", "convention", "ignored", "split", "at", "n", "mean", "sd", "values", "at_steps", "seeds", "runs", "uuids",
}
local with_baseline = {
  "is_baseline", "baseline", "pairs", "difference", "difference_sd", "differences", "p", "low", "high", "significant",
  "seeds_needed",
}
local with_noise, with_published = { "noise_floor", "below_noise" }, { "published", "difference_published" }

local function record_columns(made, view, first)
  local columns = {}
  local function add(names)
    for _, name in ipairs(names) do columns[#columns + 1] = { name = name } end
  end
  add(made.row_names)
  add(made.column_names)
  add(first)
  add(always)
  if view.against then add(with_baseline) end
  if view.against and view.noise then add(with_noise) end
  if view.published then add(with_published) end
  return columns
end

local function value_of(view)
  return function(run) return view.found[run.id] and view.found[run.id].value end
end

local function fill(made, view, get)
  pivot.fill(made, get)
  if view.against then view.alone = pivot.compare(made, view.against, view.programs) end
end

local function compared_cells(made, prefix, list)
  pivot.each(made, function(cell)
    if cell.difference then list[#list + 1] = { difference = cell.difference, label = prefix .. pivot.cell_label(made, cell) } end
  end)
  return list
end

local function whole_table(made, view)
  fill(made, view, value_of(view))
  if view.programs then
    local records = {}
    pivot.each(made, function(cell)
      local record = record_of(made, cell, view)
      if cell.n > 0 or record.published then records[#records + 1] = record end
    end)
    return record_columns(made, view, {}), records
  end
  local columns, rows = people_table(made, view)
  local across = #made.column_names > 0 and "columns: " .. table.concat(axis.titles(made.column_names), ", ") or nil
  return columns, rows, caption_of(made, view, across), notes_of(view, made, compared_cells(made, "", {}))
end

-- ---- classes --------------------------------------------------------------------------------------------------------------------

-- The classes of all runs in their order, without the ignored ones.
local function classes_of(view)
  local ignored, seen, list = {}, {}, {}
  for _, name in ipairs(view.about.ignore) do ignored[name] = true end
  for _, run in ipairs(view.rows) do
    for _, class in ipairs(view.found[run.id].classes) do
      if not seen[class.name] and not ignored[class.name] then list[#list + 1] = class.name end
      seen[class.name] = true
    end
  end
  return list
end

local function class_values(view)
  local by_run = {}
  for run, one in pairs(view.found) do
    by_run[run] = {}
    for _, class in ipairs(one.classes) do by_run[run][class.name] = class.iou == class.iou and class.iou or nil end
  end
  return by_run
end

-- A table of classes: down the side the classes and their mean, across the cells of the pivot.
local function class_table(made, view)
  local columns, rows, records, compared = { { name = "class", kind = "text", align = "left" } }, {}, {}, {}
  local by_run, groups = class_values(view), {}
  view.noise = nil -- it is that of the mean
  fill(made, view, value_of(view))
  pivot.each(made, function(cell)
    if cell.n == 0 then return end
    groups[#groups + 1] = cell
    columns[#columns + 1] = { name = "cell" .. #groups, title = pivot.cell_label(made, cell), align = "left", marked = true }
  end)
  local function add(class)
    local shown = { class = class }
    for i, cell in ipairs(groups) do
      shown["cell" .. i] = people_cell(cell, view)
      if view.programs and cell.n > 0 then
        local record = record_of(made, cell, view)
        record.class = class
        records[#records + 1] = record
      end
    end
    rows[#rows + 1] = shown
    compared_cells(made, class .. " in ", compared)
  end
  for _, class in ipairs(classes_of(view)) do
    fill(made, view, function(run) return by_run[run.id] and by_run[run.id][class] end)
    add(class)
  end
  fill(made, view, value_of(view))
  add "mean"
  if view.programs then return record_columns(made, view, { "class" }), records end
  local names = table.move(made.row_names, 1, #made.row_names, 1, {})
  table.move(made.column_names, 1, #made.column_names, #names + 1, names)
  local caption = caption_of(made, view, "by " .. table.concat(axis.titles(names), ", ")):gsub("^mIoU", "IoU")
  return columns, rows, caption, notes_of(view, made, compared)
end

-- The table of a pivot. `view`: found (see measure.load), about, against and order (see pivot.against), noise, published, notes,
-- per_class, format, rows (the runs), plain (never for a terminal); mark, which is given to the table and finds the runs of a cell in
-- its `runs`.
function comparison.text(made, view)
  view.programs = view.format == "csv" or view.format == "json"
  view.alone, view.marks = 0, {}
  local columns, rows, caption, notes = (view.per_class and class_table or whole_table)(made, view)
  return drawing.table_text(columns, rows, view.format, {
    caption = caption, notes = notes, mark = view.mark,
    color = not view.plain and core.system.isatty(1) and not os.getenv "NO_COLOR",
  })
end

return comparison

-- Pictures from runs: the numbers that curves, bars, heat maps and confusion matrices show, apart from how they are drawn. script.lua
-- makes gnuplot's script of a picture, text.lua a drawing for the terminal.
--
-- A request is { rows, kind, metrics = { name, ... }, by = { option, ... } or nil, about = { split, convention, ignore, at }, smooth,
-- log_y, title, buckets, plain = for the terminal, notes = a list to which texts are added }.
local convention = require "semiluna.analysis.convention"
local core = require "semiluna.core"
local groups = require "semiluna.draw.groups"
local scale = require "semiluna.draw.scale"
local series = require "semiluna.draw.series"
local statistics = require "semiluna.analysis.statistics"
local usage = require "semiluna.usage"
local values = require "semiluna.draw.values"

local picture = {}

local most_lines = 24 -- that are drawn without being asked for
local most_circles = 150
local most_buckets, least_buckets = 24000, 200 -- parts of the steps for which a picture has points, over all lines and for one
local most_bands, most_plain_bands = 8, 3 -- lines that have bands: more would lie over each other

local function plural(count, what)
  return ("%d %s%s"):format(count, what, count == 1 and "" or "s")
end

-- The ids of rows, each once: a run may stand for several cells of a script.
local function ids_of(rows)
  local ids, seen = {}, {}
  for _, row in ipairs(rows) do
    if not seen[row.id] then ids[#ids + 1] = row.id end
    seen[row.id] = true
  end
  return ids
end

local function metrics_of(db, request)
  local list = {}
  for i, name in ipairs(request.metrics) do list[i] = values.metric(db, ids_of(request.rows), name, request.about) end
  return list
end

-- The groups of the request; by default of all options that differ, unless these make too many to tell apart.
local function group(request, what)
  local made = groups.make(request.rows, request.by)
  if made.dropped > 0 then table.insert(request.notes, plural(made.dropped, "run") .. " left out: newer ones are the same in everything") end
  if #made.mixed > 0 then
    table.insert(request.notes, ("runs that differ in %s are put together; --by tells them apart"):format(table.concat(made.mixed, ", ")))
  end
  if not request.by and #made.list > most_lines then
    usage("%d %s are too many to tell apart: say with --by what to show (%s), or choose fewer runs", #made.list, what,
      table.concat(made.names, ", "))
  end
  return made
end

-- A usage error where no run has a number.
local function check_some(db, request, name, found)
  if next(found) then return end
  local ids, about = ids_of(request.rows), request.about
  local who = #ids == 1 and "the run has none" or ("none of %d runs has any"):format(#ids)
  local steps, hint = values.measured(db, ids, about.split), ""
  if math.type(about.at) == "integer" and #steps > 0 then
    hint = (" at step %d (measured at %s%s)"):format(about.at, table.concat(steps, ", ", 1, math.min(12, #steps)), #steps > 12 and ", ..." or "")
  end
  usage("%s on %s: %s%s", name, about.split, who, hint)
end

-- ---- captions -----------------------------------------------------------------------------------------------------------------------

-- "mIoU: standard convention, without background"
local function convention_text(request)
  local about, text = request.about, nil
  for _, name in ipairs(request.metrics) do
    if values.is_matrix(name) then text = "mIoU: " .. about.convention .. " convention" end
  end
  if request.kind == "classes" or text == nil then return nil end
  if #about.ignore > 0 then text = text .. ", without " .. table.concat(about.ignore, ", ") end
  return text
end

-- "step 1200", "steps 800 to 1200", "best step of each run"
local function step_text(about, steps)
  if about.at == "best" then return "at the best step of each run" end
  local list = {}
  for _, step in pairs(steps) do list[#list + 1] = step end
  local low, high = scale.range(list)
  if not low then return nil end
  return low == high and ("step %d"):format(low) or ("steps %d to %d"):format(low, high)
end

-- "3 runs each", "2 to 3 runs each"
local function runs_text(counts, made)
  local low, high = scale.range(counts)
  if not low then return nil end
  if #made.list == 1 and low == high then return plural(low, "run") end
  return low == high and plural(low, "run") .. " each" or ("%d to %d runs each"):format(low, high)
end

-- The parts that there are, in one line.
local function caption(...)
  local parts = {}
  for i = 1, select("#", ...) do
    local part = select(i, ...)
    if part then parts[#parts + 1] = part end
  end
  return table.concat(parts, "; ")
end

-- ---- curves -------------------------------------------------------------------------------------------------------------------------

-- A metric that holds its value until the next step that has one: the realised value of a schedule.
local function is_held(name)
  return name:sub(1, 7) == "option."
end

local function curve_panel(db, request, made, metric, counts)
  local read = values.reader(db, ids_of(request.rows), metric, request.about)
  local lines, first, last = {}, nil, nil
  for index, one in ipairs(made.list) do
    local joined = series.join(#one.rows, function(i)
      local steps, list = read(one.rows[i].id)
      if request.smooth then list = series.smooth(steps, list, request.smooth) end
      return steps, list
    end)
    if #joined.steps > 0 then
      lines[#lines + 1] = { joined = joined, label = one.label, index = index }
      counts[#counts + 1] = joined.runs
      first = math.min(first or math.huge, joined.steps[1])
      last = math.max(last or 0, joined.steps[#joined.steps])
    end
  end
  local buckets = math.min(request.buckets, math.max(least_buckets, most_buckets // math.max(1, #lines)))
  local with_bands = #lines <= (request.plain and most_plain_bands or most_bands)
  local panel = { x_label = "step", y_label = values.title(metric.name, request.about), log_y = request.log_y, series = {},
    x_low = first, x_high = last }
  for i, line in ipairs(lines) do
    local points, band = series.thin(line.joined, buckets, first, last)
    panel.series[i] = {
      index = line.index, name = line.label, points = points, band = with_bands and line.joined.runs > 1 and band or nil,
      style = is_held(metric.name) and "steps" or nil,
    }
  end
  return panel
end

function picture.curve(db, request)
  local made = group(request, "lines")
  local panels, counts = {}, {}
  for _, metric in ipairs(metrics_of(db, request)) do
    local panel = curve_panel(db, request, made, metric, counts)
    check_some(db, request, metric.name, panel.series)
    panels[#panels + 1] = panel
  end
  local first, last = math.huge, 0 -- the panels lie below each other: they have the same steps
  for _, panel in ipairs(panels) do first, last = math.min(first, panel.x_low), math.max(last, panel.x_high) end
  for _, panel in ipairs(panels) do panel.x_low, panel.x_high = first, last end
  local _, most = scale.range(counts)
  local bands = false
  for _, line in ipairs(panels[1].series) do bands = bands or line.band ~= nil end
  local how = most > 1 and "lines: mean over runs" .. (bands and ", bands: from the least to the greatest" or "") or nil
  local smoothed = request.smooth and ("means over %d steps"):format(request.smooth) or nil
  return { kind = "curve", panels = panels, caption = caption(convention_text(request), how, runs_text(counts, made), smoothed) }
end

-- ---- bars -----------------------------------------------------------------------------------------------------------------------------

-- The mean of some runs' numbers; nil where there is none.
local function summary(rows, found)
  local list = {}
  for _, row in ipairs(rows) do
    local value = found[row.id]
    if value and scale.shown(value) then list[#list + 1] = value end
  end
  if #list == 0 then return nil end
  return { mean = statistics.mean(list), sd = statistics.sd(list), n = #list, values = list }
end

local function number_text(value, percent)
  return percent and ("%.1f"):format(value) or scale.text(value)
end

-- Two options become clusters: the first along the axis, the second as colours. Otherwise every group has its own bar.
local function bar_panel(made, found, counts)
  local panel = { groups = {}, series = {} }
  if #made.names == 2 then
    local row_of, column_of = {}, {}
    for g, text in ipairs(made.levels[1]) do panel.groups[g], row_of[text] = text, g end
    for s, text in ipairs(made.levels[2]) do
      panel.series[s] = { name = groups.level(made.names[2], made.titles[2], text), bars = {} }
      column_of[text] = s
    end
    for _, one in ipairs(made.list) do
      local bar = summary(one.rows, found)
      panel.series[column_of[one.texts[2]]].bars[row_of[one.texts[1]]] = bar
      counts[#counts + 1] = bar and bar.n
    end
    panel.x_label = made.titles[1]
    return panel
  end
  panel.series[1] = { bars = {} }
  for g, one in ipairs(made.list) do
    panel.groups[g] = #made.names == 1 and one.texts[1] or one.label
    panel.series[1].bars[g] = summary(one.rows, found)
    counts[#counts + 1] = panel.series[1].bars[g] and panel.series[1].bars[g].n
  end
  panel.x_label = #made.names == 1 and made.titles[1] or nil
  return panel
end

-- How bars are to be read; and, in every panel, whether there is room for a circle for each run.
local function explain(request, panels, counts)
  local _, most = scale.range(counts)
  local circles = 0
  for _, count in ipairs(counts) do circles = circles + count end
  if panels[1].per_group then circles = circles * #panels[1].groups end
  for _, panel in ipairs(panels) do panel.circles = circles <= most_circles and most and most > 1 end
  if not most or most < 2 then return nil end
  if request.plain then return "mean ± sample standard deviation (runs)" end
  return "bars: mean, whiskers: sample standard deviation" .. (panels[1].circles and ", circles: runs" or "")
end

function picture.bars(db, request)
  local made = group(request, "bars")
  local panels, counts, all_steps = {}, {}, {}
  for _, metric in ipairs(metrics_of(db, request)) do
    local found, steps = values.at(db, ids_of(request.rows), metric, request.about)
    check_some(db, request, metric.name, found)
    local panel = bar_panel(made, found, counts)
    local percent = values.is_percent(metric.name)
    panel.y_label = values.title(metric.name, request.about)
    panel.text = function(value) return number_text(value, percent) end
    panels[#panels + 1] = panel
    for id, step in pairs(steps) do all_steps[id] = step end
  end
  return { kind = "bars", panels = panels, caption = caption(convention_text(request), step_text(request.about, all_steps), explain(request, panels, counts),
    runs_text(counts, made)) }
end

-- ---- classes --------------------------------------------------------------------------------------------------------------------------

-- The evaluations of the runs, and the names of their classes in the data's order. Runs of other classes are an error.
local function evaluations(db, request)
  local found = convention.load(db, ids_of(request.rows), request.about)
  check_some(db, request, "IoU", found)
  local names, steps
  steps = {}
  for _, row in ipairs(request.rows) do
    local evaluation = found[row.id]
    if evaluation then
      steps[row.id] = evaluation.step
      local own = {}
      for i, class in ipairs(evaluation.classes) do own[i] = class.name end
      if names and table.concat(own, "\0") ~= table.concat(names, "\0") then
        usage("the runs have different classes (run %d has %s): choose runs of one data set", row.id, table.concat(own, ", "))
      end
      names = own
    end
  end
  return found, names, steps
end

function picture.classes(db, request)
  local made = group(request, "colours")
  local found, names, steps = evaluations(db, request)
  local ignored, counts = {}, {}
  for _, name in ipairs(request.about.ignore) do ignored[name] = true end
  local panel = { groups = {}, series = {}, per_group = true, y_label = ("IoU on %s (%%)"):format(request.about.split), text = function(v) return number_text(v, true) end }
  for s, one in ipairs(made.list) do
    panel.series[s] = { name = one.label, bars = {} }
    local g = 0
    for k, name in ipairs(names) do
      if not ignored[name] then
        g = g + 1
        panel.groups[g] = name
        local ious = {}
        for _, row in ipairs(one.rows) do ious[row.id] = found[row.id] and 100 * found[row.id].classes[k].iou end
        panel.series[s].bars[g] = summary(one.rows, ious)
      end
    end
    local n = 0
    for _, row in ipairs(one.rows) do n = n + (found[row.id] and 1 or 0) end
    if n > 0 then counts[#counts + 1] = n end
  end
  return { kind = "bars", wide = true, panels = { panel },
    caption = caption(step_text(request.about, steps), explain(request, { panel }, counts), runs_text(counts, made)) }
end

-- ---- maps -----------------------------------------------------------------------------------------------------------------------------

function picture.heatmap(db, request)
  local made = group(request, "cells")
  if #made.names ~= 2 then
    usage("a heat map shows two options, not %d (%s): say --by A,B", #made.names, table.concat(made.names, ", "))
  end
  if #request.metrics > 1 then usage("a heat map shows one metric, not %d", #request.metrics) end
  local metric = metrics_of(db, request)[1]
  local found, steps = values.at(db, ids_of(request.rows), metric, request.about)
  check_some(db, request, metric.name, found)
  local percent, counts = values.is_percent(metric.name), {}
  local panel = {
    columns = made.levels[1], rows = made.levels[2], cells = {}, x_label = made.titles[1],
    y_label = made.titles[2], z_label = values.title(metric.name, request.about),
    text = function(cell)
      return number_text(cell.mean, percent), cell.sd and ("± %s (%d)"):format(number_text(cell.sd, percent), cell.n)
    end,
  }
  local column_of, row_of = {}, {}
  for c, text in ipairs(made.levels[1]) do column_of[text] = c end
  for r, text in ipairs(made.levels[2]) do
    row_of[text] = r
    panel.cells[r] = {}
  end
  for _, one in ipairs(made.list) do
    local cell = summary(one.rows, found)
    panel.cells[row_of[one.texts[2]]][column_of[one.texts[1]]] = cell
    counts[#counts + 1] = cell and cell.n
  end
  local _, most = scale.range(counts)
  local how = most and most > 1 and "mean ± sample standard deviation (runs)" or nil
  return { kind = "heatmap", panels = { panel }, caption = caption(convention_text(request), step_text(request.about, steps), how,
    most == 1 and runs_text(counts, made) or nil) }
end

-- The pixels of all the runs' matrices at those steps, added up: [truth][prediction] by class index.
local function summed_pixels(db, steps, split)
  local list, sums = {}, {}
  for id, step in pairs(steps) do list[#list + 1] = { id, step } end
  for _, row in ipairs(db:query([[
    SELECT c.truth AS t, c.prediction AS p, sum(c.pixels) AS n FROM json_each(?1) i CROSS JOIN confusion c
      ON c.run = json_extract(i.value, '$[0]') AND c.split = ?2 AND c.step = json_extract(i.value, '$[1]')
    GROUP BY c.truth, c.prediction]], core.system.json_encode(list), split)) do
    sums[row.t] = sums[row.t] or {}
    sums[row.t][row.p] = row.n
  end
  return sums
end

function picture.confusion(db, request)
  if request.by then usage("a confusion matrix adds up all the runs: choose them by an expression instead of --by") end
  local kept = {}
  for _, one in ipairs(groups.make(request.rows).list) do table.move(one.rows, 1, #one.rows, #kept + 1, kept) end
  request.rows = kept
  local _, names, steps = evaluations(db, request)
  local sums = summed_pixels(db, steps, request.about.split)
  if not next(sums) then
    usage("%s: no confusion matrix was recorded, as of runs that came as a table of CSV", #request.rows == 1 and "the run" or "the runs")
  end
  local panel = {
    columns = names, rows = names, cells = {}, x_label = "predicted class", y_label = "true class",
    z_label = "share of the true class's pixels (%)", shares = true, low = 0, high = 100,
    text = function(cell)
      local text = ("%.0f"):format(cell.mean)
      return text ~= "0" and text or nil
    end,
  }
  for t = 1, #names do
    local total = 0
    for p = 1, #names do total = total + (sums[t - 1] and sums[t - 1][p - 1] or 0) end
    panel.cells[t] = {}
    for p = 1, #names do
      panel.cells[t][p] = total > 0 and { mean = 100 * (sums[t - 1] and sums[t - 1][p - 1] or 0) / total } or nil
    end
  end
  local runs = 0
  for _ in pairs(steps) do runs = runs + 1 end
  return { kind = "confusion", panels = { panel }, caption = caption(("confusion matrix on %s, rows add up to 100%%"):format(request.about.split),
    step_text(request.about, steps), runs > 1 and ("pixels of %d runs added up"):format(runs) or plural(1, "run")) }
end

-- The picture of a request.
function picture.make(db, request)
  local made = picture[request.kind](db, request)
  made.title = request.title
  return made
end

return picture

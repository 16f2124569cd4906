-- Runs put together by what they have in common: one line, bar or cell for each value of some options, of which the runs in it are
-- repetitions. Which options, values and orders there are is what tables of runs say too (analysis/axis.lua).
local axis = require "semiluna.analysis.axis"
local pivot = require "semiluna.analysis.pivot"
local plan = require "semiluna.plan.plan"

local groups = {}

local worded = { method = true, name = true, experiment = true, variant = true } -- values that say by themselves what they are

-- "threshold 0.2"; a variant is only itself.
function groups.level(name, title, text)
  return worded[name] and text or title:match "([^.]+)$" .. " " .. text
end

-- "threshold 0.2, labeled 1/8"
local function label_of(texts, names, titles)
  local parts = {}
  for i, name in ipairs(names) do
    parts[i] = groups.level(name, titles[i], texts[i])
  end
  return table.concat(parts, ", ")
end

-- The options that are asked for, by their full names; "run" is each run by itself. Without any, those that tell the runs apart.
local function names_of(rows, by, differing)
  if not by then
    local names, more = axis.choose(rows, differing, {})
    return table.move(more, 1, #more, #names + 1, names)
  end
  for _, row in ipairs(rows) do row.params.run = tostring(row.id) end
  differing.known.run = true
  return axis.names(table.concat(by, ","), differing.known, "--by")
end

-- Groups of runs by the options `by` (nil: those that tell the runs apart). Returns names and titles of the options; the groups in order,
-- {texts, label, rows}; levels, for each option its values as texts, in order; mixed, the names of other options in which runs of one
-- group differ; and dropped, how many runs were left out because a newer one is the same in everything.
function groups.make(rows, by)
  local differing = axis.differing(rows)
  local names = names_of(rows, by, differing)
  local left, dropped = pivot.newest(pivot.in_order(table.move(rows, 1, #rows, 1, {})), differing, names)
  local titles = plan.titles(names)
  local made = { names = names, titles = titles, list = {}, levels = {}, mixed = {}, dropped = dropped }
  local sheet = pivot.build(left, names, {})
  for g, side in ipairs(sheet.rows) do
    local texts = pivot.labels(sheet, names, side.values)
    made.list[g] = { texts = texts, label = label_of(texts, names, titles), rows = sheet.cells[side.key][""].runs }
  end
  for i, option in ipairs(pivot.mixed(sheet, differing)) do made.mixed[i] = option.name end
  for i, name in ipairs(names) do
    local levels = pivot.build(left, { name }, {})
    made.levels[i] = {}
    for j, side in ipairs(levels.rows) do made.levels[i][j] = pivot.labels(levels, { name }, side.values)[1] end
  end
  return made
end

return groups

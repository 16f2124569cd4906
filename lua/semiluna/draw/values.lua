-- The numbers of pictures, read from the database: a metric over the steps, or at one step, of a list of runs.
--
-- A mean IoU is worked out from the confusion matrices under the convention that is asked for; runs without a matrix (and with the
-- standard or the authors' convention) have it as a logged metric.
local convention = require "semiluna.analysis.convention"
local core = require "semiluna.core"
local usage = require "semiluna.usage"

local values = {}

local function json_list(list)
  return #list == 0 and "[]" or core.system.json_encode(list)
end

-- ---- names --------------------------------------------------------------------------------------------------------------------------

local titles = { miou = "mIoU", miou_authors = "mIoU (authors)", pixel_accuracy = "pixel accuracy", kept = "pixels kept", lr = "learning rate" }

-- Whether a metric is a share, which people read in percent.
function values.is_percent(name)
  local last = name:match "([^.]+)$" or name
  return last:find "miou" ~= nil or last:find "iou$" ~= nil or last == "pixel_accuracy" or last == "kept"
end

-- "mIoU on val (%)": what stands at an axis.
function values.title(name, about)
  local last = name:match "([^.]+)$"
  local text = titles[name] or name:sub(1, 7) ~= "option." and titles[last] or name
  if values.is_matrix(name) or last == "pixel_accuracy" then text = text .. " on " .. about.split end
  return values.is_percent(name) and text .. " (%)" or text
end

-- Whether it comes from confusion matrices rather than from the log.
function values.is_matrix(name)
  return name == "miou"
end

-- The names of what these runs logged.
function values.names(db, ids)
  local names = {}
  for _, row in ipairs(db:query([[
    SELECT n.name FROM metric_name n WHERE EXISTS(SELECT 1 FROM json_each(?1) i CROSS JOIN metric_value v
      ON v.run = i.value AND v.name_id = n.id) ORDER BY n.name]], json_list(ids))) do names[#names + 1] = row.name end
  return names
end

-- The metric that `name` means for these runs: {name, id}, where id is its number in the log (nil: nothing of that name was logged). A
-- name that no run knows is a usage error with the nearest ones.
function values.metric(db, ids, name, about)
  local row = db:query("SELECT id FROM metric_name WHERE name = ?", name)[1]
  local prefixed = about.split ~= "val" and db:query("SELECT id FROM metric_name WHERE name = ?", about.split .. "." .. name)[1]
  local metric = { name = name, id = prefixed and prefixed.id or row and row.id }
  if values.is_matrix(name) then
    if about.split ~= "val" then metric.id = prefixed and prefixed.id end
    return metric
  end
  local names = values.names(db, ids)
  for _, known in ipairs(names) do
    if known == name or prefixed and known == about.split .. "." .. name then return metric end
  end
  local has_miou = false
  for _, known in ipairs(names) do has_miou = has_miou or known == "miou" end
  if not has_miou then names[#names + 1] = "miou" end
  local nearest = core.system.nearest(name, names)
  local shown = table.concat(names, ", ", 1, math.min(#names, 30)) .. (#names > 30 and ", ..." or "")
  usage("--metric %s: %s logged nothing of that name.%s  (there are: %s)", name, #ids == 1 and "the run has" or "these runs have",
    nearest and (' Did you mean "%s"?'):format(nearest) or "", shown)
end

-- ---- over the steps -----------------------------------------------------------------------------------------------------------------

-- Mean IoUs of every evaluation: {[run] = {steps, values}}.
local function matrix_series(db, ids, about)
  local ignored, series = {}, {}
  for _, class in ipairs(about.ignore) do ignored[class] = true end
  local names, known = {}, {}
  for _, row in ipairs(db:query([[
    SELECT DISTINCT c.run, c.class_index AS k, c.class_name AS name FROM json_each(?1) i CROSS JOIN class_iou c
      ON c.run = i.value AND c.split = ?2]], json_list(ids), about.split)) do
    names[row.run] = names[row.run] or {}
    names[row.run][row.k] = row.name or tostring(row.k)
    known[row.name or tostring(row.k)] = true
  end
  convention.check_ignored(about.ignore, known)
  for _, id in ipairs(ids) do
    local steps, list = {}, {}
    local evaluation, step
    local function finish()
      if not evaluation then return end
      convention.finish(evaluation, about.convention, ignored)
      steps[#steps + 1], list[#list + 1] = step, evaluation.miou
    end
    for _, row in ipairs(db:query("SELECT step, truth AS t, prediction AS p, pixels AS n FROM confusion WHERE run = ? AND split = ?"
      .. " ORDER BY step, truth, prediction", id, about.split)) do
      if row.step ~= step then
        finish()
        step, evaluation = row.step, { classes = {}, by_index = {}, has_matrix = true }
        for k, name in pairs(names[id] or {}) do
          local class = { name = name, truth = 0, predicted = 0, hit = 0 }
          evaluation.by_index[k] = class
          table.insert(evaluation.classes, class)
        end
      end
      local truth, predicted = evaluation.by_index[row.t], evaluation.by_index[row.p]
      if truth and predicted then
        truth.truth = truth.truth + row.n
        predicted.predicted = predicted.predicted + row.n
        if row.t == row.p then truth.hit = truth.hit + row.n end
      end
    end
    finish()
    if #steps > 0 then series[id] = { steps, list } end
  end
  return series
end

local function logged_series(db, id, name_id)
  local steps, list = {}, {}
  for i, row in ipairs(db:query("SELECT step, value FROM metric_value WHERE run = ? AND name_id = ? ORDER BY step", id, name_id)) do
    steps[i], list[i] = row.step, row.value or 0 / 0
  end
  return steps, list
end

-- Whether a mean IoU under this convention was logged as well.
local function logged_mean(db, metric, about)
  if #about.ignore > 0 or about.convention == "absent-zero" then return nil end
  if about.convention == "standard" then return metric.id end
  local name = (about.split == "val" and "" or about.split .. ".") .. "miou_authors"
  local row = db:query("SELECT id FROM metric_name WHERE name = ?", name)[1]
  return row and row.id
end

-- Gives read(run): the steps and values of one run's metric, in lists; empty where it has none. Percent are times 100.
function values.reader(db, ids, metric, about)
  local factor = values.is_percent(metric.name) and 100 or 1
  local name_id, matrices = metric.id, {}
  if values.is_matrix(metric.name) then
    matrices, name_id = matrix_series(db, ids, about), logged_mean(db, metric, about)
  end
  return function(id)
    local steps, list = {}, {}
    if matrices[id] then
      steps, list = matrices[id][1], matrices[id][2]
    elseif name_id then
      steps, list = logged_series(db, id, name_id)
    end
    if factor ~= 1 then
      for i = 1, #list do list[i] = factor * list[i] end
    end
    return steps, list
  end
end

-- ---- at one step --------------------------------------------------------------------------------------------------------------------

local at_sql = "SELECT step, value FROM metric_value WHERE run = ? AND name_id = ? AND step <= ? AND step >= ? ORDER BY step DESC LIMIT 1"

-- One number for each run, {[run] = value}, at "last", "best" (the step of the best mean IoU) or a step, where a mean IoU has to have been
-- measured, while of the rest of the log the last value at or before it counts. Second, the steps.
function values.at(db, ids, metric, about)
  local found, steps = {}, {}
  local factor, is_matrix = values.is_percent(metric.name) and 100 or 1, values.is_matrix(metric.name)
  local name_id = metric.id
  if is_matrix then
    for id, evaluation in pairs(convention.load(db, ids, about)) do
      found[id], steps[id] = factor * evaluation.miou, evaluation.step
    end
    name_id = logged_mean(db, metric, about)
  end
  if not name_id then return found, steps end
  local best = about.at == "best" and convention.steps(db, ids, about)
  for _, id in ipairs(ids) do
    local last = best and best[id] or not best and (about.at == "last" and math.maxinteger or about.at)
    if found[id] == nil and last then
      local row = db:query(at_sql, id, name_id, last, is_matrix and about.at ~= "last" and last or 0)[1]
      if row then found[id], steps[id] = factor * (row.value or 0 / 0), row.step end
    end
  end
  return found, steps
end

-- The steps at which any of the runs was measured on the split, ascending.
function values.measured(db, ids, split)
  local list = {}
  for i, row in ipairs(db:query("SELECT DISTINCT c.step FROM json_each(?1) i CROSS JOIN class_iou c ON c.run = i.value AND c.split = ?2"
    .. " ORDER BY c.step", json_list(ids), split)) do list[i] = row.step end
  return list
end

return values

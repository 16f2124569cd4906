-- The number of each run that a table is about: mean IoU under a convention, or any metric, at a step.
local convention = require "semiluna.analysis.convention"
local expression = require "semiluna.analysis.expression"
local select_runs = require "semiluna.analysis.select"
local usage = require "semiluna.usage"

local measure = {}

local last_sql = [[
  SELECT i.value AS run, v.step, v.value FROM json_each(?1) i CROSS JOIN metric_value v ON v.run = i.value AND v.name_id = ?2
  AND v.step = (SELECT max(w.step) FROM metric_value w WHERE w.run = i.value AND w.name_id = ?2)]]
local given_sql = [[
  SELECT json_extract(i.value, '$[0]') AS run, v.step, v.value FROM json_each(?1) i CROSS JOIN metric_value v
  ON v.run = json_extract(i.value, '$[0]') AND v.name_id = ?2 AND v.step = json_extract(i.value, '$[1]')]]

local function name_id(db, name)
  local row = db:query("SELECT id FROM metric_name WHERE name = ?", name)[1]
  if row then return row.id end
  local list = { "miou" }
  for _, known in ipairs(db:query "SELECT name FROM metric_name") do list[#list + 1] = known.name end
  usage("--metric %s: no run in %s has logged it.%s", expression.visible(name), db:path(), expression.suggestion(name, list))
end

-- What is asked for as {metric, split, at, convention, ignore}, from the texts of a command line.
function measure.of(arguments)
  local ignore = arguments.ignore_class
  local about = {
    metric = arguments.metric or "miou", split = arguments.split or "val", at = arguments.at or "last",
    convention = arguments.convention or "standard", ignore = type(ignore) == "table" and ignore or { ignore },
  }
  if about.at ~= "last" and about.at ~= "best" then
    local step = math.tointeger(tonumber(about.at))
    if not step or step < 0 then usage('--at "%s" is neither last nor best nor a step', expression.visible(about.at)) end
    about.at = step
  end
  local is_miou = about.metric == "miou"
  if not is_miou and (arguments.per_class) then usage("--per-class is for mean IoU: leave out --metric") end
  if not is_miou and about.at ~= "best" and (arguments.convention or arguments.ignore_class) then
    usage("--convention and --ignore-class are for mean IoU: leave out --metric, or take --at best")
  end
  about.percent = is_miou or about.metric:find "miou" ~= nil or about.metric:find "accuracy$" ~= nil or about.metric == "kept"
  return about
end

-- {[run] = {value, step, classes}}; a run that lacks it, or where it is no finite number, is absent. `classes`, {{name, iou, ...}},
-- is there for mean IoU. With `best`, a metric is read at the step of the best mean IoU.
function measure.load(db, ids, about)
  local found = {}
  if about.metric == "miou" then
    for run, evaluation in pairs(convention.load(db, ids, about)) do
      if evaluation.miou == evaluation.miou then
        found[run] = { value = evaluation.miou, step = evaluation.step, classes = evaluation.classes }
      end
    end
    return found
  end
  local id, rows = name_id(db, about.metric), nil
  if about.at == "last" then
    rows = db:query(last_sql, select_runs.json_list(ids), id)
  else
    local list, best = {}, about.at == "best" and convention.steps(db, ids, about)
    for _, run in ipairs(ids) do
      local step = not best and about.at or best and best[run]
      if step then list[#list + 1] = { run, step } end
    end
    rows = db:query(given_sql, select_runs.json_list(list), id)
  end
  for _, row in ipairs(rows) do
    local value = row.value
    if value and value == value and math.abs(value) < math.huge then found[row.run] = { value = row.value, step = row.step } end
  end
  return found
end

-- "mIoU % (standard, without background)", or the metric's name.
function measure.title(about)
  if about.metric ~= "miou" then return about.metric .. (about.percent and " %" or "") end
  local without = #about.ignore > 0 and ", without " .. table.concat(about.ignore, ", ") or ""
  return ("mIoU %% (%s%s)"):format(about.convention, without)
end

-- A value, or a difference with its sign, as a table shows it.
function measure.text(about, value, signed)
  local format = (signed and "%+" or "%") .. (about.percent and ".1f" or ".4g")
  local text = format:format(about.percent and 100 * value or value)
  return (text:gsub("^[-+](0%.0)$", signed and "+%1" or "%1"))
end

return measure

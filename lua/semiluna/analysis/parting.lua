-- Where what two runs logged parts, and how they ended.
local parting = {}

local names_query = [[SELECT n.id, n.name,
  EXISTS(SELECT 1 FROM metric_value v WHERE v.run = ?1 AND v.name_id = n.id) AS in_a,
  EXISTS(SELECT 1 FROM metric_value v WHERE v.run = ?2 AND v.name_id = n.id) AS in_b FROM metric_name n ORDER BY n.name]]

-- The steps that both logged, in their order, so that a search ends where they part.
local both = [[ FROM metric_value a CROSS JOIN metric_value b ON b.run = ?2 AND b.name_id = a.name_id AND b.step = a.step
  WHERE a.run = ?1 AND a.name_id = ?3]]
local common_query = "SELECT count(*) AS common" .. both
-- NULL is "not a number"; an infinity is as far from any other value as can be.
local first_query = "SELECT a.step" .. both .. " AND a.value IS NOT b.value ORDER BY a.step LIMIT 1"
local far_query = "SELECT a.step" .. both .. [[ AND a.step >= ?4 AND a.value IS NOT b.value AND (a.value IS NULL OR b.value IS NULL
    OR abs(a.value) = 9e999 OR abs(b.value) = 9e999 OR abs(a.value - b.value) > 0.01 * max(abs(a.value), abs(b.value)))
  ORDER BY a.step LIMIT 1]]

local values_query = [[SELECT (SELECT value FROM metric_value WHERE run = ?1 AND name_id = ?3 AND step = ?4) AS a,
  (SELECT value FROM metric_value WHERE run = ?2 AND name_id = ?3 AND step = ?4) AS b]]

-- Schedules are given, not the outcome of training.
local function is_schedule(name)
  return name == "lr" or name:find "^lr_" ~= nil or name:find "^option%." ~= nil
end

local function at(db, a, b, metric, step)
  if not step then return nil end
  local values = db:query(values_query, a, b, metric, step)[1]
  return { step = step, a = values.a, b = values.b }
end

-- Counting goes through all steps: a row's `common` is worked out when it is asked for.
local function counted(db, a, b, metric, row)
  return setmetatable(row, {
    __index = function(_, key)
      if key ~= "common" then return nil end
      local common = db:query(common_query, a, b, metric)[1].common
      rawset(row, "common", common)
      return common
    end,
  })
end

-- The metrics of both runs, those that part first in front: {name, schedule, common, first, far}. `common` is at how many steps both have a
-- value, `first` and `far` {step, a, b}: where the values differ at all, and by more than 1 %. Second, metrics that one run alone has:
-- {name, side = "a" | "b"}.
function parting.metrics(db, a, b)
  local shared, alone = {}, {}
  for _, metric in ipairs(db:query(names_query, a, b)) do
    if metric.in_a == 1 and metric.in_b == 1 then
      local first = db:query(first_query, a, b, metric.id)[1]
      local far = first and db:query(far_query, a, b, metric.id, first.step)[1]
      shared[#shared + 1] = counted(db, a, b, metric.id, {
        name = metric.name, schedule = is_schedule(metric.name), first = at(db, a, b, metric.id, first and first.step),
        far = at(db, a, b, metric.id, far and far.step),
      })
    elseif metric.in_a + metric.in_b == 1 then
      alone[#alone + 1] = { name = metric.name, side = metric.in_a == 1 and "a" or "b" }
    end
  end
  table.sort(shared, function(x, y)
    local step_x, step_y = x.first and x.first.step or math.huge, y.first and y.first.step or math.huge
    if step_x ~= step_y then return step_x < step_y end
    if x.schedule ~= y.schedule then return y.schedule end
    local far_x, far_y = x.far and x.far.step == step_x, y.far and y.far.step == step_y
    if far_x ~= far_y then return far_x end
    return x.name < y.name
  end)
  return shared, alone
end

local result_query = [[SELECT state, step, steps, split, miou, miou_step, best_miou, best_step, duration, resumes, error
  FROM run_summary WHERE id = ?]]
local last_query = [[SELECT n.name, (SELECT v.value FROM metric_value v WHERE v.run = ?1 AND v.name_id = n.id ORDER BY v.step DESC LIMIT 1)
  AS value FROM metric_name n WHERE EXISTS(SELECT 1 FROM metric_value v WHERE v.run = ?1 AND v.name_id = n.id)]]
local classes_query = "SELECT class_index, class_name, iou FROM class_iou_latest WHERE run = ? AND split = ? ORDER BY class_index"

local function result_of(db, run)
  local result = db:query(result_query, run)[1] or {}
  result.last, result.classes = {}, {}
  for _, row in ipairs(db:query(last_query, run)) do result.last[row.name] = row.value end
  if result.split then result.classes = db:query(classes_query, run, result.split) end
  return result
end

-- How the runs ended: two tables with the columns of run_summary, `last`, the last values by their metrics' names, and `classes`.
function parting.results(db, a, b)
  return result_of(db, a), result_of(db, b)
end

return parting

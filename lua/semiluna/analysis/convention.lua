-- Intersection over union and its mean, worked out anew from the whole numbers of stored confusion matrices, under any convention:
--
--   standard      classes that occur neither in truth nor in prediction are left out; a class never hit counts as 0
--   authors       every class without a hit is left out, as in the authors' evaluation script
--   absent-zero   every class counts, and one that does not occur counts as 0
--
-- An ignored class is left out of the mean, as in "mean IoU without background" of papers: its pixels stay in the matrix, so what
-- is predicted there wrongly still counts against the other classes. (Pixels that are to count nowhere are void in the label
-- images.)
local expression = require "semiluna.analysis.expression"
local select_runs = require "semiluna.analysis.select"
local usage = require "semiluna.usage"

local convention = {}

convention.names = { "standard", "authors", "absent-zero" }

-- The IoU of one class from its pixels in truth, in prediction, and in both; nan where it does not occur.
function convention.iou(truth, predicted, hit)
  local united = truth + predicted - hit
  return united > 0 and hit / united or 0 / 0
end

-- The mean over a list of IoUs (nan: absent) under a convention; nan where no class counts.
function convention.mean(ious, name)
  local sum, count = 0, 0
  for _, iou in ipairs(ious) do
    local absent = iou ~= iou
    local left_out = name == "standard" and absent or name == "authors" and not (iou > 0)
    if not left_out then
      sum = sum + (absent and 0 or iou)
      count = count + 1
    end
  end
  return count > 0 and sum / count or 0 / 0
end

local function keys_of(list)
  local keys = {}
  for _, item in ipairs(list) do keys[item] = true end
  return keys
end

-- ---- of recorded runs -----------------------------------------------------------------------------------------------------------

-- How the database's own IoUs are averaged, which finds the best step without reading all matrices.
local means = {
  standard = "avg(c.iou)",
  authors = "avg(CASE WHEN c.iou > 0 THEN c.iou END)",
  ["absent-zero"] = "avg(coalesce(c.iou, 0.0))",
}

local last_sql = [[
  SELECT i.value AS run, (SELECT max(c.step) FROM class_iou c WHERE c.run = i.value AND c.split = ?2) AS step FROM json_each(?1) i]]
local given_sql = [[
  SELECT i.value AS run, (SELECT c.step FROM class_iou c WHERE c.run = i.value AND c.split = ?2 AND c.step = ?3 LIMIT 1) AS step
  FROM json_each(?1) i]]
local best_sql = [[
  SELECT i.value AS run, (SELECT c.step FROM class_iou c WHERE c.run = i.value AND c.split = ?2
    AND (c.class_name IS NULL OR c.class_name NOT IN (SELECT value FROM json_each(?3)))
    GROUP BY c.step HAVING MEAN IS NOT NULL ORDER BY MEAN DESC, c.step LIMIT 1) AS step FROM json_each(?1) i]]

-- The step of each run that `at` means, {[run] = step}: "last", "best" (the highest mean under the convention, the first of equals)
-- or a number. Runs that were not evaluated there are absent. `about` is {at, split, convention, ignore}.
function convention.steps(db, ids, about)
  local list, rows = select_runs.json_list(ids), nil
  if about.at == "last" then
    rows = db:query(last_sql, list, about.split)
  elseif about.at == "best" then
    rows = db:query(best_sql:gsub("MEAN", (means[about.convention]:gsub("%%", "%%%%"))), list, about.split,
      select_runs.json_list(about.ignore))
  else
    rows = db:query(given_sql, list, about.split, about.at)
  end
  local steps = {}
  for _, row in ipairs(rows) do steps[row.run] = row.step end
  return steps
end

-- Pairs of a run and a step, as one parameter.
local function pairs_list(ids, steps)
  local list = {}
  for _, id in ipairs(ids) do
    if steps[id] then list[#list + 1] = { id, steps[id] } end
  end
  return select_runs.json_list(list)
end

local at_steps = " FROM json_each(?1) i CROSS JOIN TABLE c ON c.run = json_extract(i.value, '$[0]') AND c.split = ?2" ..
  " AND c.step = json_extract(i.value, '$[1]')"

local function query_at(db, columns, from, list, split)
  return db:query("SELECT " .. columns .. at_steps:gsub("TABLE", from), list, split)
end

-- Evaluations of runs, in three queries however many there are: {[run] = {step, miou, classes = {{name, iou, truth, predicted,
-- hit}}}}, the classes in the order of the data set, with the ignored ones. Of a run without matrices, as one that came as a table,
-- the IoU of its classes is what was recorded. A usage error where an ignored class is in none of them.
function convention.load(db, ids, about)
  local ignored = keys_of(about.ignore)
  local steps = convention.steps(db, ids, about)
  local list = pairs_list(ids, steps)
  local found, names = {}, {}
  for _, row in ipairs(query_at(db, "c.run, c.class_index AS k, c.class_name AS name, c.iou", "class_iou", list, about.split)) do
    local evaluation = found[row.run]
    if not evaluation then
      evaluation = { step = steps[row.run], by_index = {}, classes = {} }
      found[row.run] = evaluation
    end
    local class = { name = row.name or tostring(row.k), truth = 0, predicted = 0, hit = 0, iou = row.iou or 0 / 0 }
    evaluation.by_index[row.k] = class
    evaluation.classes[#evaluation.classes + 1] = class
    names[class.name] = true
  end
  convention.check_ignored(about.ignore, names)
  for _, row in ipairs(query_at(db, "c.run, c.truth AS t, c.prediction AS p, c.pixels AS n", "confusion", list, about.split)) do
    local evaluation = found[row.run]
    local truth, predicted = evaluation.by_index[row.t], evaluation.by_index[row.p]
    truth.truth = truth.truth + row.n
    predicted.predicted = predicted.predicted + row.n
    if row.t == row.p then truth.hit = truth.hit + row.n end
    evaluation.has_matrix = true
  end
  for _, evaluation in pairs(found) do convention.finish(evaluation, about.convention, ignored) end
  return found
end

-- Fills in the IoUs, where there is a matrix, and their mean over the classes that are not ignored.
function convention.finish(evaluation, name, ignored)
  local counted = {}
  for _, class in ipairs(evaluation.classes) do
    if evaluation.has_matrix then class.iou = convention.iou(class.truth, class.predicted, class.hit) end
    if not ignored[class.name] then counted[#counted + 1] = class.iou end
  end
  evaluation.miou = convention.mean(counted, name)
end

function convention.check_ignored(ignore, names)
  if next(names) == nil then return end
  for _, name in ipairs(ignore) do
    if not names[name] then
      local list = {}
      for known in pairs(names) do list[#list + 1] = known end
      table.sort(list)
      usage("--ignore-class %s: no class of that name.%s  (there are: %s)", expression.visible(name),
        expression.suggestion(name, list), table.concat(list, ", "))
    end
  end
end

return convention

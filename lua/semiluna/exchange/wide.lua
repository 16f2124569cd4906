-- The wide table: a line for each run, with its options, mean IoU at the last evaluation and at the best, the last value of each metric,
-- and IoU of each class at the last evaluation.
local drawing = require "semiluna.draw.table"
local json_write = require "semiluna.exchange.json_write"

local wide = {
  before = { "run", "name", "experiment", "variant", "method", "state", "seed", "step", "steps", "started", "duration" },
  measured = { "split", "miou_step", "miou", "miou_authors", "best_step", "best_miou", "best_miou_authors" },
}

local run_query = [[SELECT uuid AS run, name, experiment, method, state, seed, step, steps, started, duration, split, miou_step, miou,
  miou_authors, best_step, best_miou, best_miou_authors FROM run_summary WHERE id = ?]]
local last_query = "SELECT value FROM metric_value WHERE run = ? AND name_id = ? ORDER BY step DESC LIMIT 1"
local best_query = "SELECT max(value) AS value FROM metric_value WHERE run = ? AND name_id = ?"
local classes_query = "SELECT class_index, class_name, iou FROM class_iou_latest WHERE run = (SELECT id FROM run WHERE uuid = ?)" ..
  " AND split = ? ORDER BY class_index"

-- Adds a column unless it is there, and returns its name: where the name is taken by another kind of column, the kind stands before it.
local function add(columns, kinds, kind, name)
  if kinds[name] and kinds[name] ~= kind then name = kind .. "." .. name end
  if not kinds[name] then columns[#columns + 1] = { name = name } end
  kinds[name] = kind
  return name
end

local function set_classes(line, db, run, columns, kinds)
  for _, class in ipairs(db:query(classes_query, run.run, run.split)) do
    line[add(columns, kinds, "class", "iou." .. (class.class_name or class.class_index))] = class.iou
  end
end

local function set_metrics(line, db, id, columns, kinds, metrics)
  for _, metric in ipairs(json_write.metrics(db, id)) do
    local name = metric.name
    if metrics and metrics[name] or not metrics and name ~= "miou" and name ~= "miou_authors" then
      line[add(columns, kinds, "last", name)] = db:query(last_query, id, metric.id)[1].value
      if metrics then line[add(columns, kinds, "best", "best." .. name)] = db:query(best_query, id, metric.id)[1].value end
    end
  end
end

-- Columns and rows for draw/table.lua. `metrics`: a set of names, or nil for all; those that are named have their highest value too.
function wide.table(db, rows, options, metrics)
  local lines, kinds, first, last, classes, named = {}, {}, {}, {}, {}, {}
  for _, name in ipairs(wide.before) do add(first, kinds, "run", name) end
  for _, name in ipairs(wide.measured) do add(last, kinds, "run", name) end
  for _, name in ipairs(options) do named[name] = add(first, kinds, "option", name) end
  for i, row in ipairs(rows) do
    local line = db:query(run_query, row.id)[1]
    line.variant = row.params.variant
    for name, column in pairs(named) do line[column] = row.params[name] end
    set_metrics(line, db, row.id, last, kinds, metrics)
    if line.split and (not metrics or metrics.iou) then set_classes(line, db, line, classes, kinds) end
    lines[i] = line
  end
  table.move(last, 1, #last, #first + 1, first)
  table.move(classes, 1, #classes, #first + 1, first)
  return first, lines
end

return wide

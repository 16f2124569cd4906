-- The long table: a line for each value that runs logged, with what the run is. One that has logged nothing has a line without a value.
--
--   run,name,experiment,variant,method,state,seed,started,ended,OPTIONS...,split,step,metric,class_index,class,value
--
-- `run` is the uuid; times are seconds since 1970. A metric is `nan` where it is not a number, `inf` or `-inf`. IoU of a class is the
-- metric `iou` with its split and class, and `nan` where the class does not occur.
local json_write = require "semiluna.exchange.json_write"
local text = require "semiluna.exchange.text"
local csv = text.csv

local writer = {
  before = { "run", "name", "experiment", "variant", "method", "state", "seed", "started", "ended" },
  after = { "split", "step", "metric", "class_index", "class", "value" },
}

local run_query = [[SELECT r.uuid, r.name, e.name AS experiment, r.method, r.state, r.seed, r.start_time, r.end_time
  FROM run r JOIN experiment e ON e.id = r.experiment WHERE r.id = ?]]
local points_query = "SELECT step, value FROM metric_value WHERE run = ? AND name_id = ? ORDER BY step"
local classes_query = "SELECT split, step, class_index, class_name, iou FROM class_iou WHERE run = ? ORDER BY split, step, class_index"

-- What all lines of a run begin with.
local function prefix_of(db, row, options)
  local run = db:query(run_query, row.id)[1]
  local fields = {
    csv(run.uuid), csv(run.name), csv(run.experiment), csv(row.params.variant), csv(run.method), csv(run.state), csv(run.seed),
    csv(run.start_time), csv(run.end_time),
  }
  for _, name in ipairs(options) do fields[#fields + 1] = csv(row.params[name]) end
  return table.concat(fields, ",") .. ","
end

local function value_text(value)
  return value == nil and "nan" or csv(value)
end

local function write_run(out, db, row, options, metrics)
  local prefix, lines = prefix_of(db, row, options), 0
  for _, metric in ipairs(json_write.metrics(db, row.id)) do
    if not metrics or metrics[metric.name] then
      local name = "," .. csv(metric.name) .. ",,,"
      for point in db:each(points_query, row.id, metric.id) do
        out:write(prefix .. "," .. csv(point.step) .. name .. value_text(point.value) .. "\n")
        lines = lines + 1
      end
    end
  end
  if not metrics or metrics.iou then
    for class in db:each(classes_query, row.id) do
      out:write(prefix .. csv(class.split) .. "," .. csv(class.step) .. ",iou," .. csv(class.class_index) .. "," ..
        csv(class.class_name) .. "," .. value_text(class.iou) .. "\n")
      lines = lines + 1
    end
  end
  if lines == 0 then out:write(prefix .. ",,,,,\n") end
end

-- Rows as select.lua gives them; the names of options that have columns; the set of metrics, or nil for all.
function writer.write(out, db, rows, options, metrics)
  local head = {}
  for _, names in ipairs { writer.before, options, writer.after } do
    for _, name in ipairs(names) do head[#head + 1] = csv(name) end
  end
  out:write(table.concat(head, ",") .. "\n")
  for _, row in ipairs(rows) do write_run(out, db, row, options, metrics) end
end

return writer

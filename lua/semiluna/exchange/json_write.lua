-- Everything that runs are in the database, as one JSON document, written row by row:
--
--   { "semiluna": "runs", "version": 1,
--     "splits": [[sha256, text], ...],
--     "runs": [ { "uuid": ..., "experiment": ..., "experiment_created": ..., "run": {...},
--                 "metrics": [{"name": ..., "points": [[step, value, time], ...]}, ...],
--                 "options": [[name, type, value], ...], "class_iou": [[split, step, class_index, class_name, iou], ...], ... }, ... ] }
--
-- The lists are named after their tables and have their columns in the order of tables.lua. Not a number is null, infinity 1e999.
local select_runs = require "semiluna.analysis.select"
local tables = require "semiluna.exchange.tables"
local text = require "semiluna.exchange.text"
local json = text.json

local writer = { version = 1 }

local function point_line(row)
  return "[" .. json(row.step) .. ", " .. json(row.value) .. ", " .. json(row.time) .. "]"
end

local function row_line(row, columns)
  local parts = {}
  for i, column in ipairs(columns) do parts[i] = json(row[column.name]) end
  return "[" .. table.concat(parts, ", ") .. "]"
end

local names_query = [[SELECT n.id, n.name FROM metric_name n
  WHERE EXISTS(SELECT 1 FROM metric_value v WHERE v.run = ? AND v.name_id = n.id) ORDER BY n.name]]
local points_query = "SELECT step, value, time FROM metric_value WHERE run = ? AND name_id = ? ORDER BY step"

-- The metrics of a run by name, whatever order the file knows them in: {id, name}.
function writer.metrics(db, run)
  return db:query(names_query, run)
end

-- The rows of a query as a list, a line for each.
local function write_each(out, db, sql, line, ...)
  out:write "["
  local before = "\n"
  for row in db:each(sql, ...) do
    out:write(before .. line(row))
    before = ",\n"
  end
  out:write(before == "\n" and "]" or "\n]")
end

local function write_metrics(out, db, run)
  out:write ',\n"metrics": ['
  local before = "\n"
  for _, metric in ipairs(writer.metrics(db, run)) do
    out:write(before .. '{"name": ' .. json(metric.name) .. ', "points": ')
    write_each(out, db, points_query, point_line, run, metric.id)
    out:write "}"
    before = ",\n"
  end
  out:write(before == "\n" and "]" or "\n]")
end

local function write_run(out, db, id)
  local row = db:query([[SELECT r.*, e.name AS experiment_name, e.created AS experiment_created
    FROM run r JOIN experiment e ON e.id = r.experiment WHERE r.id = ?]], id)[1]
  out:write('{"uuid": ' .. json(row.uuid) .. ', "experiment": ' .. json(row.experiment_name) .. ', "experiment_created": ' ..
    json(row.experiment_created) .. ',\n"run": {')
  for i, column in ipairs(tables.run) do
    out:write((i == 1 and "" or ", ") .. '"' .. column.name .. '": ' .. json(row[column.name]))
  end
  out:write "}"
  for _, owned in ipairs(tables.owned) do
    out:write(',\n"' .. (owned.key or owned.name) .. '": ')
    write_each(out, db, owned.read, function(values) return row_line(values, owned.columns) end, id)
  end
  write_metrics(out, db, id)
  out:write "}"
end

local splits_query = [[SELECT sha256, text FROM split WHERE sha256 IN
  (SELECT s.sha256 FROM run_split s WHERE s.run IN (SELECT value FROM json_each(?))) ORDER BY sha256]]

-- The runs with these ids, in this order.
function writer.write(out, db, ids)
  out:write('{"semiluna": "runs", "version": ' .. writer.version .. ',\n"splits": ')
  write_each(out, db, splits_query, function(row) return "[" .. json(row.sha256) .. ", " .. json(row.text) .. "]" end,
    select_runs.json_list(ids))
  out:write ',\n"runs": ['
  for i, id in ipairs(ids) do
    out:write(i == 1 and "\n" or ",\n")
    write_run(out, db, id)
  end
  out:write(#ids == 0 and "]}\n" or "\n]}\n")
end

return writer

-- Reads the wide table of wide.lua: runs with their options and the values that they ended with. The steps between are not in it: last
-- values stand under the run's last step, mean IoU under those of the last and of the best evaluation.
local wide = require "semiluna.exchange.wide"

-- What an import of the table does not bring, in words.
local lacks = "the values of the last and the best evaluation alone, and no script, confusion matrices, histograms, pictures, curves, data lists, " ..
  "environment, checkpoints, events, tags or notes, and only the options that it has columns for"

local states = { dead = "stopped", running = "stopped", paused = "stopped" } -- nobody trains what was imported

-- Where the columns of each kind stand: options between `duration` and `split`, metrics behind `best_miou_authors`, classes last.
local function columns_of(reader, names)
  local place = {}
  for i, name in ipairs(names) do
    if place[name] then reader.scan:fail('the column "%s" is there twice', name) end
    place[name] = i
  end
  local first, last = #wide.before, place[wide.measured[#wide.measured]]
  for i, name in ipairs(wide.measured) do
    if not last or place[name] ~= last - #wide.measured + i then reader.scan:fail('not a wide table of `semiluna export`: "%s" is not in its place', name) end
  end
  local columns = { options = {}, metrics = {}, classes = {} }
  for i = first + 1, last - #wide.measured do columns.options[#columns.options + 1] = { i, (names[i]:gsub("^option%.", "")) } end
  for i = last + 1, #names do
    local class, best = names[i]:match "^iou%.(.*)$", names[i]:find "^best%."
    if class then columns.classes[#columns.classes + 1] = { i, class } end
    if not class and not best then columns.metrics[#columns.metrics + 1] = { i, (names[i]:gsub("^last%.", "")) } end
  end
  return columns, place
end

-- The text of a local time as seconds since 1970.
local function seconds(reader, text)
  local row = text and reader.scratch.db:query("SELECT CAST(strftime('%s', ?, 'utc') AS REAL) AS seconds", text)[1]
  if not (row and row.seconds) then reader.scan:fail("started: %s is not a time", text and ('"%s"'):format(text:sub(1, 40)) or "nothing") end
  return row.seconds
end

local param_insert = "INSERT INTO param(run, name, type, value) VALUES(?, ?, 'text', ?)"
local class_insert = "INSERT INTO class_iou(run, split, step, class_index, class_name, iou) VALUES(?, ?, ?, ?, ?, ?)"

local function read_run(reader, fields, columns, place)
  local scratch = reader.scratch
  local function field(name) return fields[place[name]] end
  local function whole(name) return field(name) and reader:whole(field(name), name) end
  local start, step, id = seconds(reader, field "started"), reader:whole(field "step", "step"), scratch:new_run()
  scratch:run(id, field "run", field "experiment", start, {
    name = field "name", method = field "method", state = states[field "state"] or field "state", step = step, steps = whole "steps",
    seed = whole "seed", start_time = start, session_time = start, heartbeat = start,
    end_time = start + (field "duration" and reader:real(field "duration", "duration") or 0), seconds_before = 0, resumes = 0,
  })
  for _, name in ipairs { "name", "variant", "method", "seed" } do
    if field(name) then scratch:execute(param_insert, id, name, field(name)) end
  end
  for _, column in ipairs(columns.options) do
    if fields[column[1]] then scratch:execute(param_insert, id, column[2], fields[column[1]]) end
  end
  for _, column in ipairs(columns.metrics) do
    if fields[column[1]] then scratch:point(id, scratch:metric(column[2]), step, reader:real(fields[column[1]], column[2]), start) end
  end

  local last, best = whole "miou_step", whole "best_step"
  local function mean(name, at, column)
    if at and field(column) then scratch:point(id, scratch:metric(name), at, reader:real(field(column), column), start) end
  end
  if best and best ~= last then
    mean("miou", best, "best_miou")
    mean("miou_authors", best, "best_miou_authors")
  end
  mean("miou", last, "miou")
  mean("miou_authors", last, "miou_authors")
  for index, column in ipairs(last and columns.classes or {}) do
    local text = fields[column[1]]
    scratch:execute(class_insert, id, field "split" or "", last, index - 1, column[2], text and reader:real(text, "iou") or nil)
  end
end

-- `reader` is that of long_read.lua, behind the first line, whose names are `names`. Returns what such a table lacks.
return function(reader, names)
  local columns, place = columns_of(reader, names)
  while true do
    reader.scan:need(1)
    if reader.scan.at > #reader.scan.buffer then return lacks end
    read_run(reader, reader:fields(#names, true), columns, place)
    reader:next_line()
  end
end

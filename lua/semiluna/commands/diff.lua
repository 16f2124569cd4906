-- `semiluna diff`: why two runs differ, from what the database knows of them. No script is run.
local core = require "semiluna.core"
local difference = require "semiluna.analysis.difference"
local drawing = require "semiluna.draw.table"
local launch = require "semiluna.launch"
local parting = require "semiluna.analysis.parting"
local text = require "semiluna.exchange.text"
local textdiff = require "semiluna.analysis.textdiff"
local usage = require "semiluna.usage"

local longest, most_lines, most_ids = 40, 120, 5

-- ---- what there is to say -----------------------------------------------------------------------------------------------------------------

-- {a, b, list, shared, alone, first, result_a, result_b, lines}: `first` is the metric that parts first and is no schedule.
local function study(db, id_a, id_b)
  local a, b = difference.load(db, id_a), difference.load(db, id_b)
  local shared, alone = parting.metrics(db, id_a, id_b)
  local made = { a = a, b = b, shared = shared, alone = alone }
  for _, metric in ipairs(shared) do
    if metric.first and not metric.schedule then
      made.first = metric
      break
    end
  end
  made.list = difference.list(db, a, b, made.first and made.first.first.step)
  made.result_a, made.result_b = parting.results(db, id_a, id_b)
  made.lines = textdiff.unified(a.script_text or "", b.script_text or "")
  return made
end

local function plain(value)
  return (tostring(value):gsub("[%c\127]", " "))
end

-- A value for people: short, in one line.
local function shown(value)
  if value == nil then return "-" end
  if value == "" then return '""' end
  local line = plain(value)
  if (utf8.len(line) or #line) <= longest then return line end
  return line:sub(1, (utf8.offset(line, longest) or longest) - 1) .. "…"
end

-- Two values for people; of long ones that begin alike, from shortly before where they part.
local function shown_pair(a, b)
  local x, y = a ~= nil and plain(a) or "", b ~= nil and plain(b) or ""
  if math.max(utf8.len(x) or #x, utf8.len(y) or #y) <= longest then return shown(a), shown(b) end
  local alike = 0
  while alike < math.min(#x, #y) and x:byte(alike + 1) == y:byte(alike + 1) do alike = alike + 1 end
  local from = alike - longest // 3
  while from > 1 and (x:byte(from) or 0) & 0xC0 == 0x80 do from = from - 1 end -- at the beginning of a character
  if from <= 2 then return shown(a), shown(b) end
  return shown("…" .. x:sub(from)), shown("…" .. y:sub(from))
end

local function called(run)
  return ("run %d (%s)"):format(run.id, shown(run.name))
end

local function name_of(item)
  return item.group == "data" and "split " .. plain(item.name) or plain(item.name)
end

local function number(value)
  if value == nil then return "nan" end
  return type(value) == "number" and ("%.6g"):format(value) or shown(value)
end

-- Two numbers with as many digits as tell them apart, at least six.
local function pair(a, b)
  if type(a) ~= "number" or type(b) ~= "number" or a == b then return number(a), number(b) end
  for digits = 6, 16 do
    local form = "%." .. digits .. "g"
    if form:format(a) ~= form:format(b) then return form:format(a), form:format(b) end
  end
  return ("%.17g"):format(a), ("%.17g"):format(b)
end

-- "method.threshold (0.2, 0.5); seed (1, 2)": the differences of a level. Options of a method, say, that one of the runs does not
-- have go with the method.
local function listed(list, level)
  local parts, kinds = {}, {}
  for _, item in ipairs(list) do
    if item.group == "option" then kinds[item.name] = true end
  end
  for _, item in ipairs(list) do
    local goes_along = item.group == "option" and kinds[item.name:match "^[^.]+%f[.]"] and (item.a == nil or item.b == nil)
    if item.level == level and not goes_along then
      parts[#parts + 1] = item.group == "script" and name_of(item) or ("%s (%s, %s)"):format(name_of(item), shown_pair(item.a, item.b))
    end
  end
  return #parts > 0 and table.concat(parts, "; ") or nil
end

-- How many values both have, of how many metrics.
local function compared(made)
  local values, metrics = 0, 0
  for _, metric in ipairs(made.shared) do
    values = values + metric.common
    if metric.common > 0 then metrics = metrics + 1 end
  end
  return values, metrics
end

local function parting_words(made)
  if made.first then
    local first = made.first.first
    return ("they part at step %d: %s is %s and %s"):format(first.step, plain(made.first.name), pair(first.a, first.b))
  end
  local values, metrics = compared(made)
  if values == 0 then return "there is no step at which both logged the same metric" end
  return ("what they logged is the same to the last bit: %d values of %d metrics"):format(values, metrics)
end

local function not_recorded(made)
  local missing = {}
  for _, side in ipairs { "a", "b" } do
    local run = made[side]
    if not run.library_hash then missing[#missing + 1] = ("%s has no hashes of its script and library"):format(called(run)) end
    if not run.script_text then missing[#missing + 1] = ("%s has no script"):format(called(run)) end
  end
  return missing
end

-- The first lines: what it comes down to.
local function summary(made)
  local result, digits = listed(made.list, "result"), listed(made.list, "digits")
  local lines = { ("%s and %s"):format(called(made.a), called(made.b)) }
  if result then
    lines[#lines + 1] = "they differ in: " .. result
  else
    lines[#lines + 1] = "same options, script, data, code and seed, as far as they " ..
      (#not_recorded(made) == 0 and "decide the result" or "are recorded")
  end
  if digits then lines[#lines + 1] = "and in what can change the last digits: " .. digits end
  local where = parting_words(made)
  if made.first and not result then
    where = where .. (digits and ": suspect " .. digits or "; nothing that was recorded explains it: suspect the processor, or a bug")
  end
  lines[#lines + 1] = where
  if not (result or digits or made.first) then lines[2] = "nothing that was recorded and counts differs" end
  return lines
end

local function fork_notes(made)
  local notes, a, b = {}, made.a, made.b
  for _, pair in ipairs { { a, b }, { b, a } } do
    local run, other = pair[1], pair[2]
    if run.parent and run.parent == other.uuid then
      notes[#notes + 1] = ("%s went on from %s at step %d: up to there it holds a copy of its values"):format(called(run), called(other),
        run.fork_step)
    end
  end
  if a.parent and a.parent == b.parent then
    notes[#notes + 1] = ("both went on from run %s, at the steps %d and %d"):format(a.parent:sub(1, 8), a.fork_step, b.fork_step)
  end
  return notes
end

-- ---- tables -------------------------------------------------------------------------------------------------------------------------------

local explains = { result = "the result", digits = "last digits", nothing = "nothing" }

-- Steps are logged under the number of steps done: what acts from step 400 on shows in the row of step 401.
local function note_of(item, part)
  if item.from and item.from < math.huge then
    local late = part and item.from >= part
    return ("acts from step %d on%s"):format(item.from + 1, late and ": not where they part" or "")
  end
  return item.note or ""
end

local function difference_table(made)
  local columns = {
    { name = "level", title = "can explain", align = "left" }, { name = "name", title = "what", align = "left" },
    { name = "a", title = "run " .. made.a.id, align = "left" }, { name = "b", title = "run " .. made.b.id, align = "left" },
    { name = "note", title = "", align = "left" },
  }
  local rows = {}
  for i, item in ipairs(made.list) do
    local a, b = shown_pair(item.a, item.b)
    rows[i] = { level = explains[item.level], name = name_of(item), a = a, b = b,
      note = note_of(item, made.first and made.first.first.step) }
  end
  return columns, rows
end

local function metric_table(made)
  local columns = {
    { name = "name", title = "metric", align = "left" }, { name = "step", title = "differs from step", align = "right" },
    { name = "a", title = "run " .. made.a.id, align = "right" }, { name = "b", title = "run " .. made.b.id, align = "right" },
    { name = "far", title = "by more than 1 %", align = "right" }, { name = "far_a", title = "run " .. made.a.id, align = "right" },
    { name = "far_b", title = "run " .. made.b.id, align = "right" },
  }
  local rows, same = {}, {}
  for _, metric in ipairs(made.shared) do
    local first, far = metric.first, metric.far
    if first then
      local row = { name = metric.name, step = first.step, far = far and far.step }
      row.a, row.b = pair(first.a, first.b)
      if far then row.far_a, row.far_b = pair(far.a, far.b) end
      rows[#rows + 1] = row
    elseif metric.common > 0 then
      same[#same + 1] = plain(metric.name)
    end
  end
  local notes = {}
  if #same > 0 then notes[1] = "the same at every step: " .. table.concat(same, ", ") end
  for _, side in ipairs { "a", "b" } do
    local names = {}
    for _, metric in ipairs(made.alone) do
      if metric.side == side then names[#names + 1] = plain(metric.name) end
    end
    if #names > 0 then notes[#notes + 1] = ("only %s has %s"):format(called(made[side]), table.concat(names, ", ")) end
  end
  return columns, rows, notes
end

local function seconds(value)
  return value and ("%d:%02d"):format(value // 60, math.floor(value % 60))
end

local function result_table(made)
  local a, b, rows = made.result_a, made.result_b, {}
  local columns = {
    { name = "name", title = "result", align = "left" }, { name = "a", title = "run " .. made.a.id, align = "right" },
    { name = "b", title = "run " .. made.b.id, align = "right" }, { name = "change", title = "change", align = "right" },
  }
  local function add(name, x, y, form, change)
    if x == nil and y == nil then return end
    local moved = ""
    if type(x) == "number" and type(y) == "number" and x ~= y then
      moved = ((y > x and "+" or "") .. (change or form)(y - x)):gsub("^[-+](0%.?0*)$", "%1") -- too little to be seen
    end
    rows[#rows + 1] = { name = name, a = x ~= nil and form(x) or "-", b = y ~= nil and form(y) or "-", change = moved }
  end
  local function percent(value) return ("%.1f"):format(100 * value) end
  local function rough(value) return ("%.3g"):format(value) end
  add("state", a.state, b.state, shown)
  add("step", a.step, b.step, number)
  add("error", a.error, b.error, shown)
  add("mIoU %", a.miou, b.miou, percent)
  add("best mIoU %", a.best_miou, b.best_miou, percent)
  local by_index = {}
  for _, class in ipairs(b.classes) do by_index[class.class_index] = class.iou end
  for _, class in ipairs(a.classes) do
    add("  " .. plain(class.class_name or class.class_index), class.iou, by_index[class.class_index], percent)
  end
  for _, metric in ipairs(made.shared) do
    if not metric.schedule and not metric.name:find "miou" then
      add(plain(metric.name), a.last[metric.name], b.last[metric.name], number, rough)
    end
  end
  for _, side in ipairs { a, b } do side.time = seconds(side.duration) end
  add("time", a.time, b.time, shown)
  return columns, rows
end

-- ---- for people ---------------------------------------------------------------------------------------------------------------------------

local function first_ids(ids)
  local parts = table.move(ids, 1, math.min(#ids, most_ids), 1, {})
  for i, id in ipairs(parts) do parts[i] = plain(id) end
  if #ids > most_ids then parts[#parts + 1] = ("and %d more"):format(#ids - most_ids) end
  return table.concat(parts, ", ")
end

-- Which images a split's difference is about.
local function data_lines(made)
  local lines = {}
  for _, item in ipairs(made.list) do
    local found = item.found
    for _, kind in ipairs { { "only_a", "only in " .. called(made.a) }, { "only_b", "only in " .. called(made.b) },
      { "images", "image of other bytes" }, { "labels", "label of other bytes" } } do
      local ids = found and found[kind[1]]
      if ids and #ids > 0 then lines[#lines + 1] = ("%s, %s: %s"):format(name_of(item), kind[2], first_ids(ids)) end
    end
  end
  return lines
end

local function script_text(made, format)
  if #made.lines == 0 then return "" end
  local lines = { "--- " .. called(made.a), "+++ " .. called(made.b) }
  for i, line in ipairs(made.lines) do
    if i > most_lines then
      lines[#lines + 1] = ("(%d lines more: --format json has all of them)"):format(#made.lines - most_lines)
      break
    end
    lines[#lines + 1] = (line:gsub("[%c\127]", function(char) return char == "\t" and char or " " end))
  end
  if format == "markdown" then return "```diff\n" .. table.concat(lines, "\n") .. "\n```" end
  return table.concat(lines, "\n")
end

local function for_people(made, format)
  local blocks = {}
  local function block(content)
    if content ~= "" then blocks[#blocks + 1] = content end
  end
  local function table_block(columns, rows, notes)
    if #rows > 0 then
      block(drawing.table_text(columns, rows, format, { notes = notes }))
    elseif notes and #notes > 0 then
      block(table.concat(notes, "\n"))
    end
  end
  local lines = summary(made)
  for _, list in ipairs { fork_notes(made), not_recorded(made) } do table.move(list, 1, #list, #lines + 1, lines) end
  block(table.concat(lines, format == "markdown" and "  \n" or "\n"))
  table_block(difference_table(made))
  block(table.concat(data_lines(made), "\n"))
  block(script_text(made, format))
  table_block(metric_table(made))
  table_block(result_table(made))
  return table.concat(blocks, "\n\n")
end

-- ---- for programs -------------------------------------------------------------------------------------------------------------------------

-- JSON of a list, of {object = {{key, value}, ...}}, or of a simple value.
local function encode(value, indent)
  if type(value) == "boolean" then return tostring(value) end
  if type(value) ~= "table" then return text.json(value) end
  local inner, parts = indent .. "  ", {}
  for i, item in ipairs(value.object or value) do
    parts[i] = inner .. (value.object and text.json(item[1]) .. ": " .. encode(item[2], inner) or encode(item, inner))
  end
  local open, close = value.object and "{" or "[", value.object and "}" or "]"
  if #parts == 0 then return open .. close end
  return open .. "\n" .. table.concat(parts, ",\n") .. "\n" .. indent .. close
end

local function object(...)
  return { object = { ... } }
end

local function at_json(at)
  return at and object({ "step", at.step }, { "a", at.a }, { "b", at.b })
end

local function for_programs(made)
  local function run(side)
    local row, result = made[side], made["result_" .. side]
    return object({ "id", row.id }, { "uuid", row.uuid }, { "name", row.name }, { "state", result.state }, { "step", result.step },
      { "miou", result.miou }, { "best_miou", result.best_miou }, { "duration", result.duration })
  end
  local list, metrics, alone = {}, {}, {}
  for i, item in ipairs(made.list) do
    local members = { { "group", item.group }, { "name", item.name }, { "a", item.a }, { "b", item.b }, { "explains", item.level },
      { "note", item.note }, { "acts_from", item.from and item.from < math.huge and item.from + 1 or nil } }
    for _, key in ipairs { "only_a", "only_b", "images", "labels" } do
      if item.found then members[#members + 1] = { key, item.found[key] } end
    end
    list[i] = { object = members }
  end
  for i, metric in ipairs(made.shared) do
    metrics[i] = object({ "name", metric.name }, { "schedule", metric.schedule }, { "common", metric.common },
      { "first", at_json(metric.first) }, { "far", at_json(metric.far) }, { "last_a", made.result_a.last[metric.name] },
      { "last_b", made.result_b.last[metric.name] })
  end
  for i, metric in ipairs(made.alone) do alone[i] = object({ "name", metric.name }, { "run", metric.side }) end
  return encode(object({ "a", run "a" }, { "b", run "b" }, { "summary", summary(made) }, { "differences", list },
    { "script_diff", made.lines }, { "metrics", metrics }, { "only_one_has", alone }), "")
end

local diff = {}

-- Why the runs arguments.a and arguments.b differ, as a text.
function diff.text(arguments)
  local db <close> = core.db(launch.database(arguments), "read")
  db:execute "BEGIN"                                       -- both as of one moment
  local a, b = db:run_find(arguments.a), db:run_find(arguments.b)
  if a == b then usage('"%s" and "%s" are the same run, %d', plain(arguments.a), plain(arguments.b), a) end
  local made = study(db, a, b)
  return arguments.format == "json" and for_programs(made) or for_people(made, arguments.format)
end

return diff

-- `semiluna plan`: every cell of a script before anything runs.
local core = require "semiluna.core"
local cost = require "semiluna.plan.cost"
local curves = require "semiluna.plan.curves"
local drawing = require "semiluna.draw.table"
local fork = require "semiluna.plan.fork"
local launch = require "semiluna.launch"
local only = require "semiluna.plan.only"
local plans = require "semiluna.plan.plan"
local schedule = require "semiluna.schedule"
local spark = require "semiluna.draw.spark"
local state = require "semiluna.plan.state"
local timing = require "semiluna.timing"
local words = require "semiluna.draw.words"
local plural, thousands = words.count, words.thousands

local spark_width = 16

-- ---- the first line -------------------------------------------------------------------------------------------------------------

local function states_text(cells)
  local counts, parts = state.count(cells), { ("%d done"):format(0) }
  parts[1] = ("%d done"):format(counts.done or 0)
  for _, name in ipairs { "running", "waiting", "stopped", "pruned", "failed", "diverged" } do
    if counts[name] then parts[#parts + 1] = ("%d %s"):format(counts[name], name) end
  end
  return table.concat(parts, ", ")
end

-- How warm-ups are shared, in words; nil where none is.
local function shared_text(forks)
  if forks.saved == 0 then return nil end
  local saved = ("%s of %s steps saved"):format(thousands(forks.saved), thousands(forks.total))
  local first, same, longest = forks.groups[1], true, 0
  for _, group in ipairs(forks.groups) do
    same = same and group.start == 0 and group.step == first.step and group.cells == first.cells
    longest = math.max(longest, group.step)
  end
  if same then
    return ("the first %s steps are shared by %d cells each: %s"):format(thousands(first.step), first.cells, saved)
  end
  return ("up to %s steps are shared by cells that begin alike: %s"):format(thousands(longest), saved)
end

local function summary(cells, seconds, workers)
  local parts = { ("%s, %s"):format(plural(#cells, "cell"), states_text(cells)) }
  parts[#parts + 1] = shared_text(fork.sharing(cells))
  if seconds and seconds > 0 then
    parts[#parts + 1] = "about " .. timing.text(seconds) .. (workers > 1 and (" with %d workers"):format(workers) or "")
  end
  return table.concat(parts, "; ")
end

-- ---- the table ------------------------------------------------------------------------------------------------------------------

local function option_of(cell, name)
  for _, option in ipairs(cell.item.list) do
    if option.name == name then return option end
  end
end

-- Schedules that are no number in some cell and differ between cells: their curves stand in the table; those that all cells share
-- stand below.
local function schedules_of(cells)
  local varying, shared, seen = {}, {}, {}
  for _, cell in ipairs(cells) do
    for _, option in ipairs(cell.item.list) do
      if option.type == "schedule" and option.set then
        local known = seen[option.name]
        if not known then
          known = { name = option.name, text = option.text, cell = cell, cells = 0 }
          seen[option.name] = known
          shared[#shared + 1] = known
        end
        known.cells = known.cells + 1
        known.differs = known.differs or known.text ~= option.text
        known.moves = known.moves or type(option.value) ~= "number"
      end
    end
  end
  local same = {}
  for _, one in ipairs(shared) do table.insert(one.differs and varying or same, one) end
  return varying, same
end

local function spark_of(cell, name)
  local option = option_of(cell, name)
  if not option or not option.set then return nil end
  return spark(curves.values(cell.item.resolved, name, spark_width), spark_width)
end

local function time_text(cell)
  if cell.state == "done" or cell.state == "pruned" then return "" end
  return cell.seconds and timing.text(cell.seconds) or "?"
end

local function rows_of(plan, cells, varying)
  local columns = { { name = "number", title = "#", kind = "number" }, { name = "hash", title = "hash" } }
  local in_table = {}
  for _, name in ipairs(plan.shown) do in_table[name] = true end
  for i, name in ipairs(plan.columns) do
    columns[#columns + 1] = { name = name, title = plan.titles[i], only = not in_table[name] and "programs" or nil }
  end
  for _, one in ipairs(varying) do
    if one.moves then
      columns[#columns + 1] = { name = one.name .. " curve", title = one.name:match "[^.]+$" .. " curve", only = "people" }
    end
  end
  for _, column in ipairs {
    { name = "state" }, { name = "run", kind = "number", only = "programs" }, { name = "options_hash", only = "programs" },
    { name = "steps", kind = "number", only = "programs" }, { name = "first_step", kind = "number", only = "programs" },
    { name = "seconds", kind = "number", title = "time" },
  } do
    columns[#columns + 1] = column
  end
  local rows = {}
  for i, cell in ipairs(cells) do
    local row = {
      number = cell.number, hash = { value = cell.hash, text = cell.hash:sub(1, 6) }, state = cell.state, run = cell.run,
      options_hash = cell.options_hash, steps = cell.item.resolved.steps, first_step = cell.first,
      seconds = { value = cell.seconds, text = time_text(cell) },
    }
    for _, name in ipairs(plan.columns) do
      local text = cell.values[name]
      row[name] = text and { value = tonumber(text) or text, text = cell.shown[name] } or nil
    end
    for _, one in ipairs(varying) do
      if one.moves then row[one.name .. " curve"] = spark_of(cell, one.name) or "-" end
    end
    rows[i] = row
  end
  return columns, rows
end

-- ---- below the table ------------------------------------------------------------------------------------------------------------

local function short(number)
  return ("%.4g"):format(number)
end

-- What the variants stand for, where that is no column of its own: all of the first, and how the others differ from it.
local function variant_lines(plan, cells)
  local hidden, in_table, lines, seen, widest, first = {}, {}, {}, {}, 0, nil
  for _, name in ipairs(plan.shown) do in_table[name] = true end
  for i, name in ipairs(plan.columns) do
    if not in_table[name] then hidden[#hidden + 1] = { name, plan.titles[i] } end
  end
  if #hidden == 0 then return lines end
  local head = in_table.variant and "variant" or "name"
  for _, cell in ipairs(cells) do
    local variant = cell.values[head] or "-"
    if not seen[variant] then
      seen[variant] = cell
      seen[#seen + 1] = variant
      widest, first = math.max(widest, #variant), first or cell
    end
  end
  for _, variant in ipairs(seen) do
    local cell, parts = seen[variant], {}
    for _, column in ipairs(hidden) do
      local text = cell.shown[column[1]]
      if text and (cell == first or text ~= first.shown[column[1]]) then parts[#parts + 1] = column[2] .. " " .. text end
    end
    lines[#lines + 1] = variant .. (" "):rep(widest - #variant) .. "  " .. (#parts > 0 and table.concat(parts, ", ") or "the same")
  end
  return lines
end

local function schedule_lines(same, total)
  local lines, still, widest = {}, {}, 0
  for _, one in ipairs(same) do
    if one.moves then widest = math.max(widest, #one.name) end
  end
  for _, one in ipairs(same) do
    if one.moves then
      local values = curves.values(one.cell.item.resolved, one.name, 2)
      lines[#lines + 1] = ("%s  %s  %s to %s  %s"):format(one.name .. (" "):rep(widest - #one.name), spark_of(one.cell, one.name),
        short(values[1]), short(values[2]), one.text)
    else
      still[#still + 1] = one.name .. " " .. one.text .. (one.cells < total and (" (%s)"):format(plural(one.cells, "cell")) or "")
    end
  end
  if #still > 0 then lines[#lines + 1] = "constant: " .. table.concat(still, ", ") end
  return lines
end

local function earlier_text(cells)
  local count = 0
  for _, cell in ipairs(cells) do count = count + (cell.earlier and 1 or 0) end
  if count == 0 then return nil end
  return ("%s trained with an earlier text of the script, of the library or of a split list; their runs do not count"):format(
    count == 1 and "1 cell was" or thousands(count) .. " cells were")
end

local function notes_of(plan, cells, estimate)
  local notes = {}
  notes[#notes + 1] = plans.dropped_text(plan)
  notes[#notes + 1] = earlier_text(cells)
  for _, problem in ipairs(estimate.problems) do
    notes[#notes + 1] = ("no time for cells such as %d: %s"):format(problem.cell.number, problem.message)
  end
  return notes
end

-- ---- curves ---------------------------------------------------------------------------------------------------------------------

-- The different curves of one option over the cells: a list of {name, points, style}.
local function series_of(cells, name)
  local series, seen = {}, {}
  for _, cell in ipairs(cells) do
    for _, curve in ipairs(cell.curves) do
      local option = curve.name == name and option_of(cell, name)
      local key = option and option.text .. "\n" .. cell.item.resolved.steps
      if option and not seen[key] then
        seen[key] = true
        series[#series + 1] = { name = schedule.text(option.value), points = curve.points }
      end
    end
  end
  return series
end

-- Every weight, threshold and learning rate as declared, over the steps.
local function draw_curves(cells, varying, same)
  local braille = require "semiluna.draw.braille"
  for _, cell in ipairs(cells) do cell.curves = curves.of(cell.item.resolved) end
  for _, list in ipairs { varying, same } do
    for _, one in ipairs(list) do
      local series = series_of(cells, one.name)
      local flat = #series == 1 and not one.moves
      io.stdout:write("\n", braille.curves {
        series = series, title = one.name .. ", as declared", height = flat and 3 or 8, width = math.min(100, core.system.width()),
        x_label = "step",
      })
    end
  end
end

-- ---- the command ----------------------------------------------------------------------------------------------------------------

-- The database is read, never made: where there is none, nothing has been trained. One of an older version is brought up to date.
local function look(path, cells)
  if not core.system.exists(path) then
    state.none(cells)
    return nil
  end
  local ok, db = pcall(core.db, path, "write")
  if not ok then db = core.db(path, "read") end
  state.read(db, cells)
  return db
end

local function say(text)
  if core.system.isatty(2) then io.stderr:write("\r\27[K", text) end
end

return function(arguments)
  local database, workers = launch.database(arguments), math.tointeger(tonumber(arguments.workers or 1))
  local plan = plans.cells_of(arguments.script, launch.list(arguments.set))
  local cells = plan.cells
  local db <close> = look(database, cells)
  cells = only(cells, arguments.only)
  local varying, same = schedules_of(cells)
  if arguments.curves then
    print(("%s: %s, %s"):format(arguments.script, plural(#cells, "cell"), states_text(cells)))
    draw_curves(cells, varying, same)
    return 0
  end
  local estimate = cost.estimate(db, cells, function(cell)
    say(("timing ten steps such as those of cell %d ..."):format(cell.number))
  end)
  say ""
  local columns, rows = rows_of(plan, cells, varying)
  local people = (arguments.format or "table") == "table" or arguments.format == "markdown"
  local about = {}
  if people then
    about.caption = summary(cells, cost.total(cells, workers), workers)
    about.notes = notes_of(plan, cells, estimate)
  end
  print(drawing.table_text(columns, rows, arguments.format, about))
  if (arguments.format or "table") == "table" then
    for _, lines in ipairs { variant_lines(plan, cells), schedule_lines(same, #cells) } do
      if #lines > 0 then print("\n" .. table.concat(lines, "\n")) end
    end
  end
  return 0
end

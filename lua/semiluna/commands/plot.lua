-- `semiluna plot`: pictures of runs, in the terminal or, by gnuplot, as files.
local core = require "semiluna.core"
local gnuplot = require "semiluna.draw.gnuplot"
local launch = require "semiluna.launch"
local make_script = require "semiluna.draw.script"
local picture = require "semiluna.draw.picture"
local select_runs = require "semiluna.analysis.select"
local terminal = require "semiluna.draw.terminal"
local text = require "semiluna.draw.text"
local usage = require "semiluna.usage"

-- ---- arguments ----------------------------------------------------------------------------------------------------------------------

-- The parts of "a,b" of one or more options.
local function parts_of(value)
  local parts = {}
  for _, one in ipairs(launch.list(value)) do
    for part in one:gmatch "[^,]+" do parts[#parts + 1] = part:match "^%s*(.-)%s*$" end
  end
  return parts
end

local function at_of(value)
  if value == nil or value == "last" or value == "best" then return value or "last" end
  local step = math.tointeger(tonumber(value))
  if not step or step < 0 then usage('--at "%s" is neither last nor best nor a step', value) end
  return step
end

local function size_of(value, kind, made)
  if value then
    local width, height = value:match "^(%d+)x(%d+)$"
    width, height = tonumber(width), tonumber(height)
    if not width or width < 100 or height < 100 or width > 10000 or height > 10000 then
      usage('--size "%s": WIDTHxHEIGHT in pixels, from 100x100 to 10000x10000, such as 840x560', value)
    end
    return width, height
  end
  local count = #made.panels
  if kind == "confusion" then return 960, 880 end
  if kind == "classes" then return 1120, 560 end
  return 840, count == 1 and 560 or 380 * count + 60
end

local function smooth_of(value)
  local width = value and tonumber(value)
  if value and not (width and width > 1 and width < math.huge) then usage('--smooth "%s": a number of steps greater than 1', value) end
  return width and math.ceil(width)
end

-- ---- runs -----------------------------------------------------------------------------------------------------------------------------

local function keep(rows, state)
  local kept = {}
  for _, row in ipairs(rows) do
    if row.state == state then kept[#kept + 1] = row end
  end
  return kept
end

-- The runs that are meant. Unless a state is asked for: of a script's cells those that are done, of others too where any is; else all.
local function choose(db, arguments)
  local options = { settings = launch.list(arguments.set), any_version = arguments.any_version ~= nil, all_cells = true }
  local state = arguments.state
  if state == "any" then
    state = nil
  elseif state or arguments.what:match "%.lua$" then
    options.state = state or "done"
  end
  local rows, notes = select_runs.runs(db, arguments.what, options)
  if not arguments.state and not options.state then
    local done = keep(rows, "done")
    if #done > 0 and #done < #rows then
      notes[#notes + 1] = ("%d of %d runs are not done and left out (--state any takes them)"):format(#rows - #done, #rows)
      rows = done
    end
  end
  return rows, notes
end

-- ---- files ----------------------------------------------------------------------------------------------------------------------------

local function write_file(path, content)
  local file, message = io.open(path, "wb")
  if not file then error(message, 0) end
  local written, why = file:write(content)
  local closed, later = file:close()
  if not (written and closed) then error(("%s: %s"):format(path, why or later), 0) end
end

-- Draws beside the file and then puts the picture in its place, so that one that was there stays where drawing fails.
local function draw_file(made, page, path)
  local partial = path .. ".part"
  local file, why = io.open(partial, "wb")
  if not file then error(path .. ": " .. why:gsub("^.*: ", ""), 0) end
  file:close()
  local ok, message = pcall(gnuplot.run, make_script(made, page, partial))
  file = ok and io.open(partial, "rb")
  local size = file and file:seek "end" or 0
  if file then file:close() end
  if ok and size == 0 then ok, message = false, path .. ": gnuplot wrote nothing" end
  if ok then
    ok, why = os.rename(partial, path)
    message = ("%s: %s"):format(path, why)
  end
  if not ok then
    os.remove(partial)
    error(message, 0)
  end
end

local function kind_of(path)
  local kind = gnuplot.kind(path)
  if not kind then usage('-o "%s": the name has to end in .png, .svg or .pdf', terminal.clean(path)) end
  return kind
end

local function write_files(arguments, made)
  local output = arguments.output or arguments.script:gsub("%.[^./]*$", "") .. ".png"
  local width, height = size_of(arguments.size, arguments.kind, made)
  local page = gnuplot.page(kind_of(output), width, height, #made.panels)
  if arguments.script then write_file(arguments.script, make_script(made, page, output)) end
  if arguments.output then draw_file(made, page, output) end
  for _, path in ipairs(arguments.output and { arguments.output, arguments.script } or { arguments.script }) do
    io.stdout:write("wrote ", terminal.clean(path), "\n")
  end
  if made.caption then io.stdout:write(terminal.clean(made.caption), "\n") end
end

return function(arguments)
  local metrics, by = parts_of(arguments.metric or "miou"), parts_of(arguments.by)
  if #metrics == 0 then usage("--metric needs the name of a metric, such as miou") end
  local about = {
    split = arguments.split or "val", convention = arguments.convention or "standard", ignore = parts_of(arguments.ignore_class),
    at = at_of(arguments.at),
  }
  if arguments.output then kind_of(arguments.output) end
  arguments.kind = arguments.kind or "curve"
  local db <close> = core.db(launch.database(arguments), "read")
  local rows, notes = choose(db, arguments)
  local to_file = arguments.output or arguments.script
  local request = {
    rows = rows, kind = arguments.kind, metrics = metrics, by = arguments.by and by, about = about, smooth = smooth_of(arguments.smooth),
    log_y = arguments.log_y ~= nil, title = arguments.title, plain = not to_file, buckets = to_file and 1000 or 2 * terminal.width(), notes = notes,
  }
  local made = picture.make(db, request)
  if to_file then
    write_files(arguments, made)
  else
    io.stdout:write(text(made))
  end
  for _, note in ipairs(notes) do io.stdout:write(terminal.clean(note), "\n") end
  return 0
end

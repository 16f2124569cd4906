-- `semiluna export`: what runs have recorded, as a table or whole, for other programs and other machines.
local columns = require "semiluna.exchange.columns"
local core = require "semiluna.core"
local drawing = require "semiluna.draw.table"
local json_write = require "semiluna.exchange.json_write"
local launch = require "semiluna.launch"
local long_write = require "semiluna.exchange.long_write"
local output = require "semiluna.output"
local select_runs = require "semiluna.analysis.select"
local usage = require "semiluna.usage"
local wide = require "semiluna.exchange.wide"

local endings = { csv = "csv", json = "json", db = "sqlite", sqlite = "sqlite", sqlite3 = "sqlite" }

-- The format, which the file's ending tells where --format does not.
local function format_of(arguments)
  local format = arguments.format or endings[(arguments.output or ""):match "%.(%w+)$" or ""] or "csv"
  local whole = not arguments.wide and format ~= "csv"
  if format == "sqlite" and arguments.wide then usage "--wide is a table: it goes with --format csv or json" end
  if whole and (arguments.metric or arguments.options) then
    usage("--%s chooses what a table holds: it goes with --format csv or with --wide; %s holds all that a run has",
      arguments.metric and "metric" or "options", format)
  end
  if format == "sqlite" and not arguments.output then usage "--format sqlite needs a file: -o FILE" end
  return format
end

-- The runs that all of the arguments name together, each once, in the order of their ids.
local function runs_of(db, arguments)
  local rows, seen = {}, {}
  local options = { state = arguments.state, settings = launch.list(arguments.set), any_version = arguments.any_version }
  for _, what in ipairs(launch.list(arguments.what)) do
    local found, notes = select_runs.runs(db, what, options)
    for _, note in ipairs(notes) do io.stderr:write("semiluna: ", what, ": ", note, "\n") end
    for _, row in ipairs(found) do
      if not seen[row.id] then rows[#rows + 1] = row end
      seen[row.id] = true
    end
  end
  table.sort(rows, function(a, b) return a.id < b.id end)
  return rows
end

-- Replaces every `from` of the text, which is no pattern.
local function replaced(text, from, to)
  return (text:gsub(from:gsub("%p", "%%%0"), (to:gsub("%%", "%%%%"))))
end

-- A database of these runs alone, in one file that is as small as it can be.
local function write_database(path, source, rows)
  local partial, final = output.place(path)
  if partial == final then error(path .. ": not a plain file, so no database can be written to it", 0) end
  local made = partial .. ".db"
  local remove <close> = setmetatable({}, { __close = function()
    for _, ending in ipairs { "", "-wal", "-shm", "-journal" } do
      os.remove(made .. ending)
      os.remove(partial .. ending)
    end
  end })
  local uuids = {}
  for i, row in ipairs(rows) do uuids[i] = row.uuid end
  local ok, message = pcall(function()
    local db <close> = core.db(made, "write")
    db:copy_runs(source, uuids)
    db:execute("VACUUM INTO ?", partial)
  end)
  if not ok then error(replaced(replaced(tostring(message), made, path), partial, path), 0) end
  local renamed, reason = os.rename(partial, final)
  if not renamed then error(path .. ": cannot be written: " .. tostring(reason), 0) end
end

local function write(arguments, format, db, rows)
  if format == "sqlite" then return write_database(arguments.output, db:path(), rows) end
  local names, metrics
  if arguments.wide or format == "csv" then
    names, metrics = columns.options(rows, arguments.options), columns.metrics(db, arguments.metric)
  end
  local out <close> = output.open(arguments.output)
  if arguments.wide then
    local all, lines = wide.table(db, rows, names, metrics)
    out:write(drawing.table_text(all, lines, format) .. "\n")
  elseif format == "csv" then
    long_write.write(out, db, rows, names, metrics)
  else
    local ids = {}
    for i, row in ipairs(rows) do ids[i] = row.id end
    json_write.write(out, db, ids)
  end
  out:finish()
end

return function(arguments)
  local format = format_of(arguments)
  local db <close> = core.db(launch.database(arguments), "read")
  db:execute "BEGIN"                                       -- all of it as of one moment, whatever is recorded meanwhile
  local rows = runs_of(db, arguments)
  write(arguments, format, db, rows)
  if arguments.output then
    io.stderr:write(("Exported %d run%s to %s\n"):format(#rows, #rows == 1 and "" or "s", arguments.output))
  end
  return 0
end

-- A database of its own that a file's runs are read into first, so that one that turns out to be damaged has changed nothing. From there
-- they are copied like those of any other database.
local core = require "semiluna.core"
local tables = require "semiluna.exchange.tables"

local Scratch = {}
Scratch.__index = Scratch

-- `path` is where it lies until it is closed; `scan` (see scan.lua) says where the file is read now.
local function new(path, scan)
  local db = core.db(path, "write")
  db:execute "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF" -- rows come in any order, and nobody needs them after a crash
  db:execute "BEGIN"
  return setmetatable({ db = db, path = path, scan = scan, runs = 0, uuids = {}, experiments = {}, metrics = {}, points = { count = 0 } },
    Scratch)
end

-- Runs a statement; what it does not accept is the file's fault.
function Scratch:execute(sql, ...)
  local ok, message = pcall(self.db.execute, self.db, sql, ...)
  if ok then return end
  message = tostring(message):gsub("^.-" .. self.path:gsub("%p", "%%%0") .. ": ", "")
  if message:find("constraint failed", 1, true) then
    message = message:gsub("^UNIQUE constraint failed: ", "twice in the file: "):gsub("^CHECK constraint failed: .*", "a state that no run has")
    self.scan:fail("%s", message)
  end
  error(("%s: cannot be read into the database: %s"):format(self.scan.path, message), 0)
end

-- Ends with an error unless the values, by the columns' names or places, are what the columns hold.
function Scratch:check(columns, values, by_place, what)
  for i, column in ipairs(columns) do
    local ok, message = tables.fit(values[by_place and i or column.name], column)
    if not ok then self.scan:fail("%s: %s", what, message) end
  end
end

-- The number of a new run, whose row may follow later.
function Scratch:new_run()
  self.runs = self.runs + 1
  return self.runs
end

-- The row of run number `id`; `values` by the names of tables.run.
function Scratch:run(id, uuid, experiment, created, values)
  if not tables.is_uuid(uuid) then self.scan:fail "uuid: not the id of a run" end
  if self.uuids[uuid] then self.scan:fail("the run %s is there twice", uuid) end
  if type(experiment) ~= "string" then self.scan:fail("run %s: experiment has to be a text", uuid) end
  if type(created) ~= "number" then self.scan:fail("run %s: experiment_created has to be a number", uuid) end
  self:check(tables.run, values, false, "run " .. uuid)
  self.uuids[uuid] = id
  if not self.experiments[experiment] then
    self.experiments[experiment] = true
    self:execute("INSERT INTO experiment(name, created) VALUES(?, ?)", experiment, created)
  end
  self:execute("UPDATE experiment SET created = min(created, ?2) WHERE name = ?1", experiment, created)
  local names, marks, given = {}, {}, {}
  for i, column in ipairs(tables.run) do
    names[i], marks[i], given[i] = column.name, "?" .. i + 3, values[column.name]
  end
  self:execute(("INSERT INTO run(id, uuid, experiment, %s) VALUES(?1, ?2, (SELECT id FROM experiment WHERE name = ?3), %s)"):format(
    table.concat(names, ", "), table.concat(marks, ", ")), id, uuid, experiment, table.unpack(given, 1, #tables.run))
end

-- The number by which the database knows a metric.
function Scratch:metric(name)
  local id = self.metrics[name]
  if not id then
    self:execute("INSERT INTO metric_name(name) VALUES(?)", name)
    id = self.db:query("SELECT id FROM metric_name WHERE name = ?", name)[1].id
    self.metrics[name] = id
  end
  return id
end

local batch, width = 64, 5
local many = "INSERT INTO metric_value(run, name_id, step, value, time) VALUES"
local one_row = "(?, ?, ?, ?, ?)"
local batch_insert = many .. (one_row .. ", "):rep(batch - 1) .. one_row

function Scratch:flush()
  local points = self.points
  if points.count == batch then
    self:execute(batch_insert, table.unpack(points, 1, batch * width))
  else
    for i = 0, points.count - 1 do self:execute(many .. one_row, table.unpack(points, i * width + 1, (i + 1) * width)) end
  end
  points.count = 0
end

-- Points of rising steps, as files have them, are gathered. Others may be there already, and are written at once, so that the message
-- names their place.
function Scratch:point(run, metric, step, value, time)
  local points = self.points
  local rising = points.run == run and points.metric == metric and step > points.step
  if not rising then self:flush() end
  local at = points.count * width
  points[at + 1], points[at + 2], points[at + 3], points[at + 4], points[at + 5] = run, metric, step, value, time
  points.count, points.run, points.metric, points.step = points.count + 1, run, metric, step
  if not rising or points.count == batch then self:flush() end
end

-- All is read.
function Scratch:finish()
  self:flush()
  local missing = self.db:query "SELECT sha256 FROM run_split WHERE sha256 NOT IN (SELECT sha256 FROM split) LIMIT 1"[1]
  if missing then error(("%s: the text of the split %s is missing"):format(self.scan.path, missing.sha256), 0) end
  self.db:execute "COMMIT"
end

function Scratch:__close()
  pcall(self.db.close, self.db)
end

return new

-- `semiluna import`: runs out of files into the database.
--
-- Every kind of file has a row in `kinds`: how its first bytes look, and how it becomes a database to copy runs from. Each file is read
-- to its end before the first run is copied, and all are copied in one transaction: it is all of them or none.
local core = require "semiluna.core"
local json_read = require "semiluna.exchange.json_read"
local launch = require "semiluna.launch"
local long_read = require "semiluna.exchange.long_read"
local new_scan = require "semiluna.exchange.scan"
local new_scratch = require "semiluna.exchange.scratch"
local tables = require "semiluna.exchange.tables"
local system = core.system

-- ---- kinds of files ---------------------------------------------------------------------------------------------------------------------

-- A file that is read value by value into a scratch database.
local function by_reading(read)
  return function(path, file, head, scratch_path)
    local scan = new_scan(file, path, head)
    local scratch <close> = new_scratch(scratch_path, scan)
    local note = read(scan, scratch)
    scratch:finish()
    return scratch_path, note
  end
end

-- A database is what runs are copied from; that it is whole is looked at first.
local function database(path)
  local db <close> = core.db(path, "read")
  for _, row in ipairs(db:query "PRAGMA quick_check(1)") do
    if row.quick_check ~= "ok" then error(("%s: the database is damaged: %s"):format(path, (row.quick_check:gsub("%s+", " "))), 0) end
  end
  for row in db:each "SELECT uuid FROM run" do             -- folders are called so
    if not tables.is_uuid(row.uuid) then error(("%s: a run whose uuid is none: %s"):format(path, (row.uuid:gsub("%c", " "))), 0) end
  end
  return path
end

local kinds = {
  { "SQLite", function(head) return head:sub(1, 16) == "SQLite format 3\0" end, database },
  { "JSON", function(head) return head:find "^[\r\n\t ]*{" end, by_reading(json_read) },
  { "CSV", function(head) return head:gsub("^\u{FEFF}", ""):find '^"?run"?,' end, by_reading(long_read) },
}

-- ---- files --------------------------------------------------------------------------------------------------------------------------------

-- What is to be copied from: {path, file, note}.
local function prepare(path, scratch_path)
  local _, _, file_kind = system.stat(path)
  if file_kind == "folder" then error(path .. ": a folder; `semiluna merge` takes the databases in it", 0) end
  local file <close>, message = io.open(path, "rb")
  if not file then error(message, 0) end
  local head = file:read(512) or ""
  if head == "" then error(path .. ": the file is empty", 0) end
  for _, kind in ipairs(kinds) do
    if kind[2](head) then
      local source, note = kind[3](path, file, head, scratch_path)
      return { path = source, file = path, note = note }
    end
  end
  if head:find "^[\r\n\t ]*%[" then
    error(path .. ": a wide table of JSON has no order of columns and cannot be imported; export it as csv, or without --wide", 0)
  end
  error(path .. ": not a file that `semiluna export` writes: neither an SQLite database, nor its JSON, nor a table of CSV", 0)
end

local function remove(path)
  for _, ending in ipairs { "", "-wal", "-shm", "-journal" } do os.remove(path .. ending) end
end

-- Replaces every `from` of the text, which is no pattern.
local function replaced(text, from, to)
  return (text:gsub(from:gsub("%p", "%%%0"), (to:gsub("%%", "%%%%"))))
end

-- The runs of a database but those in its bin. They are named one by one, so that one comes back that was purged here.
local function uuids_of(path)
  local db <close> = core.db(path, "read")
  local uuids = {}
  for row in db:each "SELECT uuid FROM run WHERE id NOT IN (SELECT run FROM removed) ORDER BY id" do uuids[#uuids + 1] = row.uuid end
  return uuids
end

local function copy(database_path, sources)
  local db <close> = core.db(database_path, "write")
  local sum = { added = 0, replaced = 0, kept = 0 }
  db:execute "BEGIN IMMEDIATE"
  for _, source in ipairs(sources) do
    local ok, copied = pcall(db.copy_runs, db, source.path, uuids_of(source.path))
    if not ok then
      db:execute "ROLLBACK"
      error(replaced(tostring(copied), source.path, source.file), 0)
    end
    for key, count in pairs(copied) do sum[key] = sum[key] + count end
  end
  db:execute "COMMIT"
  return sum
end

local function report(sum, database_path, sources)
  local total = sum.added + sum.replaced + sum.kept
  print(("Imported %d run%s into %s: %d new, %d brought up to date, %d here already"):format(total, total == 1 and "" or "s", database_path,
    sum.added, sum.replaced, sum.kept))
  for _, source in ipairs(sources) do
    if source.note then print(("%s: a table holds less than a run has: %s"):format(source.file, source.note)) end
  end
end

return function(arguments)
  local database_path, sources = launch.database(arguments), {}
  local made <close> = setmetatable({}, { __close = function(list)
    for _, path in ipairs(list) do remove(path) end
  end })
  for i, path in ipairs(launch.list(arguments.file)) do
    made[i] = ("%s.import-%d-%d"):format(database_path, system.pid(), i)
    local ok, source = pcall(prepare, path, made[i])
    if not ok then error(replaced(tostring(source), made[i], database_path), 0) end
    sources[i] = source
  end
  report(copy(database_path, sources), database_path, sources)
  return 0
end

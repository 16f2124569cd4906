-- What compare asks the database is answered by indices: none of its queries reads a table of logged numbers from one end to the
-- other.
local core = require "semiluna.core"
package.path = os.getenv "SEMILUNA_SOURCE" .. "/tests/support/?.lua;" .. package.path
local queries = require "queries"

local path = os.tmpname()
os.remove(path)
local guard <close> = setmetatable({}, { __close = function()
  for _, ending in ipairs { "", "-wal", "-shm" } do os.remove(path .. ending) end
end })

local writing, writer = core.db(path, "write"), core.writer(path)
for seed = 1, 4 do
  for _, threshold in ipairs { "0", "0.2" } do
    local run = writing:run_new { experiment = "queries", name = "queries", seed = seed }
    writing:run_param(run, "method.threshold", "number", threshold)
    writing:run_param(run, "seed", "integer", tostring(seed))
    writing:execute("INSERT INTO tag(run, tag) VALUES(?, ?)", run, seed < 3 and "noise" or "paper")
    writing:execute("INSERT INTO note(run, time, text) VALUES(?, 0, 'a note')", run)
    writer:metric(run, 5, "kept", 0.5)
    for class = 0, 1 do writer:class_iou(run, 5, "val", class, "class " .. class, 0.5) end
    for class = 0, 3 do
      writing:execute("INSERT INTO confusion(run, split, step, truth, prediction, pixels) VALUES(?, 'val', 5, ?, ?, 10)", run,
        class // 2, class % 2)
    end
  end
end
writer:close()
writing:execute "UPDATE run SET state = 'done'"
writing:close()

local everything = "method.threshold >= 0 and seed in (1, 2, 3, 4) and miou > 0 and best.kept > 0 and kept < 1" ..
  " and tag != nil and note ~ 'a' and experiment = 'queries' and best_miou > 0 and not data.labeled = 1/8"
local asked, checked, by_index = 0, 0, 0
local db <close> = core.db(path, "read")
for _, arguments in ipairs {
  { what = "queries", against = "threshold=0" },
  { what = "queries", at = "best", convention = "authors", ignore_class = "class 1", per_class = "1" },
  { what = "queries", at = "5", format = "json" },
  { what = "queries", metric = "kept" },
  { what = "queries", metric = "kept", at = "best" },
  { what = "queries", metric = "kept", at = "5" },
  { what = everything },
} do
  arguments.db = path
  asked = asked + 1
  for _, query in ipairs(queries.of("compare", arguments)) do
    local scans, found = queries.scans(db, query, queries.large)
    checked, by_index = checked + 1, by_index + found
    if #scans > 0 then error(("%s\nin the plan of %s"):format(table.concat(scans, "\n"), query.sql)) end
  end
end
if checked < 30 or by_index < 50 then error(("only %d queries, %d look-ups"):format(checked, by_index)) end
-- The check itself sees a table that is read whole.
local whole = { sql = "SELECT avg(v.value) FROM metric_value v WHERE v.step = 5", parameters = { n = 0 } }
if #queries.scans(db, whole, queries.large) ~= 1 then error "a query that reads a whole table went unseen" end

print(("%d queries of %d commands: %d look-ups by an index, no table of logged numbers read whole"):format(checked, asked,
  by_index))

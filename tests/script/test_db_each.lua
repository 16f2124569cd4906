-- db:each gives the rows that db:query gives, one by one, needs no memory for them, and lets go of its query however the loop ends.
local core = require "semiluna.core"

local path = os.tmpname()
os.remove(path)
local guard <close> = setmetatable({}, { __close = function()
  for _, ending in ipairs { "", "-wal", "-shm" } do os.remove(path .. ending) end
end })
local db = core.db(path, "write")
local checks = 0
local function check(what, condition)
  checks = checks + 1
  if not condition then error("WRONG: " .. what, 2) end
end

local numbers = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < ?) SELECT x, nullif(x, 2) AS y, 'a' || x AS z FROM c"
local wanted, count = db:query(numbers, 5), 0
for row in db:each(numbers, 5) do
  count = count + 1
  local same = wanted[count]
  check("row " .. count, row.x == same.x and row.y == same.y and row.z == same.z and math.type(row.x) == "integer")
end
check("as many rows", count == 5 and #wanted == 5)
for _ in db:each("SELECT 1 WHERE 0") do check("no row", false) end

-- What is held open would keep the table from being dropped.
db:execute "CREATE TABLE t(x); INSERT INTO t VALUES(1), (2), (3)"
for row in db:each "SELECT x FROM t" do
  if row.x == 2 then break end
end
check("after a break", pcall(db.execute, db, "DROP TABLE t; CREATE TABLE t(x); INSERT INTO t VALUES(1), (2)"))
check("an error passes", not pcall(function()
  for _ in db:each "SELECT x FROM t" do error "mine" end
end))
check("after an error", pcall(db.execute, db, "DROP TABLE t"))

collectgarbage()
local before, most = collectgarbage "count", 0
for row in db:each(numbers, 300000) do
  if row.x % 50000 == 0 then
    collectgarbage()
    most = math.max(most, collectgarbage "count" - before)
  end
end
check(("300,000 rows took %.0f KiB"):format(most), most < 1000)

check("wrong SQL", not pcall(db.each, db, "SELEC 1"))
check("too few parameters", not pcall(db.each, db, "SELECT ?1"))
local ok, message = pcall(function()
  for _ in db:each(numbers, 5) do db:close() end
end)
check("a database that is closed meanwhile", not ok and message:find("closed", 1, true))
print(checks .. " checks passed")

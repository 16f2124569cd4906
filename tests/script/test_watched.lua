-- Filters of the dashboard, as SQL without parameters: they choose the runs that the same filter with bound parameters chooses.
local core = require "semiluna.core"
local filter = require "semiluna.analysis.filter"
local watched = require "semiluna.analysis.watched"

local path = os.tmpname()
os.remove(path)
local compared = 0

local function same(list, expected, what)
  local got = table.concat(list, " ")
  if got ~= expected then error(("%s: runs %s, expected %s"):format(what, got, expected), 2) end
  compared = compared + 1
end

local function chosen(db, condition, ...)
  local ids = {}
  for _, row in ipairs(db:query("SELECT r.id FROM run r WHERE " .. condition .. " ORDER BY r.id", ...)) do ids[#ids + 1] = row.id end
  return ids
end

local function fill(db)
  local names = { "alpha", "it's \"quoted\" 100%", "beta_x", "gamma" }
  for i, name in ipairs(names) do
    local id = db:run_new { experiment = i <= 2 and "first" or "second's", name = name, method = i == 3 and "supervised" or "advsemiseg",
      seed = i, steps = 100 }
    db:run_param(id, "method.threshold", "number", ("%.14g"):format(i / 10))
    db:run_param(id, "data.labeled", "number", i % 2 == 0 and "1/8" or "0.25")
    db:run_finish(id, i == 4 and "failed" or "done", 100)
  end
  db:execute "INSERT INTO tag(run, tag) VALUES(1, 'paper'), (3, 'odd')"
end

local ok, problem = pcall(function()
  local db <close> = core.db(path, "write")
  fill(db)
  local function words(text) return chosen(db, watched.condition { filter = text, db = path }) end

  -- expressions: inline values mean what bound ones do
  for _, text in ipairs { "method.threshold >= 0.2", "method.threshold = 0.3 or seed = 1", "data.labeled = 1/8", "name = 'alpha'",
    "name = 'it''s \"quoted\" 100%'", "not tag = 'paper'", "tag != 'paper'", "seed in (1, 3)", "error = nil", "name ~ 'a'",
    "method.threshold < -1e300", "seed <= 9223372036854775807", "state = 'done' and seed > 1.5" } do
    local bound = filter.compile(text, db)
    same(words(text), table.concat(chosen(db, bound.sql, table.unpack(bound.parameters)), " "), text)
    assert(not filter.compile(text, db, true).sql:find("?", 1, true), text)
  end
  same(words "method.threshold >= 0.3", "3 4", "a threshold")

  -- words
  same(words "", "1 2 3 4", "nothing")
  same(words "first", "1 2", "an experiment")
  same(words "second's", "3 4", "an experiment with a quote")
  same(words "ALPHA", "1", "a name in capitals")
  same(words "it's", "2", "a quote")
  same(words "100%", "2", "a percent sign")
  same(words "_x", "3", "an underscore is no wildcard")
  same(words "adv second", "4", "two words")
  same(words "paper", "1", "a tag")
  same(words "failed", "4", "a state")
  same(words "2", "2", "an id")
  same(words(db:query("SELECT uuid FROM run WHERE id = 3")[1].uuid:sub(1, 8)), "3", "the start of a uuid")
  same(words "nobody", "", "nobody")
  same(words "'; DROP TABLE run; --", "", "SQL")

  -- what is not understood: one line, without the text itself
  for text, part in pairs { ["method.treshold > 1"] = "method.threshold", ["seed >"] = "column", ["name = 'x"] = "does not end",
    ["seed = 'text'"] = "is a number" } do
    local fine, message = pcall(watched.condition, { filter = text, db = path })
    assert(not fine and type(message) == "string", text)
    assert(message:find(part, 1, true) and message:find "^column %d" and not message:find "\n", text .. ": " .. message)
    compared = compared + 1
  end
end)
for _, suffix in ipairs { "", "-wal", "-shm" } do os.remove(path .. suffix) end
if not ok then error(problem, 0) end
print(("compared %d filters"):format(compared))

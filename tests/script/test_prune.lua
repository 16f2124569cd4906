-- Early stopping: when sl.median ends a run, and what a hook is told of the other runs.
local check = dofile(os.getenv "SEMILUNA_SOURCE" .. "/tests/script/bind_check.lua")
local core = require "semiluna.core"
local prune = require "semiluna.sweep.prune"
local sl = require "semiluna"

-- ---- the rule ---------------------------------------------------------------------------------------------------------------------

local function history(changes)
  local all = { step = 40, steps = 100, fraction = 0.4, metric = "miou", value = 0.2, values = { 0.25, 0.2 }, others = {} }
  for i, value in ipairs { 0.1, 0.3, 0.5 } do all.others[i] = { run = i, step = 40, value = value } end
  for name, value in pairs(changes or {}) do all[name] = value end
  return all
end

local rule = sl.median { after = 0.4 }
check.equal(rule(history()), "best miou 0.2500 is below 0.3000, the median of 3 other runs at step 40")
check.equal(rule(history { values = { 0.3, 0.2 } }), nil, "as good as the median")
check.equal(rule(history { fraction = 0.39 }), nil, "too early")
check.equal(rule(history { others = { { value = 0.9 }, { value = 0.9 } } }), nil, "too few others")
check.yes(sl.median { after = 0.4, least = 2 } (history { others = { { value = 0.2 }, { value = 0.4 } } }), "the mean of the middle two")
check.equal(sl.median { after = 0.4, least = 2 } (history { others = { { value = 0.2 }, { value = 0.3 } } }), nil, "0.25 is not below 0.25")
check.equal(tostring(sl.median { after = 0.3 }), "median{ after = 0.3, least = 3 }")
check.fails(function() sl.median { afer = 0.3 } end, 'no such option "afer"')
check.fails(function() sl.median { after = 30 } end, "a share of the steps")
check.fails(function() sl.median { after = 0.3, least = 0 } end, "at least 1")

-- ---- what a hook is told ----------------------------------------------------------------------------------------------------------

local folder, remove = check.folder()
local database = folder .. "/a.db"
local db <close> = core.db(database, "write")
local writer = core.writer(database)

-- A run of the cell `hash` with mIoU {step = value}; returns its id.
local function add(hash, values, changes)
  local info = { experiment = "plan", name = hash, seed = 1, steps = 100 }
  for name, value in pairs(changes or {}) do info[name] = value end
  local id = db:run_new(info)
  db:execute("INSERT INTO cell(run, hash, options_hash, script_hash, library_hash) VALUES(?, ?, '', '', '')", id, hash)
  for step, value in pairs(values) do writer:metric(id, step, "miou", value) end
  return id
end

local own = add("own", { [20] = 0.25, [30] = 0 / 0, [40] = 0.24, [50] = 0.9 })
add("own", { [20] = 0.1 })                                     -- the same cell: no comparison with itself
add("again", { [20] = 0.11 })
local again = add("again", { [20] = 0.2, [40] = 0.3, [60] = 0.4 }) -- the newest run of its cell counts
local late = add("late", { [30] = 0.5, [41] = 0.6 })
add("not yet", { [50] = 0.7 })
local absent = add("absent", { [20] = 0.8, [40] = 0 / 0 })
local failed = add("failed", { [20] = 0.1 })
db:run_finish(failed, "failed", 20)
add("longer", { [20] = 0.1 }, { steps = 200 })
add("another plan", { [20] = 0.1 }, { experiment = "other" })
local removed = add("removed", { [20] = 0.1 })
db:execute("INSERT INTO removed(run, time) VALUES(?, 0)", removed)
writer:flush()

local told
local training = {
  step = 40, record = { flush = function() writer:flush() end, ask = function(_, query, ...) return db:query(query, own, ...) end },
  run = { steps = 100, options = { checkpoint = { best = "miou" }, prune = function(history) told = history return nil end } },
}
check.equal(prune.ask(training, { miou = 0.24 }), nil)
check.equal(told.others, {
  { run = again, step = 40, value = 0.3 }, { run = late, step = 30, value = 0.5 }, { run = absent, step = 20, value = 0.8 },
}, "the others")
told.others = nil
check.equal(told, { step = 40, steps = 100, fraction = 0.4, metric = "miou", value = 0.24, values = { 0.25, 0.24 } },
  "this run")

training.run.options.prune = sl.median { after = 0.3 }
check.equal(prune.ask(training, { miou = 0.24 }), "best miou 0.2500 is below 0.5000, the median of 3 other runs at step 40")
writer:metric(own, 40, "miou", 0.51)
check.equal(prune.ask(training, { miou = 0.51 }), nil)
training.step = 20
check.equal(prune.ask(training, { miou = 0.25 }), nil, "after 20 of 100 steps")

-- What gives no reason to end: no hook, no value, the last step.
training.step = 40
check.equal(prune.ask(training, { score = 0.1 }), nil)
check.equal(prune.ask(training, { miou = 0 / 0 }), nil)
training.step = 100
check.equal(prune.ask(training, { miou = 0.1 }), nil)
training.step, training.run.options.prune = 40, false
check.equal(prune.ask(training, { miou = 0.1 }), nil)
training.run.options.prune = function() return true end
check.fails(function() prune.ask(training, { miou = 0.1 }) end, "prune: the function returned a boolean")

writer:close()
remove()
check.done "pruning"

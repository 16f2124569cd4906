-- What the database knows of a plan: the state of cells, where they begin, and how long they will take, from a database with known times.
local sl = require "semiluna"
local core = require "semiluna.core"
local cost = require "semiluna.plan.cost"
local launch = require "semiluna.launch"
local plan = require "semiluna.plan.plan"
local script = require "semiluna.script"
local state = require "semiluna.plan.state"
local timing = require "semiluna.timing"

local checks = 0

local function same(got, expected, what)
  checks = checks + 1
  if got ~= expected then error(("%s: got %s, expected %s"):format(what, tostring(got), tostring(expected)), 2) end
end

local function near(got, expected, what)
  checks = checks + 1
  if not (got and math.abs(got - expected) <= 1e-6 * math.abs(expected)) then
    error(("%s: got %s, expected %s"):format(what, tostring(got), tostring(expected)), 2)
  end
end

script.path, script.text = "test.lua", "return nothing"
local base = sl.experiment {
  name = "base", steps = 1000, threads = 1, data = { layout = "synthetic", count = 8, val_count = 2, labeled = 0.5, crop = 32 },
  model = { "deeplab_v2", backbone = "tiny", base_width = 2 }, method = { "advsemiseg", semi_start = 400, discriminator_width = 2 },
  optimizer = { "sgd", lr = 0.01 }, batch = 1, prune = sl.median { after = 0.3 },
}
local function cells_of(ablate, settings)
  return plan.new(launch.resolve({ sl.experiment(base, { ablate = ablate }) }, settings), settings).cells
end

local path = os.tmpname()
os.remove(path)
local db = core.db(path, "write")

-- A run of a cell that took `before` seconds a step up to semi_start and `after` seconds from there on.
local function add_run(cell, before, after, changes)
  local resolved = cell.item.resolved
  local id = db:run_new { experiment = "test", name = resolved.name, method = resolved.method.kind, seed = resolved.seed,
    steps = resolved.steps, host = core.system.hostname(), pid = core.system.pid() }
  for _, option in ipairs(cell.item.list) do db:run_param(id, option.name, option.type, option.text) end
  db:execute("INSERT INTO cell(run, hash, options_hash, script_hash, library_hash) VALUES(?, ?, ?, 's', 'l')", id,
    changes and changes.hash or cell.hash, cell.options_hash)
  local start = 1000000
  local function time(step)
    local warm = math.min(step, 400)
    return start + before * warm + after * (step - warm)
  end
  db:execute "INSERT OR IGNORE INTO metric_name(name) VALUES('seg')"
  for step = 1, resolved.steps, 1 do
    db:execute("INSERT INTO metric_value(run, name_id, step, value, time) SELECT ?, id, ?, 1, ? FROM metric_name WHERE name = 'seg'", id,
      step, time(step))
  end
  db:run_finish(id, "done", resolved.steps)
  db:execute("UPDATE run SET start_time = ?, session_time = ?, end_time = ?, heartbeat = ? WHERE id = ?", start, start, time(resolved.steps),
    time(resolved.steps), id)
  return id
end

local function estimate(cells, timed)
  state.read(db, cells)
  local result = cost.estimate(db, cells, function() timed = (timed or 0) + 1 end)
  return result, timed
end

-- ---- times ----------------------------------------------------------------------------------------------------------------------

local cells = cells_of(sl.grid { ["method.threshold"] = { 0, 0.2, 0.5 }, seed = { 1, 2 } })
db:execute "BEGIN"
local first = add_run(cells[1], 0.5, 2)
db:execute "COMMIT"
local result, timed = estimate(cells)
same(timed, nil, "nothing is timed where runs say it")
same(result.timed, 0, "no step is taken")
same(cells[1].state, "done", "a cell that is done")
same(cells[1].run, first, "its run")
near(cells[1].seconds, 0, "takes no time")
same(cells[2].state, "to do", "one that is not")
near(cells[2].seconds, 400 * 0.5 + 600 * 2, "one that trains its warm-up")
near(cells[3].seconds, 400 * 0.5 + 600 * 2, "its sibling is done, but left nothing")
near(cells[4].seconds, 600 * 2, "one that goes on from the warm-up of the second cell")
same(cells[4].first, 400, "where it begins")
near(cost.total(cells), 2 * 1400 + 3 * 1200, "in total: two warm-ups, and three that go on")
near(cost.total(cells, 2), 3200, "two at a time")
near(cost.total(cells, 100), 1400, "never less than the longest")

-- another length, another start: the same kinds of step
near((function()
  local others = cells_of(sl.list { { steps = 500, ["method.semi_start"] = 100, seed = 7 } })
  local _, steps = estimate(others)
  same(steps, nil, "another length is not timed")
  return others[1].seconds
end)(), 100 * 0.5 + 400 * 2, "steps of another length")

-- a batch of another size is another kind of step
local wide = cells_of(sl.list { { batch = 2, steps = 4, ["method.semi_start"] = 2 } })
result, timed = estimate(wide)
same(timed, 1, "another batch is timed")
same(result.timed >= 4 and result.timed <= 12, true, "by about ten steps: " .. result.timed)
same(wide[1].seconds > 0, true, "and has a time")
same(#result.problems, 0, "no problem")

-- without a database
state.none(wide)
result = cost.estimate(nil, wide)
same(wide[1].seconds > 0, true, "without a database steps are timed")

-- ---- states ---------------------------------------------------------------------------------------------------------------------

local function states(list)
  state.read(db, list)
  local words = {}
  for i, cell in ipairs(list) do words[i] = cell.state end
  return table.concat(words, ", ")
end

-- an earlier text of the script: the options are known, the hash is not
local id = add_run(cells[2], 0.5, 2, { hash = "of another text" })
same(states(cells), "done, to do, to do, to do, to do, to do", "a run by another text does not count")
same(cells[2].earlier, id, "but is known")
same(cells[1].earlier, nil, "only where there is no other")

-- a fork that is there; another cell that trains a warm-up; a claim without a run
db:execute("INSERT INTO fork(prefix, run, step, path) VALUES(?, ?, 400, 'fork.safetensors')", cells[3].forks[1].prefix, first)
state.read(db, cells)
same(cells[3].available, 400, "a warm-up that is there")
estimate(cells)
near(cells[3].seconds, 600 * 2, "is gone on from")
same(db:claim_take(cells[2].hash), true, "a claim")
same(states(cells), "done, running, to do, waiting, to do, waiting", "a claimed cell runs, and others wait for its warm-up")
db:claim_release(cells[2].hash)
same(states(cells), "done, to do, to do, to do, to do, to do", "a claim that is given back")

-- the newest run counts, unless an older one is done
local function add(cell, ending, tag)
  local run = db:run_new { experiment = "test", name = "x", method = "advsemiseg", seed = 1, steps = 1000, host = "elsewhere", pid = 1 }
  db:execute("INSERT INTO cell(run, hash, options_hash, script_hash, library_hash) VALUES(?, ?, ?, 's', 'l')", run, cell.hash,
    cell.options_hash)
  if ending then db:run_finish(run, ending, 20) end
  if tag then db:execute("INSERT INTO tag(run, tag) VALUES(?, ?)", run, tag) end
  return run
end
add(cells[1], "failed")
add(cells[3], "failed")
add(cells[3], "diverged")
add(cells[4], "stopped")
local pruned = add(cells[5], "stopped", "pruned")
local dead = add(cells[6])
db:execute("UPDATE run SET heartbeat = 0 WHERE id = ?", dead)
same(states(cells), "done, to do, diverged, stopped, pruned, stopped", "states of runs")
db:execute("INSERT INTO removed(run, time) VALUES(?, 0)", pruned)
same(states(cells), "done, to do, diverged, stopped, to do, stopped", "a run in the bin does not count")
local counts = state.count(cells)
same(counts.stopped .. counts.done .. counts["to do"], "212", "how many")
estimate(cells)
near(cells[4].seconds, 980 * 2 - 380 * 1.5, "a stopped cell goes on from its step 20")

-- ---- words ----------------------------------------------------------------------------------------------------------------------

local words = {}
for i, seconds in ipairs { 0.2, 40, 99, 100, 3599, 4200, 7200, 86399, 90000, 270000 } do words[i] = timing.text(seconds) end
same(table.concat(words, "; "), "1 s; 40 s; 99 s; 2 min; 1 h; 1 h 10 min; 2 h; 1 d; 1 d 1 h; 3 d 3 h", "durations")

db:close()
for _, suffix in ipairs { "", "-wal", "-shm" } do os.remove(path .. suffix) end
print(checks .. " checks of states and times")

-- Steering, without training: which options may become what, what is recorded of changes, and that the help names every command.
local check = dofile(os.getenv "SEMILUNA_SOURCE" .. "/tests/script/bind_check.lua")
local core = require "semiluna.core"
local options = require "semiluna.options"
local schedule = require "semiluna.schedule"
local steer = require "semiluna.steer"
local steerable = require "semiluna.steerable"
local steered = require "semiluna.steered"

-- ---- which options ----------------------------------------------------------------------------------------------------------------

local function resolved(method)
  return options.resolve {
    name = "a", steps = 100, data = { layout = "synthetic" }, model = { "deeplab_v2", backbone = "tiny" }, method = method,
    optimizer = { "sgd", lr = 0.1 },
  }
end
local run = { options = resolved { "advsemiseg" }, steps = 100, streams = { labeled = true, unlabeled = true, ground_truth = true } }

local function changed(name, text, first)
  return { steerable.check(run, name, text, first or 10) }
end
local function refused(name, text, pattern, first)
  local full, why = steerable.check(run, name, text, first or 10)
  check.yes(full == nil and why:find(pattern, 1, true), ("%s = %s: %s"):format(name, text, tostring(why)))
end

check.equal(changed("method.threshold", "0.3"), { "method.threshold", "0.3" })
check.equal(changed("threshold", " 1/4 "), { "method.threshold", "0.25" }, "a fraction")
check.equal(changed("lr", "sl.poly(0.1)"), { "optimizer.lr", "poly(0.1, 0.9)" })
check.equal(changed("discriminator_lr", "1e-5"), { "method.discriminator_lr", "1e-05" })
check.equal(changed("threshold", "piecewise{ {0, 7}, {10, 0.5} }"), { "method.threshold", "piecewise({{0, 7}, {10, 0.5}})" },
  "steps that are over may be anything")
check.equal(steerable.value(run, "method.threshold", "0.25"), 0.25)
check.equal(steerable.value(run, "optimizer.lr", "poly(0.1, 0.9)")(50, 100), schedule.poly(0.1)(50, 100))
refused("threshold", "2", "expected a number from 0 to 1")
refused("threshold", "nan", "expected a number")
refused("threshold", "", "expected a number")
refused("threshold", "linear(0, 2)", "linear(0, 2) gives 1.02 at step 51; expected a number from 0 to 1")
refused("threshold", "piecewise{ {0, 0.1}, {20, 7} }", "gives 7 at step 20")
refused("lr", "poly(1e308, -9)", "gave inf at step")
refused("lr", "io.write(1)", "expected a number or a function of the step")
refused("lr", "(function() while true do end end)()", "ran for more than")
refused("lr", "(function() local t = {} for i = 1, 1e9 do t[i] = i end end)()", "") -- too much memory, or too long
refused("lr", "\27[31m", "expected a number")
refused("batch", "3", "batch is fixed when a run begins")
refused("threads", "3", "threads is fixed")
refused("steps", "3", "`extend`")
refused("", "3", 'no such option ""')
refused("momentun", "3", 'Did you mean "momentum"?')

run.options = resolved { "advsemiseg", lambda_semi = 0, lambda_semi_adv = 0 }
run.streams = { labeled = true, ground_truth = true }
refused("lambda_semi", "0.1", "needs the stream unlabeled, which this run has not opened: `fork method.lambda_semi=0.1`")
check.equal(changed("lambda_semi", "0"), { "method.lambda_semi", "0" })

run.options.optimizer.lr = schedule.piecewise { { 0, 0.1 }, { 150, function(_, steps) return steps > 199 and 0.1 or 0 / 0 end } }
check.equal(steerable.check_length(run, 10, 150), nil)
check.equal(steerable.check_length(run, 10, 200), nil)
check.yes(steerable.check_length(run, 10, 180):find "nan at step 150", "a length at which a schedule gives no number")

-- ---- what is recorded -------------------------------------------------------------------------------------------------------------

local folder, remove = check.folder()
local db <close> = core.db(folder .. "/a.db", "write")
local function add(hash)
  local id = db:run_new { experiment = "e", name = "n", seed = 1, steps = 100 }
  db:execute("INSERT INTO cell(run, hash, options_hash, script_hash, library_hash) VALUES(?, ?, ?, '', '')", id, hash, hash .. "o")
  return id
end
local function hashes(id)
  local row = db:query("SELECT hash, options_hash FROM cell WHERE run = ?", id)[1]
  return row.hash, row.options_hash
end

local one, same, other = add "cell", add "cell", add "cell"
check.equal(steered.read(db, one), {})
check.equal(steered.length({}, 100, 50), 100)
for _, id in ipairs { one, same } do
  steered.add(db, id, 10, "method.threshold = 0.3")
  steered.add(db, id, 10, "steps = 200")
  steered.add(db, id, 40, "optimizer.lr = piecewise({{0, 0.1}, {50, 0.2}})")
end
steered.add(db, other, 11, "method.threshold = 0.3")
local list = steered.read(db, one)
check.equal(list, {
  { step = 10, name = "method.threshold", text = "0.3" }, { step = 10, name = "steps", text = "200" },
  { step = 40, name = "optimizer.lr", text = "piecewise({{0, 0.1}, {50, 0.2}})" },
})
check.equal({ steered.length(list, 100, 9), steered.length(list, 100, 10), steered.length(list, 100, 99) }, { 100, 200, 200 })
check.equal({ hashes(one) }, { hashes(same) }, "runs that were steered the same way are the same")
check.yes(hashes(one) ~= "cell" and hashes(one) ~= hashes(other), "and others than the cell, and than others")
check.yes(select(2, hashes(one)) ~= "cello", "by their options too")
steered.add(db, other, 50, "fork of 3f2a81bc with seed = 2")
check.equal(steered.read(db, other)[2], { step = 50, text = "fork of 3f2a81bc with seed = 2" })
check.equal(#db:query "SELECT 1 FROM tag WHERE tag = 'steered'", 3)
local bare = db:run_new { experiment = "e", name = "n", seed = 1, steps = 100 }
steered.add(db, bare, 1, "steps = 7")
check.equal(#steered.read(db, bare), 1, "a run that is no cell")
remove()

-- ---- the commands -----------------------------------------------------------------------------------------------------------------

check.equal(steer.wrong("pause", ""), nil)
check.equal(steer.wrong("set", "a=1"), nil)
check.yes(steer.wrong("resume", ""):find "there are: pause, continue", "what there is")
check.yes(steer.wrong("stopp", ""):find 'Did you mean "stop"?', "a near name")
check.equal(steer.wrong("set", ""), "set needs an argument: set NAME=VALUE")
check.equal(steer.wrong("stop", "now"), 'stop takes no argument: leave out "now"')

local help = io.popen(os.getenv "SEMILUNA" .. " help tell"):read "a"
for _, command in ipairs(steer.commands) do
  local line = command[1] .. (command[2] and " " .. command[2] or "")
  check.yes(help:find("\n%s+" .. line:gsub("%p", "%%%0") .. "  "), ("`semiluna help tell` has a line for %s"):format(line))
  check.yes(#command[3] > 0 and type(command[4]) == "function", command[1])
end

check.done "steering"

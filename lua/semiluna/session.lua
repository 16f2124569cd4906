-- One session of training, as `semiluna run` and the cells of a sweep share it: from an experiment to how it ended.
local core = require "semiluna.core"
local facts = require "semiluna.facts"
local launch = require "semiluna.launch"
local record = require "semiluna.record"
local run = require "semiluna.run"
local script = require "semiluna.script"
local trainer = require "semiluna.trainer"

local session = {}

-- Puts an experiment together on this machine; `threads` overrides what it says.
function session.open(item, threads)
  launch.use_machine(item.resolved)
  if threads then core.threads(threads) end
  return run.new(item.resolved)
end

-- A new run of what session.open gave, as record.new takes its arguments; `cell` and `beat` as in facts.lua. From here on there is
-- something to save, so signals are noted; before, one ends the program at once.
function session.new_run(item, made, database, origin, cell, beat, parent)
  local known = facts.of(item, made.data, database, cell, beat)
  core.system.catch_signals()
  return record.new(database, item, script, launch.script_name(), origin, known, parent)
end

-- Goes on with a run (a row: id, uuid), as record.resume does.
function session.resume_run(item, database, row, step, parent)
  core.system.catch_signals()
  return record.resume(database, row, step, item.resolved, script, launch.script_name(), parent)
end

-- Records that a cell could not be put together. Returns the run's id.
function session.failed_run(cell, database, origin, message)
  local recorded = record.new(database, cell.item, script, launch.script_name(), origin, facts.of_failed(cell))
  recorded:finish("failed", 0, message)
  return recorded.id
end

-- Trains, and frees what was put together. `start` and `forks` as trainer.new takes them. Returns {id, name, state, step, signal,
-- evaluation, steered, reason, message}: whether it was steered, the reason where the run was pruned, the message where it failed or diverged.
function session.train(made, recorded, folder, display, start, forks)
  local training = trainer.new(made, recorded, display, folder, start, forks)
  display:start(training.step)
  local ok, state, signal, reason = pcall(training.train, training)
  run.close(made)
  local result = {
    id = recorded.id, name = made.name, step = training.step, evaluation = training.evaluation, steered = training.steering.steered,
  }
  if ok then
    result.state, result.signal, result.reason = state, signal, reason
  else
    result.state, result.message = state.diverged and "diverged" or "failed", state.message or tostring(state)
  end
  return result
end

return session

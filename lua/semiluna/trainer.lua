-- The training loop: step, update, log, evaluate, checkpoint, look for commands.
--
-- Steps are numbered from 0; what is logged stands under the number of steps done, so the first step's losses are those "of step 1",
-- and a checkpoint of step 200 covers exactly the rows up to 200.
local checkpoint = require "semiluna.checkpoint"
local copy_file = require "semiluna.copy"
local core = require "semiluna.core"
local evaluate = require "semiluna.evaluate"
local prune = require "semiluna.sweep.prune"
local samples = require "semiluna.samples"
local steer = require "semiluna.steer"

local Trainer = {}
Trainer.__index = Trainer

-- `run` as run.new makes it, a Record, a progress display, the folder for checkpoints, where to go on: {step, state}, or nil; and the
-- steps at which other cells of a plan may go on from this run: {{step, prefix}, ...}, or nil.
local function new(run, record, progress, folder, start, forks)
  start = start or { step = 0, state = {} }
  local self = setmetatable({
    run = run, record = record, progress = progress, folder = folder, step = start.step, saved = start.saved or start.step,
    state = start.state, forks = {},
  }, Trainer)
  for _, fork in ipairs(forks or {}) do
    if fork.step > self.step then self.forks[fork.step] = fork.prefix end
  end
  -- The realised schedules go through checkpoints too: a resumed run logs the rows of one that was never stopped.
  self.state.logged, self.state.used = self.state.logged or {}, self.state.used or run.context.used
  run.context.used = self.state.used
  self.steering = steer.new(self)
  run.context.hear = function(text) self:say(text) end
  self.samples = samples.new(self)
  return self
end

-- Trains to the end and returns "done", or "stopped", the signal's name or nil, and why the run was pruned, or nil.
function Trainer:loop()
  local run, options = self.run, self.run.options
  local evaluate_every, checkpoint_every = options.evaluate.every or math.maxinteger, options.checkpoint.every
  core.system.mkdir(self.folder)                           -- where that is impossible, it shows now
  if self.step > self.saved then self:checkpoint() end     -- a fork: from here on it can be resumed like any run
  if self.step == 0 then self:sample() end
  while self.step < run.steps do
    local step = self.step

    -- losses, and the gradients of everything that is trained; measures are numbers that are logged, and nothing else
    local losses, measures = core.scope(run.method.step, run.method, step)
    self:check(losses)

    -- update
    local rates = run.context:update(step)
    if run.method.updated then core.scope(run.method.updated, run.method, step) end
    self.step = step + 1

    -- log
    local last = self.step == run.steps
    self:smooth(losses)
    if last or self.step % options.log_every == 0 then self:log(losses, measures, rates) end
    self.progress:step(self.step, losses, rates.model)

    -- evaluate, checkpoint
    local hopeless
    if last or self.step % evaluate_every == 0 then hopeless = self:evaluate() end
    if self.forks[self.step] and not self.steering.steered then self:fork(self.forks[self.step]) end
    if last or self.step % checkpoint_every == 0 then self:checkpoint() end

    -- commands and signals
    local stop, signal = self:attend()
    if stop and self.step < run.steps then
      self:checkpoint()
      return "stopped", signal
    end
    if hopeless then
      self:checkpoint()
      return "stopped", nil, hopeless
    end
    collectgarbage("step")
  end
  return "done"
end

-- A loss that is not a number ends the run before it reaches the weights.
function Trainer:check(losses)
  local wrong = {}
  for name, value in pairs(losses) do
    if value ~= value or value == math.huge or value == -math.huge then
      wrong[#wrong + 1] = ("%s is %s"):format(name, value ~= value and "nan" or "infinite")
    end
  end
  if #wrong == 0 then return end
  table.sort(wrong)
  error({ diverged = true, message = ("step %d: %s"):format(self.step + 1, table.concat(wrong, ", ")) }, 0)
end

function Trainer:smooth(losses)
  if not losses.seg then return end
  local before, share = self.state.seg_ema, self.run.options.smooth
  self.state.seg_ema = before and share * before + (1 - share) * losses.seg or losses.seg
end

function Trainer:log(losses, measures, rates)
  for name, value in pairs(measures or {}) do self.record:metric(self.step, name, value) end
  for name, value in pairs(losses) do self.record:metric(self.step, name, value) end
  for name, rate in pairs(rates) do self.record:metric(self.step, name == "model" and "lr" or "lr_" .. name, rate) end
  if self.state.seg_ema then self.record:metric(self.step, "seg_ema", self.state.seg_ema) end
  self:log_options()
end

-- The schedules' values that were used since the last log: at the first step, where one has changed, and at the end.
function Trainer:log_options()
  local used, logged = self.state.used, self.state.logged
  for name, value in pairs(used) do
    if logged[name] ~= value or self.step == self.run.steps then self.record:metric(self.step, "option." .. name, value) end
    logged[name] = value
  end
  for name in pairs(logged) do used[name] = nil end
end

-- Stores pictures of samples, during `measure`, which may pass some of them.
function Trainer:sample(measure)
  if self.samples then self.samples:begin() end
  if measure then measure() end
  if self.samples then self.samples:finish() end
end

-- What a script says becomes a line of the run's history.
function Trainer:say(text)
  if type(text) ~= "string" then error("say: a text is needed, not " .. type(text), 3) end
  if not self.progress.quiet then self.progress:say(text) end
  self.record:event(self.step, "log", text)
end

-- Measures the network as it is now. Returns the values by name.
function Trainer:measure()
  local options = self.run.options.evaluate
  local evaluation = evaluate.new {
    model = self.run.evaluated, data = self.run.data, step = self.step, record = self.record, convention = options.convention,
    method = options.confidence and self.run.method or nil,
    progress = function(split, done, count) self.progress:evaluating(split, done, count) end, samples = self.samples,
    hear = function(text) self:say(text) end,
  }
  local values
  self:sample(function() values = evaluation:run(options.measure) end)
  self.progress:evaluated(self.step, values, evaluation)
  self.evaluation = evaluation
  return values
end

-- Returns why the run is to end now, where the experiment's `prune` says so.
function Trainer:evaluate()
  local values = self:measure()
  local value = values[self.run.options.checkpoint.best]
  if value and value == value and value > (self.state.best or -math.huge) then
    self.state.best, self.state.best_step = value, self.step
    self:save("best", true)
  end
  return prune.ask(self, values)
end

-- Rows first, then the file: what a checkpoint covers is in the database, so that resuming from it loses no row.
function Trainer:checkpoint()
  if self.saved == self.step then return end
  self.record:flush()
  self:save("last", false)
  self.saved = self.step
end

-- Leaves the state of this step where other cells of the plan find it, whose first steps are the same: see sweep/follow.lua.
function Trainer:fork(prefix)
  local path = ("%s/fork-%d.safetensors"):format(self.folder, self.step)
  self.record:artifact(self.step, "fork", path, checkpoint.save(self, path, false))
  local best, best_copy = self.folder .. "/best.safetensors", ("%s/fork-%d-best.safetensors"):format(self.folder, self.step)
  if self.state.best_step and core.system.exists(best) then
    copy_file(best, best_copy)
    self.record:artifact(self.step, "fork-best", best_copy, core.system.sha256_file(best_copy))
  end
  self.record:fork(prefix, self.step, path)
  self:checkpoint()                                        -- resumed from before this step, the run would take it back
end

function Trainer:save(kind, weights_only)
  core.system.mkdir(self.folder)
  local path = self.folder .. "/" .. kind .. ".safetensors"
  local bytes, sha256 = checkpoint.save(self, path, weights_only)
  self.record:artifact(self.step, kind, path, bytes, sha256)
end

-- True when the run is to stop: by a signal (its name is the second result) or by a command in the database.
function Trainer:attend()
  local told = self.steering:attend()
  local signal = core.system.signal()
  return told or signal ~= nil, signal
end

-- Trains and records how it ended. Returns the state, the signal, and why it was pruned; an error ends the run as "failed" or
-- "diverged" and is passed on.
function Trainer:train()
  local ok, state, signal, pruned = xpcall(self.loop, function(problem)
    return type(problem) == "table" and problem or { message = tostring(problem) }
  end, self)
  self.progress:finish()
  if ok then
    if pruned then self.record:pruned(self.step, pruned) end
    self.record:finish(state, self.step)
    return state, signal, pruned
  end
  local problem = state
  pcall(self.record.finish, self.record, problem.diverged and "diverged" or "failed", self.step, problem.message)
  error(problem, 0)
end

return { new = new }

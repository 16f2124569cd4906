-- Steering: what a person may ask of a run while it trains. Commands are rows of the database (`semiluna tell` or the dashboard writes
-- them); the trainer looks for them between two steps and answers each there: "done at step 812: ..." or "refused: ...".
--
-- `set` and `extend` change what the steps that follow do. They are recorded (steered.lua) with the step from which they hold, so that a
-- run that is resumed, from whatever checkpoint, makes the same changes at the same steps.
local core = require "semiluna.core"
local duration = require("semiluna.progress").duration
local schedule = require "semiluna.schedule"
local steerable = require "semiluna.steerable"
local steered = require "semiluna.steered"
local system = core.system

local Steer = {}
Steer.__index = Steer

local most_at_once = 1000                                  -- commands answered at one step: others must not keep it from training

local function refuse(message, ...)
  error({ refused = true, message = message:format(...) }, 0)
end

local function event(db, run, step, kind, text)
  db:execute("INSERT INTO event(run, step, time, kind, text) VALUES(?, ?, ?, ?, ?)", run, step, system.time(), kind, text)
end

-- ---- making changes -----------------------------------------------------------------------------------------------------------------

-- The length of the run from now on.
function Steer:set_steps(steps)
  local run = self.training.run
  run.steps = steps
  run.context:extend(steps)
  self.training.record:together(function(db, id) db:execute("UPDATE run SET steps = ? WHERE id = ?", steps, id) end)
end

-- A change as steered.read gives it.
function Steer:apply(change)
  self.steered = true
  if not change.name then return end
  if change.name == "steps" then return self:set_steps(math.tointeger(change.text)) end
  local run = self.training.run
  local value = steerable.value(run, change.name, change.text)
  local section, name = change.name:match "^(.-)%.(.+)$"
  run.options[section][name] = value
  run.context:set(change.name, value)
end

-- Records a change from this step on, with the answer to the command that asked for it, and makes it.
function Steer:change(command, name, text, answer)
  local step = self.training.step
  local what = ("%s = %s"):format(name, text)
  self.training.record:together(function(db, id)
    steered.add(db, id, step, what)
    event(db, id, step, "steered", what)
    db:command_answer(command.id, step, ("done at step %d: %s"):format(step, answer))
  end)
  self:apply { step = step, name = name, text = text }
  return true
end

-- ---- commands -----------------------------------------------------------------------------------------------------------------------

-- What a person may ask: {name, argument (what it is, or nil), help, run}. `run` is given the Steer, the argument and the command, and
-- returns what the answer says beside "done", nil, or true where it has answered itself; it refuses by an error.
local commands = {
  { "pause", nil, "stands still after the step, until `continue` or `stop`; the run stays alive and answers commands",
    function(self)
      if self.stopping then refuse "it is being stopped" end
      if self.paused then return "it was paused already" end
      self.paused = system.clock()
      self.training.record:together(function(db, id) event(db, id, self.training.step, "paused") end)
    end },
  { "continue", nil, "goes on after `pause`",
    function(self)
      if self.stopping then refuse "it is being stopped" end
      if not self.paused then refuse "it is not paused" end
      self:go_on()
    end },
  { "stop", nil, "writes a checkpoint and ends the run as stopped; `semiluna run --resume` goes on with it",
    function(self)
      if self.training.step >= self.training.run.steps then return "that was its last step" end
      self.training:checkpoint()
      self.stopping = true
      return "stopped"
    end },
  { "checkpoint", nil, "writes a checkpoint now",
    function(self)
      self.training:checkpoint()
      return self.training.folder .. "/last.safetensors"
    end },
  { "evaluate", nil, "measures the network now and records it under this step; what is trained and kept as best stays the same",
    function(self) return self:evaluate() end },
  { "extend", "STEPS", "trains to step STEPS, or with +N for N steps more; schedules are stretched over the new length from now on",
    function(self, argument, command) return self:extend(argument, command) end },
  { "set", "NAME=VALUE", "gives a schedule, such as a learning rate, weight or threshold, this number or schedule from now on",
    function(self, argument, command) return self:set(argument, command) end },
  { "fork", "NAME=VALUE...", "begins a new run, a process of its own, that goes on from this step with options changed",
    function(self, argument) return self:fork(argument) end },
  { "tag", "TAG", "gives the run a tag",
    function(self, argument)
      local record = self.training.record
      if argument == "" or #argument > 100 or argument:find "%c" then refuse "a tag is one line of 1 to 100 bytes" end
      record:together(function(db, id) db:execute("INSERT OR IGNORE INTO tag(run, tag) VALUES(?, ?)", id, argument) end)
    end },
  { "note", "TEXT", "writes a note to the run",
    function(self, argument)
      if not argument:find "%S" then refuse "a note must not be empty" end
      self.training.record:together(function(db, id)
        db:execute("INSERT INTO note(run, time, text) VALUES(?, ?, ?)", id, system.time(), argument)
      end)
    end },
}

local names, by_name = {}, {}
for i, command in ipairs(commands) do
  names[i] = command[1]
  by_name[command[1]] = command
end

-- What is wrong with a command of this name and argument, before it is sent; nil where nothing is.
local function wrong(name, argument)
  local known = by_name[name]
  if not known then
    local nearest = system.nearest(name, names)
    return ('no command "%s".%s  (there are: %s)'):format(name, nearest and (' Did you mean "%s"?'):format(nearest) or "",
      table.concat(names, ", "))
  end
  if known[2] and argument == "" then return ("%s needs an argument: %s %s"):format(name, name, known[2]) end
  if not known[2] and argument ~= "" then return ('%s takes no argument: leave out "%s"'):format(name, argument) end
end

-- Ends a pause.
function Steer:go_on()
  local progress, seconds = self.training.progress, system.clock() - self.paused
  self.paused = nil
  if progress.went_on then progress:went_on(seconds) end
  self.training.record:together(function(db, id)
    event(db, id, self.training.step, "continued", ("after %s"):format(duration(seconds)))
  end)
end

function Steer:evaluate()
  local training = self.training
  local evaluation = training.evaluation
  local known = evaluation and evaluation.step == training.step
  local values = known and evaluation.values or training:measure()
  local names, parts = {}, {}
  for name in pairs(values) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do parts[i] = ("%s %.4f"):format(name, values[name]) end
  training.record:flush()
  return table.concat(parts, ", ")
end

function Steer:extend(argument, command)
  local run, step = self.training.run, self.training.step
  local more, count = argument:match "^(%+?)(%d+)$"
  local steps = math.tointeger(tonumber(count))
  if not steps then refuse('"%s" is no number of steps: extend 30000, or extend +5000', argument) end
  if more == "+" then steps = run.steps + steps end
  if steps <= step or steps > 1000000000000 then refuse("it has done %d steps already, and cannot have %d", step, steps) end
  if steps == run.steps then refuse("it has %d steps already", steps) end
  local problem = steerable.check_length(run, step, steps)
  if problem then refuse("%s", problem) end
  local before = run.steps
  return self:change(command, "steps", tostring(steps), ("%d steps in place of %d; schedules are stretched over them"):format(steps, before))
end

function Steer:set(argument, command)
  local run, step = self.training.run, self.training.step
  local name, text = argument:match "^%s*([%w_.]+)%s*=%s*(.-)%s*$"
  if not name then refuse('"%s" is not NAME=VALUE', argument) end
  if step >= run.steps then refuse "that was its last step: extend it first" end
  name, text = steerable.check(run, name, text, step)
  if not name then refuse("%s", text) end
  local section, short = name:match "^(.-)%.(.+)$"
  local before = schedule.text(run.options[section][short])
  return self:change(command, name, text, ("%s is %s from now on, and was %s"):format(name, text, before))
end

function Steer:fork(argument)
  local pid, text, row = require("semiluna.branch").begin(self.training, argument)
  self.children[pid] = row
  return text
end

-- ---- at a step ----------------------------------------------------------------------------------------------------------------------

function Steer:answer(command)
  local record, step = self.training.record, self.training.step
  local problem = wrong(command.name, command.argument)
  if problem then return record:answer(command, step, "refused: " .. problem) end
  local ok, result = pcall(by_name[command.name][4], self, command.argument, command)
  if ok and result == true then return end
  if not ok then
    local message = type(result) == "table" and result.message or tostring(result)
    return record:answer(command, step, "refused: " .. message)
  end
  record:answer(command, step, ("done at step %d%s"):format(step, result and ": " .. result or ""))
end

-- A process has ended: a run that was forked off and could not take its first step is told where people look for it.
function Steer:ended(pid, status)
  local row = self.children[pid]
  self.children[pid] = nil
  if row and status ~= 0 then require("semiluna.branch").failed(self.training.record, self.training.step, row) end
end

function Steer:collect()
  local children = {}
  for pid in pairs(self.children) do children[#children + 1] = pid end
  for _, pid in ipairs(children) do
    local ended, status = system.wait(pid, 0)
    if ended then self:ended(pid, status) end
  end
end

function Steer:answer_all()
  self:collect()
  for _ = 1, most_at_once do
    local command = self.training.record:command()
    if not command then return end
    self:answer(command)
  end
end

-- What was asked at this step before the run was interrupted and resumed from an earlier one.
function Steer:repeat_changes()
  local record, step = self.training.record, self.training.step
  while self.coming[1] and self.coming[1].step == step do
    local change = table.remove(self.coming, 1)
    record:together(function(db, id)
      event(db, id, step, "steered", change.name and ("%s = %s"):format(change.name, change.text) or change.text)
    end)
    self:apply(change)
  end
  if self.evaluations[step] then self:evaluate() end
end

-- After a step: makes the changes that belong to it, answers the commands that wait, and waits while the run is paused. True when it is
-- to stop.
function Steer:attend()
  local training = self.training
  self:repeat_changes()
  if training.record:attend(training.step) then self:answer_all() end
  if not self.paused then return self.stopping end
  if training.progress.pausing then training.progress:pausing() end
  while self.paused and not self.stopping and not system.signal() do
    local ended, status = system.wait(nil, 0.25)
    if ended then self:ended(ended, status) end
    if training.record:attend(training.step) then self:answer_all() end
  end
  if self.paused then self:go_on() end
  return self.stopping
end

-- For a trainer that is about to begin at its step, with everything restored.
local function new(training)
  local record, step = training.record, training.step
  local self = setmetatable({ training = training, children = {}, coming = {}, evaluations = {}, steered = false, stopping = false }, Steer)
  for _, change in ipairs(steered.read(record.db, record.id)) do
    if change.step <= step then self:apply(change) else self.coming[#self.coming + 1] = change end
  end
  local asked = "SELECT DISTINCT step FROM command WHERE run = ? AND name = 'evaluate' AND answer LIKE 'done%' AND step > ?"
  for _, row in ipairs(record:ask(asked, step)) do self.evaluations[row.step] = true end
  return self
end

return { new = new, commands = commands, wrong = wrong }

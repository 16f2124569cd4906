-- What a method is given to work with.
--
--   context.model     the segmentation network; model(images, true) gives logits at an eighth of the size
--   context.classes   how many classes there are
--   context.streams   the streams that the method asked for, by name; stream:next() gives images and labels
--   context.options   the method's own options
--   context.seed, context.steps, context.batch, context.crop ({height, width})
--
-- and these functions:
local core = require "semiluna.core"
local schedule = require "semiluna.schedule"

local Context = {}
Context.__index = Context

-- The options at a step: each schedule is the number that it is then, other options are as they stand. What a method reads is noted
-- as used, so that the run's record holds the values that really counted; not before the step from which an option has an effect.
function Context:at(step)
  local options, steps = self.options, self.steps
  return setmetatable({}, {
    __index = function(now, name)
      local value = options[name]
      if self.schedules[name] and value ~= nil then
        value = schedule.value(value, step, steps)
        if step >= self.effective[name] then self.used["method." .. name] = value end
      end
      rawset(now, name, value)
      return value
    end,
  })
end

-- Trains a model of the method's own beside the segmentation network. After every step the trainer updates it by the gradients that
-- the method computed; `lr` is a number or a function of the step, `optimizer` as core.optimizer takes it.
function Context:train(name, model, optimizer, lr)
  self.parts[#self.parts + 1] = { name = name, model = model, optimizer = core.optimizer(model, optimizer), lr = lr }
end

-- The option that gives the learning rate of a part, or nil: the method's own parts may have one called after them.
local function rate_option(self, part)
  if part.name == "model" then return "optimizer.lr" end
  local name = part.name .. "_lr"
  return self.schedules[name] and "method." .. name or nil
end

-- Updates everything that is trained by the gradients of `step` and forgets them. Returns the learning rates by name; the trainer calls
-- it after each step of the method.
function Context:update(step)
  local rates = {}
  for _, part in ipairs(self.parts) do
    rates[part.name] = schedule.value(part.lr, step, self.steps)
    local option = rate_option(self, part)
    if option then self.used[option] = rates[part.name] end
    part.optimizer:step(rates[part.name])
    part.model:clear_grad()
  end
  return rates
end

-- From now on the option `name`, such as "method.threshold", is `value`: what a person asked of the running training, see steer.lua.
function Context:set(name, value)
  local own = name:match "^method%.(.+)$"
  if own then self.options[own] = value end
  for _, part in ipairs(self.parts) do
    if rate_option(self, part) == name then part.lr = value end
  end
  self:look_ahead()
end

-- From now on the run has `steps` steps.
function Context:extend(steps)
  self.steps = steps
  self:look_ahead()
end

-- Finds the steps from which options have an effect.
function Context:look_ahead()
  for _, descriptor in ipairs(self.method.options or {}) do
    self.effective[descriptor[1]] = descriptor.from and descriptor.from(self.options, self.steps) or 0
  end
end

-- Keeps a model in checkpoints that no optimizer trains, such as a teacher.
function Context:keep(name, model)
  self.kept[#self.kept + 1] = { name = name, model = model }
end

-- Says a line of text: it is printed, and kept in the run's history under the step, for `show` and the dashboard.
function Context:say(text)
  if self.hear then self.hear(text) end
end

-- Another segmentation network like context.model, with the same initial weights.
function Context:new_model()
  return self.make_model()
end

-- A context from its fields; the trainer makes one for each run, tests and measurements make their own. `used` holds the values of
-- schedules that were used since the trainer last looked, by the options' names.
local function new(fields)
  local context = setmetatable(fields, Context)
  context.used, context.effective = {}, {}
  context.parts, context.kept, context.schedules = {}, {}, {}
  for _, descriptor in ipairs(fields.method.options or {}) do
    context.schedules[descriptor[1]] = descriptor[2] == "schedule"
  end
  context:look_ahead()
  return context
end

return { new = new }

-- What a person sees while a run trains: a bar that is drawn over itself on a terminal, plain lines elsewhere.
local core = require "semiluna.core"
local system = core.system

local Progress = {}
Progress.__index = Progress

local bar_width = 32

local function duration(seconds)
  seconds = math.max(0, math.floor(seconds + 0.5))
  local hours, minutes = seconds // 3600, seconds // 60 % 60
  if hours > 0 then return ("%d:%02d:%02d"):format(hours, minutes, seconds % 60) end
  return ("%d:%02d"):format(minutes, seconds % 60)
end

-- `run` as run.new makes it; `options` has quiet, and label: what stands before the bar.
local function new(run, options)
  local self = setmetatable({
    run = run, quiet = options.quiet, label = options.label or run.name, terminal = system.isatty(1) and not options.quiet,
    first = 0, began = system.clock(), drawn = 0, paused = 0, values = {}, terms = {},
  }, Progress)
  for _, term in ipairs(run.options.method_table.terms or {}) do self.terms[#self.terms + 1] = term[1] end
  return self
end

-- Counts speed from `step` on, for a run that was resumed.
function Progress:start(step)
  self.first, self.began = step, system.clock()
end

local function write(...)
  io.stdout:write(...)
  io.stdout:flush()
end

-- Text in place of the line that was drawn last.
function Progress:draw(text)
  local width = system.width()
  if #text >= width then text = text:sub(1, width - 1) end
  write("\r", text, "\27[K")
  self.open = true
end

function Progress:say(text)
  if self.open then write("\r\27[K") end
  self.open = false
  write(text, "\n")
end

-- Losses in the method's order, then any others by name.
local function ordered(self, losses)
  local names, seen = {}, {}
  for _, name in ipairs(self.terms) do
    if losses[name] then names[#names + 1] = name end
    seen[name] = true
  end
  local others = {}
  for name in pairs(losses) do
    if not seen[name] then others[#others + 1] = name end
  end
  table.sort(others)
  table.move(others, 1, #others, #names + 1, names)
  return names
end

local function losses_text(self, losses)
  local parts = {}
  for i, name in ipairs(ordered(self, losses)) do
    parts[i] = name == "kept" and ("kept %.0f %%"):format(100 * losses[name]) or ("%s %.3f"):format(name, losses[name])
  end
  return table.concat(parts, "  ")
end

local function speed(self, step)
  local seconds = system.clock() - self.began - self.paused
  local rate = seconds > 0 and (step - self.first) / seconds or 0
  return rate, rate > 0 and (self.run.steps - step) / rate or 0
end

local function miou_text(values)
  return values.miou and ("  mIoU %.1f"):format(100 * values.miou) or ""
end

local function status(self, step, losses, lr)
  local rate, left = speed(self, step)
  return ("%s  lr %.3g  %.1f images/s%s%s"):format(losses_text(self, losses), lr or 0, rate * self.run.options.batch,
    step < self.run.steps and "  ETA " .. duration(left) or "", miou_text(self.values))
end

local function bar(self, step)
  local filled = step * bar_width // self.run.steps
  return ("  %s [%s%s] %d/%d  "):format(self.label, ("#"):rep(filled), ("-"):rep(bar_width - filled), step, self.run.steps)
end

-- After a step.
function Progress:step(step, losses, lr)
  if self.quiet then return end
  local last = step == self.run.steps
  self.step_done, self.losses, self.lr = step, losses, lr
  if self.terminal then
    local now = system.clock()
    if last or now > self.drawn + 0.1 then
      self.drawn = now
      self:draw(bar(self, step) .. status(self, step, losses, lr))
    end
  elseif last or step == self.first + 1 or step % math.max(1, self.run.steps // 20) == 0 then
    write(("  %s %d/%d  %s\n"):format(self.label, step, self.run.steps, status(self, step, losses, lr)))
  end
end

-- While whole images are measured; that time does not count in the speed.
function Progress:evaluating(split, done, count)
  local now = system.clock()
  if done == 1 then self.evaluation_began = now end
  if self.terminal and now > self.drawn + 0.1 then
    self.drawn = now
    self:draw(bar(self, self.step_done or 0) .. ("evaluating %s %d/%d"):format(split, done, count))
  end
end

function Progress:evaluated(step, values)
  if self.evaluation_began then
    self.paused = self.paused + system.clock() - self.evaluation_began
    self.evaluation_began = nil
  end
  self.values = values
  if self.quiet then return end
  if self.terminal then
    self:draw(bar(self, step) .. status(self, step, self.losses, self.lr))
    return
  end
  local names, parts = {}, {}
  for name in pairs(values) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do parts[i] = ("%s %.4f"):format(name, values[name]) end
  write(("  %s %d/%d  evaluation: %s\n"):format(self.label, step, self.run.steps, table.concat(parts, "  ")))
end

-- Leaves the last line standing.
function Progress:finish()
  if self.open then write("\n") end
  self.open = false
end

return { new = new, duration = duration }

-- What a person sees while a run trains: a bar that is drawn over itself on a terminal, plain lines elsewhere.
local core = require "semiluna.core"
local system = core.system

local Progress = {}
Progress.__index = Progress

local least_bar, most_bar = 8, 32

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
  return parts
end

local function speed(self, step)
  local seconds = system.clock() - self.began - self.paused
  local rate = seconds > 0 and (step - self.first) / seconds or 0
  return rate, rate > 0 and (self.run.steps - step) / rate or 0
end

-- What stands behind the losses: learning rate, speed, the time that is left, the last mean IoU.
local function rest_text(self, step, lr)
  local rate, left = speed(self, step)
  local parts = { ("lr %.3g"):format(lr or 0), ("%.1f images/s"):format(rate * self.run.options.batch) }
  if step < self.run.steps then parts[#parts + 1] = "ETA " .. duration(left) end
  if self.values.miou then parts[#parts + 1] = ("mIoU %.1f"):format(100 * self.values.miou) end
  return table.concat(parts, "  ")
end

-- One line for a terminal of `width` columns: the bar gives way first, then the losses, the last ones before the first.
local function bar_line(self, step, losses, rest, width)
  local losses_left = table.move(losses, 1, #losses, 1, {})
  local function assemble(bar_width)
    local filled = step * bar_width // self.run.steps
    local bar = ("  %s [%s%s] %d/%d  "):format(self.label, ("#"):rep(filled), ("-"):rep(bar_width - filled), step, self.run.steps)
    return bar .. table.concat(losses_left, "  ") .. (#losses_left > 0 and "  " or "") .. rest
  end
  while #assemble(least_bar) >= width and #losses_left > 1 do losses_left[#losses_left] = nil end
  return assemble(math.max(least_bar, math.min(most_bar, width - 1 - #assemble(0))))
end

function Progress:draw_bar(step, losses, rest)
  self:draw(bar_line(self, step, losses, rest, system.width()))
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
      self:draw_bar(step, losses_text(self, losses), rest_text(self, step, lr))
    end
  elseif last or step == self.first + 1 or step % math.max(1, self.run.steps // 20) == 0 then
    local parts = losses_text(self, losses)
    parts[#parts + 1] = rest_text(self, step, lr)
    write(("  %s %d/%d  %s\n"):format(self.label, step, self.run.steps, table.concat(parts, "  ")))
  end
end

-- While whole images are measured; that time does not count in the speed.
function Progress:evaluating(split, done, count)
  local now = system.clock()
  if done == 1 then self.evaluation_began = now end
  if self.terminal and now > self.drawn + 0.1 then
    self.drawn = now
    self:draw_bar(self.step_done or 0, {}, ("evaluating %s %d/%d"):format(split, done, count))
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
    self:draw_bar(step, losses_text(self, self.losses), rest_text(self, step, self.lr))
    return
  end
  local names, parts = {}, {}
  for name in pairs(values) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do parts[i] = ("%s %.4f"):format(name, values[name]) end
  write(("  %s %d/%d  evaluation: %s\n"):format(self.label, step, self.run.steps, table.concat(parts, "  ")))
end

-- The run stands still; and goes on, after so many seconds, which do not count in the speed.
function Progress:pausing()
  if self.quiet then return end
  local text = ("  %s paused at step %d of %d"):format(self.label, self.step_done or 0, self.run.steps)
  if self.terminal then self:draw(text) else write(text, "\n") end
end

function Progress:went_on(seconds)
  self.paused = self.paused + seconds
  if not self.quiet and not self.terminal then write(("  %s goes on after %s\n"):format(self.label, duration(seconds))) end
end

-- Leaves the last line standing.
function Progress:finish()
  if self.open then write("\n") end
  self.open = false
end

return { new = new, duration = duration }

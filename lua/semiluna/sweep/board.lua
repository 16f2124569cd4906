-- What a person sees of a sweep: a table that is drawn over itself on a terminal, a line for each cell that ends elsewhere.
--
-- Lines that are to stay are written above the table. Nothing of the terminal is switched, so nothing has to be switched back.
local coordinator = require "semiluna.sweep.coordinator"
local core = require "semiluna.core"
local duration = require("semiluna.progress").duration
local terminal = require "semiluna.draw.terminal"
local system = core.system

local Board = {}
Board.__index = Board

local bar_width = 16
local memory = 30                                          -- seconds over which speed is measured

-- `cells` those of the sweep; `options`: title, quiet, plain (lines even on a terminal).
local function new(cells, options)
  return setmetatable({
    cells = cells, title = options.title, quiet = options.quiet, live = system.isatty(1) and not options.quiet and not options.plain,
    utf8 = terminal.utf8(), drawn = {}, speeds = {}, last = 0,
  }, Board)
end

local function percent(value)
  return value and value == value and ("%.1f"):format(100 * value) or "-"
end

-- ---- figures ------------------------------------------------------------------------------------------------------------------------

-- Steps a second of a cell's run, from what was seen of it in the last half minute; nil until it is known.
function Board:speed(cell, now)
  local seen = self.speeds[cell]
  if not cell.step or cell.state ~= "running" then
    self.speeds[cell] = nil
    return nil
  end
  if not seen or seen[#seen].step > cell.step or seen.run ~= cell.run then
    seen = { run = cell.run }
    self.speeds[cell] = seen
  end
  if #seen == 0 or seen[#seen].step ~= cell.step then seen[#seen + 1] = { time = now, step = cell.step } end
  while #seen > 2 and seen[1].time < now - memory do table.remove(seen, 1) end
  local first, last = seen[1], seen[#seen]
  if last.step == first.step then return nil end
  return (last.step - first.step) / math.max(now - first.time, 1e-3)
end

local function steps_of(cell)
  return cell.steps or cell.item.resolved.steps
end

-- Seconds until all is done at today's speed; nil while that is not known. Warm-ups that are shared count once.
function Board:left(now)
  local steps, rate, counted = 0, 0, {}
  for _, cell in ipairs(self.cells) do
    local speed = self:speed(cell, now)
    rate = rate + (speed or 0)
    if not (coordinator.final[cell.state] or cell.given_up) then
      local from = cell.state ~= "to do" and cell.state ~= "failed" and cell.step or 0
      for _, fork in ipairs(cell.state == "running" and {} or cell.forks or {}) do
        if counted[fork.prefix] or self.available[fork.prefix] then from = math.max(from, fork.step) end
      end
      for _, fork in ipairs(cell.forks or {}) do counted[fork.prefix] = true end
      steps = steps + math.max(0, steps_of(cell) - from)
    end
  end
  return rate > 0 and steps / rate or nil
end

local order = { "done", "running", "waiting", "stopped", "to do", "pruned", "diverged", "failed" }

-- What a person is told a cell is at.
local function shown_state(cell)
  if cell.given_up then return cell.given_up end
  if cell.busy and cell.state ~= "running" and cell.state ~= "done" then return "starting" end
  return cell.state
end

-- "5/18 done  2 running  11 to do"
function Board:counts()
  local counts, parts = {}, {}
  for _, cell in ipairs(self.cells) do
    local state = shown_state(cell)
    if state == "starting" then state = "running" end
    counts[state] = (counts[state] or 0) + 1
  end
  for _, state in ipairs(order) do
    if state == "done" then
      parts[1] = ("%d/%d done"):format(counts.done or 0, #self.cells)
    elseif counts[state] then
      parts[#parts + 1] = counts[state] .. " " .. state
    end
  end
  return table.concat(parts, "  ")
end

-- ---- the table ------------------------------------------------------------------------------------------------------------------------

function Board:bar(cell)
  local filled = math.min(bar_width, (cell.step or 0) * bar_width // math.max(1, steps_of(cell)))
  local full, empty = self.utf8 and "▓" or "#", self.utf8 and "░" or "-"
  return full:rep(filled) .. empty:rep(bar_width - filled)
end

function Board:row(cell, now)
  local state, speed = shown_state(cell), self:speed(cell, now)
  local row = {
    tostring(cell.number), terminal.clean(cell.label), state, ("%d/%d"):format(state == "to do" and 0 or cell.step or 0, steps_of(cell)),
    "", percent(cell.best_miou), "", "",
  }
  if state == "running" then
    row[5] = self:bar(cell)
    row[7] = speed and ("%.1f"):format(speed) or ""
    row[8] = speed and duration((steps_of(cell) - cell.step) / speed) or ""
  elseif state == "failed" and (cell.reason or cell.error) then
    row.reason = terminal.clean(cell.reason or cell.error)
  elseif state == "done" then
    row[8] = cell.seconds and duration(cell.seconds) or ""
  end
  return row
end

local title_row = { "#", "cell", "", "step", "", "best", "it/s", "ETA" }
local left_aligned = { [2] = true, [3] = true, [5] = true }

-- Those that are shown when there is no room for all: the running first, then the failed, then what was done last.
local function chosen(cells, room)
  if #cells <= room then return cells, 0 end
  local ranks, list = { running = 1, starting = 1, failed = 2, stopped = 3, waiting = 3, ["to do"] = 4 }, {}
  for i, cell in ipairs(cells) do list[i] = { cell = cell, rank = ranks[shown_state(cell)] or 5 } end
  table.sort(list, function(a, b)
    if a.rank ~= b.rank then return a.rank < b.rank end
    return a.cell.number < b.cell.number
  end)
  local kept = {}
  for i = 1, math.max(1, room) do kept[i] = list[i].cell end
  table.sort(kept, function(a, b) return a.number < b.number end)
  return kept, #cells - #kept
end

local function fit(rows, width)
  local widths = {}
  for _, row in ipairs(rows) do
    for i = 1, #title_row do widths[i] = math.max(widths[i] or 0, terminal.columns(row[i])) end
  end
  local all = 2 * (#title_row - 1)
  for _, one in ipairs(widths) do all = all + one end
  if all >= width and widths[5] > 0 then                   -- the bar gives way first, then the labels
    all, widths[5] = all - widths[5] - 2, 0
  end
  if all >= width then widths[2] = math.max(8, widths[2] - (all - width + 1)) end
  return widths
end

function Board:lines(width, height, now)
  local cells, hidden = chosen(self.cells, height - 4)
  local left = self:left(now)
  local lines = { ("%s   %s%s"):format(self.title, self:counts(), left and "   ETA " .. duration(left) or "") }
  local rows = { title_row }
  for _, cell in ipairs(cells) do rows[#rows + 1] = self:row(cell, now) end
  local widths = fit(rows, width)
  for _, row in ipairs(rows) do
    local parts = {}
    for i = 1, #title_row do
      if widths[i] > 0 then
        local text = terminal.cut(row[i], widths[i], self.utf8)
        local space = (" "):rep(widths[i] - terminal.columns(text))
        parts[#parts + 1] = left_aligned[i] and text .. space or space .. text
      end
    end
    local line = table.concat(parts, "  "):gsub("%s+$", "")
    if row.reason then line = line .. "  " .. row.reason end
    lines[#lines + 1] = line
  end
  if hidden > 0 then lines[#lines + 1] = ("... and %d more"):format(hidden) end
  for i, line in ipairs(lines) do lines[i] = terminal.cut(line, width - 1, self.utf8) end
  return lines
end

-- ---- drawing --------------------------------------------------------------------------------------------------------------------------

-- What takes the cursor to where the table began. A terminal that was made narrower has broken its lines in several.
function Board:rewind(width)
  local up = 0
  for _, columns in ipairs(self.drawn) do up = up + math.max(1, (columns + width - 1) // width) end
  self.drawn = {}
  return up > 0 and ("\r\27[%dA\27[J"):format(up) or ""
end

local function write(...)
  io.stdout:write(...)
  io.stdout:flush()
end

-- Draws the table anew, about once a second. `about` is the coordinator.
function Board:show(about)
  self.available = about.available
  if not self.live then return end
  local now = system.clock()
  if now < self.last + 0.9 and not about.stopping then return end
  self.last = now
  self:draw(now)
end

function Board:draw(now)
  local width = system.width()
  local lines, before = self:lines(width, system.height(), now), self:rewind(width)
  for i, line in ipairs(lines) do self.drawn[i] = terminal.columns(line) end
  write(before, table.concat(lines, "\n"), "\n")
end

-- A line that stays.
function Board:tell(text)
  if self.quiet then return end
  text = terminal.clean(text)
  if not self.live then return write(text, "\n") end
  write(self:rewind(system.width()), text, "\n")
  self.last = 0
end

-- A cell has come to its end; `problem` is what went wrong, or nil.
function Board:ended(cell, problem)
  if problem and self.quiet then
    io.stderr:write("semiluna: ", coordinator.name_of(cell), " ", terminal.clean(problem), "\n")
    return
  end
  local text = problem
  if not problem then
    text = cell.state
    if cell.state == "done" and cell.miou then text = text .. ": mIoU " .. percent(cell.miou) end
    if cell.state == "diverged" and cell.error then text = text .. ": " .. cell.error end
    if cell.seconds then text = text .. " in " .. duration(cell.seconds) end
  end
  if self.live and not problem and cell.state == "done" then return end -- the table shows it
  local done = 0
  for _, one in ipairs(self.cells) do done = done + (one.state == "done" and 1 or 0) end
  self:tell(("%d/%d done  %s %s"):format(done, #self.cells, coordinator.name_of(cell), text))
end

-- Takes the table away.
function Board:close()
  if self.live then write(self:rewind(system.width())) end
  self.live = false
end

return { new = new, shown_state = shown_state }

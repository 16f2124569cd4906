-- What a person sees of a sweep: a table that is drawn over itself on a terminal, a line for each cell that ends elsewhere.
--
-- Lines that are to stay are written above the table. Nothing of the terminal is switched, so nothing has to be switched back.
local coordinator = require "semiluna.sweep.coordinator"
local core = require "semiluna.core"
local duration = require("semiluna.progress").duration
local eta = require "semiluna.sweep.eta"
local terminal = require "semiluna.draw.terminal"
local system = core.system

local Board = {}
Board.__index = Board

local bar_width = 16

-- `cells` those of the sweep; `options`: title, columns (what tells cells apart: see `brief` in plan/plan.lua), quiet, plain (lines even
-- on a terminal).
local function new(cells, options)
  local self = setmetatable({
    cells = cells, title = options.title, columns = options.columns or {}, quiet = options.quiet,
    live = system.isatty(1) and not options.quiet and not options.plain, utf8 = terminal.utf8(), drawn = {}, last = 0, eta = eta.new(),
    available = {}, workers = 1,
  }, Board)
  self.head = { "#" }
  for i, column in ipairs(self.columns) do self.head[i + 1] = column.title end
  table.move({ "", "step", "", "best", "it/s", "ETA" }, 1, 6, #self.head + 1, self.head)
  self.bar_at = #self.head - 3
  return self
end

local function percent(value)
  return value and value == value and ("%.1f"):format(100 * value) or "-"
end

-- ---- figures ------------------------------------------------------------------------------------------------------------------------

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
  local filled = math.min(bar_width, (cell.step or 0) * bar_width // math.max(1, eta.steps(cell)))
  local full, empty = self.utf8 and "▓" or "#", self.utf8 and "░" or "-"
  return full:rep(filled) .. empty:rep(bar_width - filled)
end

function Board:row(cell, now)
  local state, steps, row = shown_state(cell), eta.steps(cell), { tostring(cell.number) }
  for i, column in ipairs(self.columns) do row[i + 1] = terminal.clean(cell.shown[column.name] or "-") end
  local bar, speed, left = "", "", ""
  if state == "running" then
    local measured, seconds = self.eta:speed(cell, now), self.eta:left_of(cell, now, self.paces)
    bar, speed, left = self:bar(cell), measured and ("%.1f"):format(measured) or "", seconds and duration(seconds) or ""
  elseif state == "failed" and (cell.reason or cell.error) then
    row.reason = terminal.clean(cell.reason or cell.error)
  end
  local figures = { state, ("%d/%d"):format(state == "to do" and 0 or cell.step or 0, steps), bar, percent(cell.best_miou), speed, left }
  return table.move(figures, 1, #figures, #row + 1, row)
end

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

-- How wide columns are. Where there is no room the bar gives way first, then titles, then the speed, then what tells cells apart.
function Board:fit(rows, width)
  local widths, values, all = {}, {}, -2
  for i = 1, #self.head do
    values[i] = 0
    for r = 2, #rows do values[i] = math.max(values[i], terminal.columns(rows[r][i])) end
    widths[i] = math.max(values[i], terminal.columns(self.head[i]))
    if widths[i] > 0 then all = all + widths[i] + 2 end
  end
  local function drop(i)
    if all >= width and widths[i] > 0 then all, widths[i] = all - widths[i] - 2, 0 end
  end
  local function shrink(least)
    while all >= width do
      local widest
      for i = 2, #self.columns + 1 do
        if widths[i] > math.max(3, least and least[i] or 0) and (not widest or widths[i] > widths[widest]) then widest = i end
      end
      if not widest then return end
      all, widths[widest] = all - 1, widths[widest] - 1
    end
  end
  drop(self.bar_at)
  shrink(values)
  drop(self.bar_at + 2)
  shrink()
  return widths
end

-- Numbers and shares stand to the right.
local function is_number(text)
  return tonumber(text) ~= nil or text:find "^%d+/%d+$" ~= nil or text == "-"
end

function Board:left_aligned(rows)
  local left = { [#self.columns + 2] = true, [self.bar_at] = true }
  for i = 2, #self.columns + 1 do
    for r = 2, #rows do left[i] = left[i] or not is_number(rows[r][i]) end
  end
  return left
end

function Board:lines(width, height, now)
  self.paces = self.eta:paces(self.cells, now)
  local cells, hidden = chosen(self.cells, height - 4)
  local left = self.eta:left(self.cells, now, self.available, self.workers)
  local lines = { ("%s   %s%s"):format(self.title, self:counts(), left and "   ETA " .. duration(left) or "") }
  local rows = { self.head }
  for _, cell in ipairs(cells) do rows[#rows + 1] = self:row(cell, now) end
  local widths, to_left = self:fit(rows, width), self:left_aligned(rows)
  for _, row in ipairs(rows) do
    local parts = {}
    for i = 1, #self.head do
      if widths[i] > 0 then
        local text = terminal.cut(row[i], widths[i], self.utf8)
        local space = (" "):rep(widths[i] - terminal.columns(text))
        parts[#parts + 1] = to_left[i] and text .. space or space .. text
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
  self.available, self.workers = about.available, about.workers
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
  if cell.state == "done" and cell.worked then self.eta:ended(cell, cell.began_at, cell.worked) end
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

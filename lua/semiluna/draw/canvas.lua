-- A canvas of dots for the terminal: braille characters, of 2 x 4 dots each, or one mark a character where only ASCII can be shown.
--
--   local c = canvas.new { width = 40, height = 10 }       in characters
--   c:line(0, 0, c.dots_x - 1, c.dots_y - 1, 1)            dots count from 0, from the left and from the TOP; 1: the first series
--   for _, row in ipairs(c:rows()) do print(row) end
local terminal = require "semiluna.draw.terminal"

local Canvas = {}
Canvas.__index = Canvas

local abs = math.abs

-- The bit of each dot of a braille character, by 2 * row + column.
local bits = { [0] = 0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80 }
-- What series are drawn with in ASCII, and how their lines are broken where there are no colours: {dots on, dots off, ...}.
local marks = { "*", "+", "o", "x", "#", "@", "%", "=" }
local patterns = { false, { 4, 3 }, { 1, 2 }, { 6, 2, 1, 2 }, { 2, 2 }, { 8, 4 }, { 1, 4 }, { 3, 2, 1, 2, 1, 2 } }

-- `width` and `height` in characters; `utf8` and `color` are what the terminal can do where they are left out.
local function new(options)
  local self = setmetatable({ width = options.width, height = options.height, utf8 = options.utf8, color = options.color }, Canvas)
  if self.utf8 == nil then self.utf8 = terminal.utf8() end
  if self.color == nil then self.color = terminal.color() end
  self.dots_x = self.utf8 and 2 * self.width or self.width
  self.dots_y = self.utf8 and 4 * self.height or self.height
  self.cells, self.owner, self.texts = {}, {}, {}
  for i = 0, self.width * self.height - 1 do self.cells[i] = 0 end
  return self
end

-- One dot of series `series`, which gives the character its colour or mark. Dots outside are left out.
function Canvas:dot(x, y, series)
  if x < 0 or y < 0 or x >= self.dots_x or y >= self.dots_y then return end
  local cell
  if self.utf8 then
    cell = (y // 4) * self.width + x // 2
    self.cells[cell] = self.cells[cell] | bits[2 * (y % 4) + x % 2]
  else
    cell = y * self.width + x
    self.cells[cell] = 1
  end
  self.owner[cell] = series
end

-- Where a broken line has dots: `at` counts along it.
local function is_on(pattern, at)
  if not pattern then return true end
  local period = 0
  for i = 1, #pattern do period = period + pattern[i] end
  at = at % period
  for i = 1, #pattern do
    if at < pattern[i] then return i % 2 == 1 end
    at = at - pattern[i]
  end
end

-- How a series is drawn where several must be told apart without colours.
function Canvas:pattern(series)
  if self.color or not self.utf8 then return false end
  return patterns[(series - 1) % #patterns + 1]
end

-- A straight line between two dots; `pattern` as Canvas:pattern gives it. Returns where the pattern stands after it: it goes on from
-- `at` (0).
function Canvas:line(x0, y0, x1, y1, series, pattern, at)
  local dx, dy = abs(x1 - x0), -abs(y1 - y0)
  local step_x, step_y = x0 < x1 and 1 or -1, y0 < y1 and 1 or -1
  local off = dx + dy
  at = at or 0
  while true do
    if is_on(pattern, at) then self:dot(x0, y0, series) end
    if x0 == x1 and y0 == y1 then return at end
    at = at + 1
    local double = 2 * off
    if double >= dy then off, x0 = off + dy, x0 + step_x end
    if double <= dx then off, y0 = off + dx, y0 + step_y end
  end
end

-- Every other dot of column x between two rows: a band.
function Canvas:shade(x, top, bottom, series)
  if not self.utf8 then
    for y = math.max(0, top), math.min(self.dots_y - 1, bottom) do
      if self.cells[y * self.width + x] == 0 then self:text(x, y, series and ".", series, true) end
    end
    return
  end
  for y = math.max(0, top), math.min(self.dots_y - 1, bottom) do
    if (x + y) % 2 == 0 and x % 2 == 0 then self:dot(x, y, series) end
  end
end

-- A character over the dots, at a character's place; `under`: only where nothing is drawn in the end.
function Canvas:text(column, row, text, series, under)
  if column < 0 or row < 0 or column >= self.width or row >= self.height then return false end
  self.texts[row * self.width + column] = { text, series, under }
  return true
end

-- Whether a character was written over this place.
function Canvas:has_text(column, row)
  local text = self.texts[row * self.width + column]
  return text ~= nil and not text[3]
end

local function character(self, cell)
  local text, bits_set = self.texts[cell], self.cells[cell]
  if text and (not text[3] or bits_set == 0) then return text[1], text[2] end
  if bits_set == 0 then return " " end
  if self.utf8 then return utf8.char(0x2800 + bits_set), self.owner[cell] end
  return marks[(self.owner[cell] - 1) % #marks + 1], self.owner[cell]
end

-- The rows as texts, all of the canvas's width.
function Canvas:rows()
  local rows = {}
  for row = 0, self.height - 1 do
    local parts, painted = {}, nil
    for column = 0, self.width - 1 do
      local text, series = character(self, row * self.width + column)
      if self.color and text ~= " " and series ~= painted then
        if painted then parts[#parts + 1] = terminal.plain end
        if series then parts[#parts + 1] = terminal.paint(series) end
        painted = series
      end
      parts[#parts + 1] = text
    end
    if painted then parts[#parts + 1] = terminal.plain end
    rows[row + 1] = table.concat(parts)
  end
  return rows
end

-- The sample of a series for a legend: a short piece of its line.
function Canvas:sample(series)
  local sample = new { width = self.utf8 and 4 or 1, height = 1, utf8 = self.utf8, color = self.color }
  sample:line(0, sample.dots_y // 2, sample.dots_x - 1, sample.dots_y // 2, series, sample:pattern(series))
  return sample:rows()[1]
end

return { new = new }

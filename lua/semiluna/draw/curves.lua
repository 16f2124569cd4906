-- Curves in the terminal: a canvas with axes, numbers at round places, and a legend.
local canvas = require "semiluna.draw.canvas"
local scale = require "semiluna.draw.scale"
local terminal = require "semiluna.draw.terminal"

local floor, max, min = math.floor, math.max, math.min

local unicode = { tick = "┤", line = "│", corner = "└", floor = "─", mark = "┬" }
local ascii = { tick = "+", line = "|", corner = "+", floor = "-", mark = "+" }

local function letter(index)
  index = (index - 1) % 52
  return string.char(index < 26 and 65 + index or 97 + index - 26)
end

-- ---- ranges ---------------------------------------------------------------------------------------------------------------------

local function range_of(options)
  local x_low, x_high, y_low, y_high
  for _, series in ipairs(options.series) do
    for _, list in ipairs { series.points, series.band or {} } do
      for i = 1, #list do
        local point = list[i]
        local x = point[1]
        for j = 2, list == series.band and 3 or 2 do
          local y = point[j]
          if scale.shown(x) and scale.shown(y, options.log_y) then
            if not x_low or x < x_low then x_low = x end
            if not x_high or x > x_high then x_high = x end
            if not y_low or y < y_low then y_low = y end
            if not y_high or y > y_high then y_high = y end
          end
        end
      end
    end
  end
  return options.x_low or x_low, options.x_high or x_high, options.y_low or y_low, options.y_high or y_high
end

-- The axes, or nil where there is nothing to draw.
local function axes_of(options)
  local x_low, x_high, y_low, y_high = range_of(options)
  if not x_low or not y_low then return nil end
  local y = scale.new(y_low, max(y_low, y_high), options.log_y)
  local x = scale.new(x_low, max(x_low, x_high), false)
  return x, y
end

-- ---- drawing --------------------------------------------------------------------------------------------------------------------

-- The dot of a value along an axis with `dots` dots.
local function dot_of(axis, value, dots)
  return floor(axis.place(value) * (dots - 1) + 0.5)
end

-- Draws a series column by column of dots: what falls on one column becomes a stroke from its least to its greatest value, so that
-- thousands of points cost little and no spike is lost. Returns the place of the last dot.
local function draw_line(c, series, index, x_axis, y_axis, is_log, pattern)
  local pen_x, pen_y, at = nil, nil, 0 -- where the line stands
  local column, first, last, top, bottom -- the column that is being collected
  local function flush()
    if not column then return end
    if pen_x and series.style == "steps" then
      at = c:line(pen_x, pen_y, column, pen_y, index, pattern, at)
      c:line(column, pen_y, column, first, index)
    elseif pen_x then
      at = c:line(pen_x, pen_y, column, first, index, pattern, at)
    elseif not pattern or top == bottom then
      c:dot(column, first, index)
    end
    if top < bottom then c:line(column, top, column, bottom, index, pattern, at) end
    pen_x, pen_y, column = column, last, nil
  end
  local last_x, last_y
  for i = 1, #series.points do
    local x, y = series.points[i][1], series.points[i][2]
    if scale.shown(x) and scale.shown(y, is_log) then
      local dx, dy = dot_of(x_axis, x, c.dots_x), c.dots_y - 1 - dot_of(y_axis, y, c.dots_y)
      if series.style == "points" then
        c:dot(dx, dy, index)
      elseif dx == column then
        last, top, bottom = dy, min(top, dy), max(bottom, dy)
      else
        flush()
        column, first, last, top, bottom = dx, dy, dy, dy, dy
      end
      last_x, last_y = dx, dy
    else
      flush()
      pen_x = nil
    end
  end
  flush()
  return last_x, last_y
end

-- The area between the lower and the upper line of a band, straight between its points.
local function draw_band(c, band, index, x_axis, y_axis, is_log)
  local before
  for i = 1, #band do
    local x, low, high = band[i][1], band[i][2], band[i][3]
    if scale.shown(x) and scale.shown(low, is_log) and scale.shown(high, is_log) then
      local here = { dot_of(x_axis, x, c.dots_x), c.dots_y - 1 - dot_of(y_axis, high, c.dots_y),
        c.dots_y - 1 - dot_of(y_axis, low, c.dots_y) }
      local from = before or here
      for column = max(0, from[1]), min(c.dots_x - 1, here[1]) do
        local share = here[1] > from[1] and (column - from[1]) / (here[1] - from[1]) or 1
        c:shade(column, floor(from[2] + share * (here[2] - from[2]) + 0.5), floor(from[3] + share * (here[3] - from[3]) + 0.5), index)
      end
      before = here
    else
      before = nil
    end
  end
end

-- The series' letter right after its last dot, or beside it where another letter stands.
local function write_letter(c, index, x, y)
  local column, row = min(c.width - 1, (c.utf8 and x // 2 or x) + 1), c.utf8 and y // 4 or y
  for _, shift in ipairs { 0, -1, 1, -2, 2, -3, 3, -4, 4 } do
    if row + shift >= 0 and row + shift < c.height and not c:has_text(column, row + shift) then
      return c:text(column, row + shift, letter(index), index)
    end
  end
end

-- ---- around the canvas ----------------------------------------------------------------------------------------------------------

-- Which rows of the canvas, of `dots` dots each, carry a number, and the width of the numbers.
local function y_numbers(axis, height, dots)
  local ticks, step = scale.ticks(axis, max(2, min(8, height // 2)))
  local texts, rows, width = scale.texts(ticks, step), {}, 1
  local function put(i)
    local row = height - 1 - dot_of(axis, ticks[i], height * dots) // dots
    if row >= 0 and row < height and not rows[row] then
      rows[row] = texts[i]
      width = max(width, #texts[i])
    end
  end
  if ticks[1] then put(1) end
  for i = #ticks, 2, -1 do put(i) end -- the ends before what lies between
  return rows, width
end

-- The numbers under an axis as {column, text}, none of which touches its neighbour.
local function x_numbers(axis, width, ticks, texts)
  local numbers, free = {}, 0
  for i, value in ipairs(ticks) do
    local size = #texts[i]
    local column = floor(axis.place(value) * (width - 1) + 0.5)
    local start = max(0, min(width - size, column - size // 2))
    if start >= free then
      numbers[#numbers + 1] = { start, texts[i] }
      free = start + size + 1
    end
  end
  return numbers
end

-- Puts the label behind the last number, or in the gap before it.
local function place_label(numbers, label, width)
  local columns, last = terminal.columns(label), numbers[#numbers]
  local stop = last and last[1] + #last[2] + 1 or 0
  if stop + columns <= width then
    numbers[#numbers + 1] = { width - columns, label }
  elseif last then
    local before = numbers[#numbers - 1]
    local start = before and before[1] + #before[2] + 1 or 0
    local room = last[1] - 1 - start
    if room >= columns then table.insert(numbers, #numbers, { start + (room - columns) // 2, label }) end
  end
end

-- The line under the canvas and the numbers below it.
local function x_lines(axis, width, margin, glyphs, options)
  local ticks, step = scale.ticks(axis, max(2, width // 14), options.x_whole ~= false)
  local marks = {}
  for i = 1, width do marks[i] = glyphs.floor end
  for _, value in ipairs(ticks) do
    local column = floor(axis.place(value) * (width - 1) + 0.5)
    if column >= 0 and column < width then marks[column + 1] = glyphs.mark end
  end
  local numbers = x_numbers(axis, width, ticks, scale.texts(ticks, step))
  if options.x_label then place_label(numbers, terminal.clean(options.x_label), width) end
  local parts, used = { (" "):rep(margin + 1) }, 0
  for _, number in ipairs(numbers) do
    parts[#parts + 1] = (" "):rep(number[1] - used) .. number[2]
    used = number[1] + terminal.columns(number[2])
  end
  return (" "):rep(margin) .. glyphs.corner .. table.concat(marks), table.concat(parts)
end

local function legend_lines(c, options, with_letters, width)
  local lines, line, used = {}, {}, 0
  for i, series in ipairs(options.series) do
    local text = terminal.cut(terminal.clean(series.name or ""), max(8, width - 10), c.utf8)
    local entry = (with_letters and letter(i) .. " " or "") .. c:sample(i) .. " " .. text .. (series.empty and " (no values)" or "")
    local columns = terminal.columns(entry)
    if used > 0 and used + 3 + columns > width then
      lines[#lines + 1], line, used = table.concat(line, "   "), {}, 0
    end
    line[#line + 1] = entry
    used = used + (used > 0 and 3 or 0) + columns
  end
  lines[#lines + 1] = table.concat(line, "   ")
  return lines
end

local function draw_all(c, options, x_axis, y_axis, with_letters)
  for i, series in ipairs(options.series) do
    if series.band then draw_band(c, series.band, i, x_axis, y_axis, options.log_y) end
  end
  for i, series in ipairs(options.series) do
    local pattern = #options.series > 1 and c:pattern(i)
    local x, y = draw_line(c, series, i, x_axis, y_axis, options.log_y, pattern)
    series.empty = x == nil
    if x and with_letters then write_letter(c, i, x, y) end
  end
end

-- Draws curves as text. Options:
--   series    { {name=, points = {{x, y}, ...}, style=, band = {{x, low, high}, ...}}, ... }: x grows; nan and infinities are gaps;
--             style "line" (straight between points), "steps" (a value holds until the next) or "points"
--   width     columns in all (the terminal's width); height: rows of the plot itself, 12; title, axis and legend come on top of these
--   title, y_label, x_label; log_y: logarithmic; x_whole = false: x is no number of steps, but may have fractions
--   x_low, x_high, y_low, y_high   ends of the axes, instead of those of the values
--   legend    false: none. One series without a name has none
--   utf8, color   what the terminal can do; found out where left out
-- The series are told apart by colours; without colours by broken lines and by letters at their ends.
return function(options)
  local width, height = options.width or terminal.width(), options.height or 12
  local x_axis, y_axis = axes_of(options)
  local lines = {}
  if options.title then lines[1] = terminal.clean(options.title) end
  if not x_axis then
    lines[#lines + 1] = "(no values to draw)"
    return table.concat(lines, "\n") .. "\n"
  end
  local with_dots = options.utf8
  if with_dots == nil then with_dots = terminal.utf8() end
  local rows, margin = y_numbers(y_axis, height, with_dots and 4 or 1)
  local c = canvas.new { width = max(8, width - margin - 1), height = height, utf8 = with_dots, color = options.color }
  local glyphs = c.utf8 and unicode or ascii
  local with_letters = #options.series > 1 and (not c.color or #options.series > 8)
  draw_all(c, options, x_axis, y_axis, with_letters)

  if options.y_label then lines[#lines + 1] = (" "):rep(margin) .. " " .. terminal.clean(options.y_label) end
  for i, text in ipairs(c:rows()) do
    local number = rows[i - 1]
    local left = number and (" "):rep(margin - #number) .. number .. glyphs.tick or (" "):rep(margin) .. glyphs.line
    lines[#lines + 1] = (left .. text):gsub(" +$", "")
  end
  lines[#lines + 1], lines[#lines + 2] = x_lines(x_axis, c.width, margin, glyphs, options)
  local named = #options.series > 1 or options.series[1].name
  if options.legend ~= false and named then
    for _, line in ipairs(legend_lines(c, options, with_letters, width - margin - 1)) do
      lines[#lines + 1] = (" "):rep(margin + 1) .. line
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

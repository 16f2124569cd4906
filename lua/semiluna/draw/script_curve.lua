-- Curves as gnuplot draws them.
local gnuplot = require "semiluna.draw.gnuplot"
local palette = require "semiluna.draw.palette"
local parts = require "semiluna.draw.script_parts"
local scale = require "semiluna.draw.scale"

local few = 30 -- points that are marked one by one
local marks = { 7, 5, 9, 13, 11, 6, 4, 8 } -- disc, square, triangle, diamond, ...

-- The points that can be drawn; a hole in the list breaks the line.
local function rows_of(points, is_log)
  local rows = {}
  for i, point in ipairs(points) do
    local shown = scale.shown(point[2], is_log) and (point[3] == nil or scale.shown(point[3], is_log))
    rows[i] = shown and point or false
  end
  return rows
end

-- The ends of both axes.
local function ranges(panel)
  local x_low, x_high, y_low, y_high
  for _, series in ipairs(panel.series) do
    for _, points in ipairs { series.points, series.band } do
      for _, point in ipairs(points) do
        for i = 2, #point do
          if scale.shown(point[i], panel.log_y) then
            x_low, x_high = scale.range({ point[1] }, false, x_low, x_high)
            y_low, y_high = scale.range({ point[i] }, panel.log_y, y_low, y_high)
          end
        end
      end
    end
  end
  return panel.x_low or x_low or 0, panel.x_high or x_high or 1, y_low or (panel.log_y and 1 or 0), y_high or 1
end

local function x_commands(panel, low, high)
  if low > 0 and low < 0.12 * (high - low) and panel.x_whole ~= false then low = 0 end -- the first steps: begin at 0
  local axis = scale.new(low, high)
  local ticks, step = scale.ticks(axis, 6, panel.x_whole ~= false)
  return ("set xrange [%.10g:%.10g]"):format(axis.low, axis.high), parts.tics("x", ticks, scale.texts(ticks, step))
end

-- Some room above and below, but none under a 0 that no value goes below.
local function y_commands(panel, low, high)
  local axis = scale.new(low, high, panel.log_y)
  local room = 0.04 * (axis.high - axis.low)
  local bottom, top = axis.low - room, axis.high + room
  if not panel.log_y and low >= 0 and bottom < 0 then bottom = 0 end
  if not axis.constant then axis.low, axis.high = bottom, top end
  local ticks, step = scale.ticks(axis, 6)
  if panel.log_y then bottom, top = 10 ^ bottom, 10 ^ top end
  return panel.log_y and "set logscale y 10" or "unset logscale y", ("set yrange [%.10g:%.10g]"):format(bottom, top),
    parts.tics("y", ticks, scale.texts(ticks, step))
end

-- The look of line `index` of `count`: its colour; when colours are used up, broken lines with other marks; marks where there are few
-- points.
local function look(page, index, points, style, count)
  local round = (index - 1) // #palette.series
  local dash = math.min(4, 1 + round)
  local line = ("linecolor rgb '%s' linewidth %.2f dashtype %d"):format(palette.of(index), count > 12 and page.unit / 2 or page.unit, dash)
  if style == "steps" then return "with steps " .. line end
  if #points > few then return "with lines " .. line end
  return ("with linespoints %s pointtype %d pointsize %.2f"):format(line, marks[(index - 1 + round) % #marks + 1], page.mark)
end

-- The lines of a panel by their index, which gives each its look in all panels.
local function by_index(panel)
  local list, last = {}, 0
  for i, series in ipairs(panel.series) do
    local index = series.index or i
    list[index], last = series, math.max(last, index)
  end
  return list, last
end

-- panel: { x_label, y_label, log_y, x_low, x_high,
--   series = { { index, name, points = {{x, y}}, band = {{x, low, high}}, style }, ... } }
-- `legend` are the names of lines, by index, that the legend has though this panel may not.
-- Returns the blocks of data, the commands before the plot, and the parts of the plot command.
return function(page, panel, name, legend)
  local blocks, bands, lines = {}, {}, {}
  local list, last = by_index(panel)
  for index in pairs(legend) do last = math.max(last, index) end
  for i = 1, last do
    local series = list[i]
    if series and series.band then
      local block = ("%s_band%d"):format(name, i)
      blocks[#blocks + 1] = gnuplot.block(block, rows_of(series.band, panel.log_y))
      bands[#bands + 1] = ("$%s using 1:2:3 with filledcurves linecolor rgb '%s' fillstyle transparent solid %.2f noborder notitle"):format(
        block, palette.of(i), math.min(0.18, math.max(0.08, 0.36 / #panel.series)))
    end
    if series then
      local block = ("%s_line%d"):format(name, i)
      blocks[#blocks + 1] = gnuplot.block(block, rows_of(series.points, panel.log_y))
      lines[#lines + 1] = ("$%s using 1:2 %s %s"):format(block, look(page, i, series.points, series.style, #panel.series),
        series.name and "title " .. gnuplot.quote(series.name) or "notitle")
    elseif legend[i] then
      lines[#lines + 1] = ("NaN %s title %s"):format(look(page, i, {}, "steps", 1), gnuplot.quote(legend[i]))
    end
  end
  table.move(lines, 1, #lines, #bands + 1, bands)
  local x_low, x_high, y_low, y_high = ranges(panel)
  local x_range, x_tics = x_commands(panel, x_low, x_high)
  return blocks, { x_range, x_tics, y_commands(panel, y_low, y_high) }, bands
end

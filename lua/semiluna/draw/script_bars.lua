-- Bars as gnuplot draws them: means, whiskers, and circles for the single values.
local gnuplot = require "semiluna.draw.gnuplot"
local palette = require "semiluna.draw.palette"
local parts = require "semiluna.draw.script_parts"
local scale = require "semiluna.draw.scale"

local max, min = math.max, math.min

local most_numbers = 18 -- bars that have room for their number

-- The middle and the width of bar `s` of `count` at group `g`.
local function place(g, s, count)
  local whole = count == 1 and 0.62 or 0.84
  local width = whole / count
  return g - whole / 2 + (s - 0.5) * width, width * (count == 1 and 1 or 0.92)
end

-- Where value i of `count` stands beside the others, from -1 to 1.
local function spread(i, count)
  return count == 1 and 0 or 2 * (i - 1) / (count - 1) - 1
end

-- The rows of one series' data: boxes, whiskers, single values, and numbers above them.
local function rows_of(panel, s, with_numbers)
  local rows = { bars = {}, errors = {}, points = {}, numbers = {} }
  for g = 1, #panel.groups do
    local bar = panel.series[s].bars[g]
    if bar and scale.shown(bar.mean) then
      local middle, width = place(g, s, #panel.series)
      local top = max(0, bar.mean)
      table.insert(rows.bars, { middle, 0, middle - width / 2, middle + width / 2, min(0, bar.mean), max(0, bar.mean) })
      if bar.sd and bar.sd > 0 then
        table.insert(rows.errors, { middle, bar.mean - bar.sd, bar.mean + bar.sd })
        top = max(top, bar.mean + bar.sd)
      end
      for i, value in ipairs(bar.values) do
        if panel.circles and #bar.values > 1 and scale.shown(value) then
          table.insert(rows.points, { middle + spread(i, #bar.values) * min(0.3, 0.1 * #bar.values) * width, value })
          top = max(top, value)
        end
      end
      if with_numbers then table.insert(rows.numbers, { middle, top, panel.text(bar.mean) }) end
    end
  end
  return rows
end

-- The parts of the plot command, in the order in which they are drawn over each other: first the bars of all series. `lying` bars go
-- from the left to the right.
local function looks(page, s, bars_in_all, lying)
  local ring = page.mark * math.min(1, (lying and page.height or page.width) / (30 * bars_in_all))
  local place, numbers = lying and "2:1" or "1:2", lying and "left offset 0.7,0" or "center offset 0,0.7"
  return {
    bars = ("using %s with boxxyerror linecolor rgb '%s' fillstyle solid 0.8 noborder"):format(
      lying and "2:1:5:6:3:4" or "1:2:3:4:5:6", palette.of(s)),
    errors = ("using %s with vectors heads size graph 0.008,90 linecolor rgb '#222222' linewidth %.2f"):format(
      lying and "2:1:($3-$2):(0)" or "1:2:(0):($3-$2)", page.unit * 0.6),
    points = ("using %s with points pointtype 7 pointsize %.2f linecolor rgb '#ffffff'"):format(place, ring),
    rings = ("using %s with points pointtype 6 pointsize %.2f linecolor rgb '#222222' linewidth %.2f"):format(place, ring, page.unit * 0.5),
    numbers = ("using %s:3 with labels %s font %s textcolor rgb '#222222'"):format(place, numbers, page.font(0.75)),
  }
end

-- The ends of the axis of values, which always holds 0.
local function range(panel, room)
  local low, high = 0, 0
  for _, series in ipairs(panel.series) do
    for g = 1, #panel.groups do
      local bar = series.bars[g]
      if bar and scale.shown(bar.mean) then
        low, high = scale.range({ bar.mean - (bar.sd or 0), bar.mean + (bar.sd or 0) }, false, low, high)
        if panel.circles then low, high = scale.range(bar.values, false, low, high) end
      end
    end
  end
  if low == high then high = 1 end
  return low * 1.1, high * room
end

-- The commands for both axes: groups along the one, values along the other.
local function axes(page, panel, low, high, lying)
  local ticks, step = scale.ticks(scale.new(low, high), 6)
  local values = lying and "x" or "y"
  local commands = {
    ("set %srange [%.10g:%.10g]"):format(values, low, high), parts.tics(values, ticks, scale.texts(ticks, step)),
  }
  if not lying then
    commands[3], commands[4] = ("set xrange [0.4:%.1f]"):format(#panel.groups + 0.6), parts.names(page, panel.groups, 0.85)
    return commands
  end
  commands[3] = ("set yrange [%.1f:0.4]"):format(#panel.groups + 0.6) -- the first on top
  commands[4] = ("unset grid\nset grid xtics linewidth %.2f linecolor rgb '#dddddd' linetype 1"):format(page.unit * 0.4)
  table.move({ parts.side_names(page, panel.groups, panel.x_label) }, 1, 3, #commands + 1, commands)
  return commands
end

-- panel: { x_label, y_label, groups = { text, ... }, text = function(value), circles = boolean,
--   series = { { name, bars = { [group] = { mean, sd, n, values } } }, ... } }
-- Bars stand, unless the names of the groups are too long to stand below them.
return function(page, panel, name)
  local blocks, layers = {}, { bars = {}, errors = {}, points = {}, rings = {}, numbers = {} }
  local lying = parts.too_long(page, panel.groups, 0.85)
  local with_numbers = #panel.groups * #panel.series <= most_numbers
  for s, series in ipairs(panel.series) do
    local rows, look = rows_of(panel, s, with_numbers), looks(page, s, #panel.groups * #panel.series, lying)
    for _, what in ipairs { "bars", "errors", "points", "numbers" } do
      if #rows[what] > 0 then
        local block = ("%s_%s%d"):format(name, what, s)
        blocks[#blocks + 1] = gnuplot.block(block, rows[what])
        local title = what == "bars" and series.name and "title " .. gnuplot.quote(series.name) or "notitle"
        table.insert(layers[what], ("$%s %s %s"):format(block, look[what], title))
        if what == "points" then table.insert(layers.rings, ("$%s %s notitle"):format(block, look.rings)) end
      end
    end
  end
  local plots = {}
  for _, what in ipairs { "bars", "points", "rings", "errors", "numbers" } do
    table.move(layers[what], 1, #layers[what], #plots + 1, plots)
  end
  local low, high = range(panel, with_numbers and (lying and 1.18 or 1.12) or 1.05)
  return blocks, axes(page, panel, low, high, lying), plots, lying
end

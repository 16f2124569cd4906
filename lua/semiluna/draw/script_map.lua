-- Heat maps and confusion matrices as gnuplot draws them: coloured cells with their numbers.
local gnuplot = require "semiluna.draw.gnuplot"
local palette = require "semiluna.draw.palette"
local parts = require "semiluna.draw.script_parts"
local scale = require "semiluna.draw.scale"

-- The ends of the colour scale.
local function range(panel)
  if panel.low then return panel.low, panel.high end
  local low, high
  for r = 1, #panel.rows do
    for c = 1, #panel.columns do
      local cell = panel.cells[r][c]
      if cell then low, high = scale.range({ cell.mean }, false, low, high) end
    end
  end
  if not low then return 0, 1 end
  if low == high then return low - 0.5, high + 0.5 end
  return low, high
end

-- Cells as boxes, which every kind of file keeps sharp, and their texts in letters that stand out: {x, y, text} and the smaller
-- {x, y, detail} below.
local function rows_of(panel, colors, low, high)
  local boxes, texts = {}, { dark = {}, light = {}, dark_details = {}, light_details = {} }
  for r = 1, #panel.rows do
    for c = 1, #panel.columns do
      local cell = panel.cells[r][c]
      if cell and scale.shown(cell.mean) then
        boxes[#boxes + 1] = { c, r, c - 0.5, c + 0.5, r - 0.5, r + 0.5, cell.mean }
        local tone = palette.is_dark(colors, (cell.mean - low) / (high - low)) and "light" or "dark"
        local text, detail = panel.text(cell)
        if text then table.insert(texts[tone], { c, r, text }) end
        if detail then table.insert(texts[tone .. "_details"], { c, r, detail }) end
      end
    end
  end
  return boxes, texts
end

-- panel: { x_label, y_label, z_label, columns = { text }, rows = { text } from the top, cells = { [row] = { [column] = { mean, ... } } },
-- text = function(cell) -> text, detail (either may be nil), shares: colours from white on, low, high }
return function(page, panel, name)
  local colors = panel.shares and palette.shares or palette.values
  local low, high = range(panel)
  local boxes, texts = rows_of(panel, colors, low, high)
  local blocks = { gnuplot.block(name .. "_cells", boxes) }
  local border = panel.shares and "noborder" or "border linecolor rgb '#ffffff'"
  local plots = { ("$%s_cells using 1:2:3:4:5:6:7 with boxxyerror fillcolor palette linewidth %.2f fillstyle solid 1.0 %s notitle"):format(
    name, page.unit, border) }
  local size = math.min(0.9, 11 / math.max(#panel.columns, #panel.rows, 1))
  local detailed = #texts.dark_details + #texts.light_details > 0
  for _, what in ipairs { "dark", "light", "dark_details", "light_details" } do
    if #texts[what] > 0 then
      local is_detail = what:find "details"
      blocks[#blocks + 1] = gnuplot.block(name .. "_" .. what, texts[what])
      plots[#plots + 1] = ("$%s_%s using 1:2:3 with labels center offset 0,%s font %s textcolor rgb '%s' notitle"):format(name, what,
        is_detail and -0.7 or detailed and 0.45 or 0, page.font(is_detail and size * 0.7 or size), what:find "light" and "#ffffff" or "#000000")
    end
  end
  local _, step = scale.ticks(scale.new(low, high), 6)
  return blocks, {
    palette.gnuplot(colors),
    -- numbers that gnuplot chooses itself: only for those it leaves room before the label
    ("set cbtics %.10g\nset format cb '%%.%df'"):format(step, math.max(0, -math.floor(math.log(step, 10) + 1e-9))),
    ("set cbrange [%.7g:%.7g]"):format(low, high),
    "set cblabel " .. gnuplot.quote(panel.z_label or "") .. " offset 1,0",
    "set colorbox noborder",
    "unset grid", "unset border",
    "set object 1 rectangle from graph 0,0 to graph 1,1 behind fillcolor rgb '#eeeeee' fillstyle solid noborder",
    ("set xrange [0.5:%.1f]"):format(#panel.columns + 0.5),
    ("set yrange [%.1f:0.5]"):format(#panel.rows + 0.5), -- the first row on top
    parts.names(page, panel.columns, 0.65),
    parts.row_names(page, panel.rows),
  }, plots
end

-- From a picture to gnuplot's script, data included. A picture is
--   { kind = "curve" | "bars" | "heatmap" | "confusion", title =, caption =, panels = { panel, ... } }
-- with panels below each other; what a panel is depends on the kind: see script_curve, script_bars and script_map.
local gnuplot = require "semiluna.draw.gnuplot"
local parts = require "semiluna.draw.script_parts"

local kinds = {
  curve = require "semiluna.draw.script_curve",
  bars = require "semiluna.draw.script_bars",
  heatmap = require "semiluna.draw.script_map",
  confusion = require "semiluna.draw.script_map",
}

-- The text under the picture and the share of the page that it takes.
local function caption_of(page, text)
  if not text then return {}, 0 end
  local size = 0.68
  local lines = parts.wrap(text, math.floor(page.width * 0.96 / (page.size * size * 0.55)))
  local height, commands = page.size * size * 1.4 / page.height, {}
  for i, line in ipairs(lines) do
    commands[i] = ("set label %d %s at screen 0.5,%.4f center font %s textcolor rgb '#555555'"):format(100 + i, gnuplot.quote(line),
      (#lines - i + 0.8) * height, page.font(size))
  end
  return commands, (#lines + 0.6) * height
end

local function title_of(page, text)
  if not text then return nil, 0 end
  local height = page.size * 1.7 / page.height
  return ("set label 100 %s at screen 0.5,%.4f center font %s"):format(gnuplot.quote(text), 1 - height * 0.55, page.font(1.1)), height
end

-- The commands that set a panel's place and labels. `lying`: its y label stands along the x axis, and it says itself what stands along
-- the other one.
local function frame(panel, origin, height, is_last, lying, legend)
  local x_label, y_label = is_last and panel.x_label or "", panel.y_label or ""
  if lying then x_label, y_label = y_label, "" end
  return table.concat({
    ("set origin 0,%.4f"):format(origin),
    ("set size 1,%.4f"):format(height),
    "set xlabel " .. gnuplot.quote(x_label) .. " offset 0,0.3",
    "set ylabel " .. gnuplot.quote(y_label) .. " offset 0.5,0",
    legend,
  }, "\n")
end

-- The names in the legend of all panels, which stands above the first; a series without an `index` has that of its place.
local function legend_names(panels)
  local by_index, last, names = {}, 0, {}
  for _, panel in ipairs(panels) do
    for i, series in ipairs(panel.series or {}) do
      local index = series.index or i
      by_index[index], last = series.name, math.max(last, index)
    end
  end
  for index = 1, last do names[#names + 1] = by_index[index] end
  return names, by_index
end

-- The script that draws `picture` into the file `output`.
return function(picture, page, output)
  local text, drawn, lying = { gnuplot.head(page, output) }, {}, {}
  local caption, bottom = caption_of(page, picture.caption)
  local title, top = title_of(page, picture.title)
  local count = #picture.panels
  local names, by_index = legend_names(picture.panels)
  local legend, room = parts.legend(page, names, count > 1)
  local function add(more) table.move(more, 1, #more, #text + 1, text) end
  for i, panel in ipairs(picture.panels) do
    local blocks, commands, plots
    blocks, commands, plots, lying[i] = kinds[picture.kind](page, panel, ("panel%d"):format(i), i == 1 and by_index or {})
    add(blocks)
    drawn[i] = table.concat(commands, "\n") .. "\nplot " .. table.concat(plots, ", \\\n     ")
  end
  local height = count > 1 and (1 - top - bottom - room) / count or 1 - top - bottom
  text[#text + 1] = "set multiplot"
  add(caption)
  text[#text + 1] = title
  if count > 1 and not lying[1] then text[#text + 1] = "set lmargin 10" end
  for i, panel in ipairs(picture.panels) do
    local own = i == 1 and count > 1 and height + room or height -- the legend takes no room of the first panel's
    text[#text + 1] = frame(panel, bottom + (count - i) * height, own, i == count, lying[i], i == 1 and legend or "set key off")
    text[#text + 1] = drawn[i]
    if i == 1 then
      for label = 101, 100 + #caption do text[#text + 1] = "unset label " .. label end
      if title then text[#text + 1] = "unset label 100" end
    end
  end
  text[#text + 1] = "unset multiplot\nunset output\n"
  return table.concat(text, "\n")
end

-- Pictures drawn with text: curves in braille, bars of blocks, maps as shaded tables.
local braille = require "semiluna.draw.braille"
local palette = require "semiluna.draw.palette"
local scale = require "semiluna.draw.scale"
local terminal = require "semiluna.draw.terminal"

local max, min, floor = math.max, math.min, math.floor

local function pad(text, width, right)
  local space = (" "):rep(width - terminal.columns(text))
  return right and space .. text or text .. space
end

local function widest(list)
  local width = 0
  for _, text in ipairs(list) do width = max(width, terminal.columns(text)) end
  return width
end

-- ---- curves -------------------------------------------------------------------------------------------------------------------------

local function curve(panel, look)
  return braille.curves {
    series = panel.series, width = look.width, height = look.height, y_label = panel.y_label, x_label = panel.x_label,
    log_y = panel.log_y, utf8 = look.utf8, color = look.color,
  }
end

-- ---- bars -----------------------------------------------------------------------------------------------------------------------------

local eighths = { "▏", "▎", "▍", "▌", "▋", "▊", "▉" }

-- A bar of `length` characters, with fractions where there are blocks of eighths.
local function block(length, with_blocks)
  if not with_blocks then return ("#"):rep(floor(length + 0.5)) end
  local whole = floor(length)
  return ("█"):rep(whole) .. (eighths[floor((length - whole) * 8)] or "")
end

-- Rows {group, series name, bar, number text, index of the series}.
local function bar_rows(panel)
  local rows = {}
  for g, name in ipairs(panel.groups) do
    local first = true
    for s, series in ipairs(panel.series) do
      local bar = series.bars[g]
      if bar or #panel.series == 1 then
        local number = bar and panel.text(bar.mean) or "-"
        if bar and bar.sd then number = ("%s ± %s (%d)"):format(number, panel.text(bar.sd), bar.n) end
        rows[#rows + 1] = { first and terminal.clean(name) or "", series.name and terminal.clean(series.name) or "", bar, number, s }
        first = false
      end
    end
  end
  return rows
end

local function bars(panel, look)
  local rows, columns = bar_rows(panel), { {}, {}, {} }
  local top = 0
  for i, row in ipairs(rows) do
    if not look.utf8 then row[4] = row[4]:gsub("±", "+-") end
    columns[1][i], columns[2][i], columns[3][i] = row[1], row[2], row[4]
    if row[3] then top = max(top, row[3].mean) end
  end
  local most = max(8, look.width // 3)
  local first, second, last = min(most, widest(columns[1])), min(most, widest(columns[2])), widest(columns[3])
  local room = max(8, look.width - first - (second > 0 and second + 2 or 0) - last - 4)
  local lines = { terminal.clean(panel.y_label) .. (panel.x_label and ", by " .. terminal.clean(panel.x_label) or "") }
  for _, row in ipairs(rows) do
    local length = row[3] and top > 0 and max(0, row[3].mean) / top * room or 0
    local drawn = pad(block(length, look.utf8), room)
    if look.color then drawn = terminal.paint(row[5]) .. drawn .. terminal.plain end
    lines[#lines + 1] = pad(terminal.cut(row[1], first, look.utf8), first) .. "  "
      .. (second > 0 and pad(terminal.cut(row[2], second, look.utf8), second) .. "  " or "") .. drawn .. "  " .. pad(row[4], last, true)
  end
  return table.concat(lines, "\n") .. "\n"
end

-- ---- maps -----------------------------------------------------------------------------------------------------------------------------

local shades = { " ", "░", "▒", "▓", "█" }
local plain_shades = { " ", ".", ":", "*", "#" }

-- A text on the colour at `share` of the scale, by the colour cube that terminals have.
local function on_color(text, colors, share)
  local r, g, b = palette.at(colors, share)
  local function level(channel) return floor(channel / 255 * 5 + 0.5) end
  local back = 16 + 36 * level(r) + 6 * level(g) + level(b)
  return ("\27[48;5;%d;38;5;%dm%s%s"):format(back, palette.is_dark(colors, share) and 231 or 16, text, terminal.plain)
end

local function map_range(panel)
  if panel.low then return panel.low, panel.high end
  local low, high
  for r = 1, #panel.rows do
    for c = 1, #panel.columns do
      local cell = panel.cells[r][c]
      if cell then low, high = scale.range({ cell.mean }, false, low, high) end
    end
  end
  if not low or low == high then return (low or 0) - 0.5, (low or 0) + 0.5 end
  return low, high
end

local function cell_texts(panel, look)
  local texts, width = {}, 1
  for r = 1, #panel.rows do
    texts[r] = {}
    for c = 1, #panel.columns do
      local cell, text = panel.cells[r][c], ""
      if cell then
        local main, detail = panel.text(cell)
        text = (main or "") .. (detail and " " .. detail or "")
        if not look.utf8 then text = text:gsub("±", "+-") end
      end
      texts[r][c] = text
      width = max(width, terminal.columns(text))
    end
  end
  return texts, width
end

local function cleaned(names)
  local list = {}
  for i, name in ipairs(names) do list[i] = terminal.clean(name) end
  return list
end

-- The first letters of a name.
local function head(name, width)
  local stop = utf8.offset(name, width + 1)
  return stop and name:sub(1, stop - 1) or name
end

-- One cell: on its colour, or behind a character as dark as it.
local function map_cell(panel, look, cell, text, low, high)
  local share = cell and high > low and (cell.mean - low) / (high - low) or 0
  if look.color then
    return cell and on_color(" " .. text .. " ", panel.shares and palette.shares or palette.values, share) or "  " .. text
  end
  local marks = look.utf8 and shades or plain_shades
  local mark = cell and marks[1 + floor(max(0, min(1, share)) * (#marks - 1) + 0.5)] or " "
  return mark .. " " .. text
end

-- A table with a shade for each cell. Columns are as wide as their cells; of longer names, that much is written.
local function map(panel, look)
  local low, high = map_range(panel)
  local texts, width = cell_texts(panel, look)
  local rows, columns = cleaned(panel.rows), cleaned(panel.columns)
  local left = min(look.width // 3, max(1, widest(rows)))
  width = max(width, 3, min((look.width - left) // #columns - 3, widest(columns)))
  local line = { (" "):rep(left) }
  for c, name in ipairs(columns) do line[c + 1] = pad(head(name, width), width + 2, true) end
  local lines = {
    terminal.clean(("%s: %s down, %s across"):format(panel.z_label, panel.y_label, panel.x_label)), table.concat(line, " "),
  }
  for r, name in ipairs(rows) do
    line = { pad(terminal.cut(name, left, look.utf8), left) }
    for c = 1, #columns do line[c + 1] = map_cell(panel, look, panel.cells[r][c], pad(texts[r][c], width, true), low, high) end
    lines[#lines + 1] = (table.concat(line, " "):gsub(" +$", ""))
  end
  return table.concat(lines, "\n") .. "\n"
end

-- ---- the whole --------------------------------------------------------------------------------------------------------------------

local kinds = { curve = curve, bars = bars, heatmap = map, confusion = map }

-- The picture as text. `look` may set width, height (of curves), utf8 and color; they are found out where left out.
return function(picture, look)
  look = look or {}
  local utf8_wanted, color = look.utf8, look.color
  if utf8_wanted == nil then utf8_wanted = terminal.utf8() end
  if color == nil then color = terminal.color() end
  local whole = { width = look.width or terminal.width(), height = look.height or 15, utf8 = utf8_wanted, color = color }
  local parts = {}
  if picture.title then parts[1] = terminal.clean(picture.title) .. "\n" end
  for i, panel in ipairs(picture.panels) do
    if i > 1 then parts[#parts + 1] = "\n" end
    parts[#parts + 1] = kinds[picture.kind](panel, whole)
  end
  if picture.caption then
    local caption = terminal.clean(picture.caption)
    parts[#parts + 1] = (utf8_wanted and caption or caption:gsub("±", "+-")) .. "\n"
  end
  return table.concat(parts)
end

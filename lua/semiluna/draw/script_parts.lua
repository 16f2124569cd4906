-- What the scripts of all kinds of pictures need: ticks with names, the legend, text in lines.
local gnuplot = require "semiluna.draw.gnuplot"
local terminal = require "semiluna.draw.terminal"

local parts = {}

local max = math.max

local function letters(text)
  return utf8.len(text) or #text
end

local function longest(texts)
  local most = 0
  for _, text in ipairs(texts) do most = max(most, letters(text)) end
  return most
end

-- The ticks of an axis as a command: "set xtics ('0' 0, '5k' 5000)".
function parts.tics(axis, places, texts, rest)
  local list = {}
  for i, place in ipairs(places) do list[i] = ("%s %.10g"):format(gnuplot.tick(texts[i]), place) end
  return ("set %stics %s(%s)"):format(axis, rest and rest .. " " or "", table.concat(list, ", "))
end

-- How many letters each of so many names on the x axis, which is `share` of the page wide, has room for; and how large they are.
local function name_room(page, names, share)
  return page.width * share / #names / (page.size * 0.58), #names > 14 and 0.7 or #names > 9 and 0.85 or 1
end

-- Whether names on the x axis would take more than a third of the plot's height.
function parts.too_long(page, names, share)
  local room, size = name_room(page, names, share)
  return longest(names) > room and longest(names) * page.size * size * 0.58 * 0.71 > page.panel_height / 3
end

-- Names at the places 1, 2, ... of the x axis, which is `share` of the page wide; slanted where they would touch.
function parts.names(page, names, share)
  local places = {}
  for i = 1, #names do places[i] = i end
  local room, size = name_room(page, names, share)
  local font = size < 1 and " font " .. page.font(size) or ""
  if longest(names) <= room then return parts.tics("x", places, names, "norotate" .. font) end
  return parts.tics("x", places, names, "rotate by 45 right" .. font)
end

-- Names at the places 1, 2, ... of the y axis.
function parts.row_names(page, names)
  local places = {}
  for i = 1, #names do places[i] = i end
  return parts.tics("y", places, names, #names > 9 and "font " .. page.font(#names > 14 and 0.7 or 0.85) or nil)
end

-- Names that stand beside lying bars, as commands: the names, what they are (nil: nothing is said), and the margin that they need.
function parts.side_names(page, names, label)
  local most = longest(names)
  local size = (most > 30 or #names > 14) and 0.7 or #names > 9 and 0.85 or 1
  local letter = page.size * size * 0.55
  local label_room = page.size * 2.2
  local room = math.floor((0.6 * page.width - label_room) / letter)
  local places, shown = {}, {}
  for i, name in ipairs(names) do places[i], shown[i] = i, terminal.cut(terminal.clean(name), room, true) end
  return parts.tics("y", places, shown, size < 1 and "font " .. page.font(size) or nil),
    ("set lmargin at screen %.4f"):format((label_room + math.min(most, room) * letter) / page.width),
    label and ("set label 99 %s at screen %.4f, graph 0.5 center rotate by 90"):format(gnuplot.quote(label), 0.8 * page.size / page.width) or nil
end

-- How wide a legend's entry is, in letters `share` as high as the page's.
local function entry_width(page, names, share)
  return page.size * share * 0.58 * (longest(names) + 7)
end

-- A legend above the plot; of many names, at its side, unless they are so long that they would take the plot's place or `above` says
-- so; of very many, none. Returns the command and the share of the page's height that it takes above the plot.
function parts.legend(page, names, above)
  if #names == 0 or #names > 40 then return "set key off", 0 end
  local share = 0.85
  local columns = page.width // entry_width(page, names, share)
  if #names > 8 and columns < 4 or columns < 1 then
    share = #names > 16 and 0.6 or 0.75
    local width = entry_width(page, names, share)
    columns = max(1, page.width // width)
    if not above and (width < 0.35 * page.width or #names > 8 * columns) then
      return ("set key outside right top vertical Left reverse samplen 2.5 font %s"):format(page.font(share)), 0
    end
  end
  return ("set key outside top center horizontal Left reverse samplen 2.5 maxcols %d font %s"):format(columns, page.font(share)),
    math.ceil(#names / columns) * page.size * share * 1.25 / page.height
end

local function broken(text, most)
  local lines, line = {}, ""
  for word in text:gmatch "%S+" do
    if line ~= "" and letters(line) + 1 + letters(word) > most then
      lines[#lines + 1], line = line, word
    else
      line = line == "" and word or line .. " " .. word
    end
  end
  if line ~= "" then lines[#lines + 1] = line end
  return lines
end

-- As few lines as letters allow, at most `most` in each, broken between words; about equally long.
function parts.wrap(text, most)
  local count = #broken(text, most)
  for width = letters(text) // math.max(1, count), most do
    local lines = broken(text, width)
    if #lines <= count then return lines end
  end
  return broken(text, most)
end

return parts

-- What the scripts of all kinds of pictures need: ticks with names, the legend, text in lines.
local gnuplot = require "semiluna.draw.gnuplot"

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

-- Names at the places 1, 2, ... of the x axis, which is `share` of the page wide; slanted where they would touch.
function parts.names(page, names, share)
  local places = {}
  for i = 1, #names do places[i] = i end
  local room = page.width * share / #names / (page.size * 0.58)
  local font = #names > 9 and " font " .. page.font(#names > 14 and 0.7 or 0.85) or ""
  if longest(names) <= room then return parts.tics("x", places, names, "norotate" .. font) end
  return parts.tics("x", places, names, "rotate by 45 right" .. font)
end

-- Names at the places 1, 2, ... of the y axis.
function parts.row_names(page, names)
  local places = {}
  for i = 1, #names do places[i] = i end
  return parts.tics("y", places, names, #names > 9 and "font " .. page.font(#names > 14 and 0.7 or 0.85) or nil)
end

-- A legend above the plot; of many or long names, at its side; of very many, none.
function parts.legend(page, series)
  local names = {}
  for _, one in ipairs(series) do names[#names + 1] = one.name end
  if #names == 0 or #names > 40 then return "set key off" end
  local columns = page.width / (page.size * 0.85 * 0.58 * (longest(names) + 7)) // 1
  if #names > 8 and columns < 4 or columns < 1 then
    return ("set key outside right top vertical Left reverse samplen 1.5 font %s"):format(page.font(#names > 16 and 0.6 or 0.75))
  end
  return ("set key outside top center horizontal Left reverse samplen 2 maxcols %d font %s"):format(columns, page.font(0.85))
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

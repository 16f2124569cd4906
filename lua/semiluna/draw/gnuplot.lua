-- Starting gnuplot, and writing what it reads so that no text of the database can do anything there.
--
-- Texts are always in single quotes, where gnuplot knows only '' for a quote: no backslash, no back quote, no macro. The program is
-- started with a fixed command line; file names stand in the script, in quotes.
local terminal = require "semiluna.draw.terminal"
local usage = require "semiluna.usage"

local gnuplot = {}

-- A text as gnuplot writes it.
function gnuplot.quote(text)
  return "'" .. terminal.clean(text):gsub("'", "''") .. "'"
end

-- A text at a tick, which gnuplot takes for a format.
function gnuplot.tick(text)
  return (gnuplot.quote(text):gsub("%%", "%%%%"))
end

-- A file's name: one that begins with "|" or "~" would mean a command or a home folder.
function gnuplot.file(path)
  if path:find "[%c\127]" then usage("%s: a file's name with control characters cannot be plotted to", terminal.clean(path)) end
  return "'" .. (path:sub(1, 1) == "/" and path or "./" .. path):gsub("'", "''") .. "'"
end

-- A number; what is none becomes NaN, which gnuplot leaves out.
function gnuplot.number(value)
  if value == nil or value ~= value or value == math.huge or value == -math.huge then return "NaN" end
  return ("%.7g"):format(value)
end

-- Rows of numbers as a block of data, $NAME. A row that is nil leaves a blank line: lines are broken there.
function gnuplot.block(name, rows, count)
  local lines = { ("$%s << EOD"):format(name) }
  for i = 1, count or #rows do
    local row = rows[i]
    if not row then
      lines[#lines + 1] = ""
    else
      local cells = {}
      for j = 1, #row do cells[j] = type(row[j]) == "string" and '"' .. row[j] .. '"' or gnuplot.number(row[j]) end
      lines[#lines + 1] = table.concat(cells, " ")
    end
  end
  lines[#lines + 1] = "EOD"
  return table.concat(lines, "\n")
end

-- ---- the page -------------------------------------------------------------------------------------------------------------------

-- PDF pages are measured in inches: a picture of 840 pixels, the usual width, is 4.2 inches wide. Its letters, 22 pixels high, are 6 points
-- high when it fills a column of 3.4 inches.
local pixels_per_inch = 200

-- The kinds of files, each with the command that chooses its terminal. `size` is the height of the letters in pixels.
local terminals = {
  png = function(width, height, size)
    local rest = ("size %d,%d background '#ffffff' "):format(width, height)
    return ([[
if (strstrt(GPVAL_TERMINALS, 'pngcairo')) {
  set terminal pngcairo %sfont 'Sans,%.1f' noenhanced
} else {
  set terminal png %sfont 'Sans,%.1f' noenhanced
}]]):format(rest, size * 0.75, rest, size * 0.75)
  end,
  svg = function(width, height, size)
    return ("set terminal svg size %d,%d background '#ffffff' font 'Arial,%.1f' noenhanced"):format(width, height, size)
  end,
  pdf = function(width, height, size)
    return ("set terminal pdfcairo fontscale 0.76 size %.2fin,%.2fin background '#ffffff' font 'Sans,%.1f' noenhanced"):format(
      width / pixels_per_inch, height / pixels_per_inch, size * 72 / pixels_per_inch)
  end,
}
-- How much thicker lines and larger points are than one unit of the terminal, for the same picture in all of them.
local units = { png = 2.2, svg = 2.2, pdf = 1.8 }
local marks = { png = 1.1, svg = 0.55, pdf = 0.45 }

-- The kind of file that a name's ending means, or nil.
function gnuplot.kind(path)
  local ending = path:match "%.([%a]+)$"
  return ending and terminals[ending:lower()] and ending:lower() or nil
end

-- The page of a picture of so many panels: how large it is, and how large letters and lines are on it.
function gnuplot.page(kind, width, height, panels)
  local tall = panels > 1 and math.min(height, width * 560 / 840) or height
  local size = math.max(9, math.min(64, 22 * math.sqrt(width * tall / (840 * 560))))
  local points = kind == "png" and 0.75 or kind == "pdf" and 72 / pixels_per_inch or 1
  return {
    kind = kind, width = width, height = height, panel_height = height / panels, size = size,
    unit = units[kind] * size / 22, -- the width of a line
    mark = marks[kind] * size / 22, -- the size of a point
    font = function(share) return ("',%.1f'"):format(size * share * points) end, -- the page's font, larger or smaller
  }
end

-- The first lines of a script: the page and what all pictures share.
function gnuplot.head(page, output)
  return table.concat({
    "# A picture by `semiluna plot`, with its data. `gnuplot FILE` makes it again.",
    "reset",
    "set encoding utf8",
    terminals[page.kind](page.width, page.height, page.size),
    "set output " .. gnuplot.file(output),
    "set datafile missing 'missing'",
    ("set border 3 linewidth %.2f linecolor rgb '#555555'"):format(page.unit * 0.5),
    "set tics nomirror out scale 0.5 textcolor rgb '#222222'",
    ("set grid ytics linewidth %.2f linecolor rgb '#dddddd' linetype 1"):format(page.unit * 0.4),
  }, "\n")
end

-- ---- running it -----------------------------------------------------------------------------------------------------------------

local function spill(text)
  local path = os.tmpname()
  local file, message = io.open(path, "w")
  if not file then error(message, 0) end
  local written, why = file:write(text)
  local closed, later = file:close()
  if not (written and closed) then
    os.remove(path)
    error(("%s: %s"):format(path, why or later), 0)
  end
  return path
end

-- Draws a script. Errors are gnuplot's own words, or say that it is missing.
function gnuplot.run(text)
  local path = spill(text)
  assert(path:match "^[%w/_.-]+$", path)
  local pipe <close> = io.popen("gnuplot -d " .. path .. " 2>&1", "r")
  local said = pipe:read "a"
  local ok, _, status = pipe:close()
  os.remove(path)
  if status == 127 or not ok and said:find "not found" then
    error("gnuplot is needed to plot into a file: install the package gnuplot-nox (or gnuplot); "
      .. "without -o curves are drawn in the terminal", 0)
  end
  if not ok then
    local why = said:match('line (%d+: [^\n]+)%s*$') or said:match "([^\n]+)%s*$"
    error("gnuplot: " .. (why and terminal.clean(why) or "ended with status " .. tostring(status)), 0)
  end
  return said
end

return gnuplot

-- What the terminal can show: characters beyond ASCII, colours, and in which colours and patterns series are told apart.
local core = require "semiluna.core"

local terminal = {}

-- Whether the locale's characters are UTF-8: the first of the variables that is set decides, as in the C library.
function terminal.utf8()
  for _, name in ipairs { "LC_ALL", "LC_CTYPE", "LANG" } do
    local value = os.getenv(name)
    if value and value ~= "" then return value:lower():find("utf%-?8") ~= nil end
  end
  return false
end

-- Whether to colour what goes to standard output.
function terminal.color()
  local no_color = os.getenv "NO_COLOR"
  return core.system.isatty(1) and not (no_color and no_color ~= "") and os.getenv "TERM" ~= "dumb"
end

function terminal.width()
  return core.system.width()
end

-- The palette of Okabe and Ito, which colour-blind people can tell apart, as near as 256 and 8 colours come to it.
local many = { "38;5;32", "38;5;208", "38;5;36", "38;5;175", "38;5;74", "38;5;166", "38;5;184", "38;5;245" }
local few = { "34", "33", "32", "35", "36", "31", "93", "90" }

-- The start of the colour of series `index` (from 1), an escape sequence.
function terminal.paint(index)
  local term, colors = os.getenv "TERM" or "", os.getenv "COLORTERM" or ""
  local palette = (term:find("256", 1, true) or colors ~= "") and many or few
  return "\27[" .. palette[(index - 1) % #palette + 1] .. "m"
end

terminal.plain = "\27[0m"

-- How many columns a text takes on the screen: one for each character, escape sequences none.
function terminal.columns(text)
  local bare = text:gsub("\27%[[%d;]*m", "")
  return utf8.len(bare) or #bare
end

-- The text, cut to `width` columns; what is cut off is marked.
function terminal.cut(text, width, utf8_wanted)
  if terminal.columns(text) <= width then return text end
  local mark = utf8_wanted and "…" or "~"
  local stop = utf8.len(text) and utf8.offset(text, math.max(1, width)) or math.max(1, width)
  return text:sub(1, stop - 1) .. mark
end

-- Text of the database without what would move the cursor or colour the screen.
function terminal.clean(text)
  text = tostring(text):gsub("[%c\127]", "?")
  return utf8.len(text) and (text:gsub("\u{80}", "?"):gsub("\xC2[\x80-\x9F]", "?")) or (text:gsub("[\x80-\xFF]", "?"))
end

return terminal

-- Tables of results, for people (table, markdown, latex) and for programs (csv, json): the one place that lays out columns.
--
--   table_text(columns, rows, format, { caption = ..., notes = {...}, color = true })
--
-- columns: { name = "miou", title = "mIoU", align = "right", kind = "percent", only = "people" | "programs" }. `name` is the key of
-- the rows and what programs read; `title` what people read. Kinds: "percent" (a fraction, shown times 100 with one decimal),
-- "number", "text"; without one, as the value is. Numbers stand to the right unless `align` says "left".
--
-- rows: tables by column name. A cell is a text, a number, a boolean, nil, or { value = ..., text = ..., bold = true }: `value` is
-- for programs and `text`, where it is given, for people; { list = {...} } is a list for json, joined by spaces in csv.
--
-- The caption is the line above, the notes are the lines below; programs get neither.
local core = require "semiluna.core"

local drawing = {}

-- ---- text -----------------------------------------------------------------------------------------------------------------------

-- Columns that a text takes on a terminal; every character counts as one.
local function width_of(text)
  return utf8.len(text) or #text
end

-- In one line, without what would move a terminal's cursor.
local function plain(text)
  return (text:gsub("[%c\127]", " "))
end

-- Rows of texts as aligned columns: the first to the left, the others to the right, unless `aligns` says "left" or "right" of a
-- column. `paint(text, row, column)` may put what takes no room around a text.
function drawing.columns(rows, aligns, paint)
  local widths, lines = {}, {}
  for _, row in ipairs(rows) do
    for i, cell in ipairs(row) do widths[i] = math.max(widths[i] or 0, width_of(cell)) end
  end
  for r, row in ipairs(rows) do
    local cells = {}
    for i, cell in ipairs(row) do
      local space = (" "):rep(widths[i] - width_of(cell))
      local left = (aligns and aligns[i] or i == 1 and "left") == "left"
      if left and i == #row then space = "" end
      if paint then cell = paint(cell, r, i) end
      cells[i] = left and cell .. space or space .. cell
    end
    lines[r] = table.concat(cells, "  "):match "^(.*%S)" or "" -- gsub("%s+$") takes the square of the time for many blanks
  end
  return table.concat(lines, "\n")
end

local function number_text(value)
  if math.type(value) == "integer" then return tostring(value) end
  if value ~= value then return "nan" end
  return ("%.6g"):format(value)
end

-- The value of a cell, its text for people, and whether it is bold.
local function parts_of(cell, column)
  local value, text, bold = cell, nil, false
  if type(cell) == "table" then
    value, text, bold = cell.value, cell.text, cell.bold or false
    if cell.list then value = cell.list end
  end
  if text then return value, text, bold end
  if value == nil or value ~= value then return value, "-", bold end
  if type(value) == "number" then
    return value, column.kind == "percent" and ("%.1f"):format(100 * value) or number_text(value), bold
  end
  if type(value) == "table" then
    local words = {}
    for i, item in ipairs(value) do words[i] = type(item) == "number" and number_text(item) or tostring(item) end
    return value, table.concat(words, " "), bold
  end
  return value, tostring(value), bold
end
drawing.parts = parts_of

local function is_right(column, rows)
  if column.align then return column.align == "right" end
  if column.kind then return column.kind ~= "text" end
  local numbers = false
  for _, row in ipairs(rows) do
    local value = parts_of(row[column.name], column)
    if value ~= nil and type(value) ~= "number" then return false end
    numbers = numbers or value ~= nil
  end
  return numbers
end

local function shown(columns, audience)
  local kept = {}
  for _, column in ipairs(columns) do
    if not column.only or column.only == audience then kept[#kept + 1] = column end
  end
  return kept
end

local function lines_of(...)
  local lines = {}
  for _, part in ipairs { ... } do
    if part ~= "" then lines[#lines + 1] = part end
  end
  return table.concat(lines, "\n")
end

-- ---- for people -----------------------------------------------------------------------------------------------------------------

local formats = {}

-- `color`: bold stands for itself; without it a star follows. `mark(cell)` gives what takes no room and stands before the cells, and
-- before the title (cell is nil), of columns that are `marked`.
function formats.table(columns, rows, about)
  columns = shown(columns, "people")
  local texts, aligns, bolds = { {} }, {}, {}
  for i, column in ipairs(columns) do
    texts[1][i] = plain(column.title or column.name)
    aligns[i] = is_right(column, rows) and "right" or "left"
  end
  for r, row in ipairs(rows) do
    texts[r + 1], bolds[r + 1] = {}, {}
    for i, column in ipairs(columns) do
      local _, text, bold = parts_of(row[column.name], column)
      texts[r + 1][i] = plain(text) .. (bold and not about.color and "*" or "")
      bolds[r + 1][i] = bold
    end
  end
  local paint = about.color and function(text, row, column)
    return (row == 1 or bolds[row][column]) and "\27[1m" .. text .. "\27[0m" or text
  end
  local function marked(text, row, column)
    local mark = columns[column].marked and about.mark(rows[row - 1] and rows[row - 1][columns[column].name]) or ""
    return mark .. (paint and paint(text, row, column) or text)
  end
  local notes = {}
  for i, note in ipairs(about.notes or {}) do notes[i] = plain(note) end
  return lines_of(plain(about.caption or ""), drawing.columns(texts, aligns, about.mark and marked or paint), table.concat(notes, "\n"))
end

local function markdown_text(text)
  return (plain(text):gsub("[|\\`*_<>%[%]]", "\\%0"))
end

function formats.markdown(columns, rows, about)
  columns = shown(columns, "people")
  local lines, titles, rules = {}, {}, {}
  for i, column in ipairs(columns) do
    titles[i] = markdown_text(column.title or column.name)
    rules[i] = is_right(column, rows) and "---:" or "---"
  end
  if about.caption then lines[1] = markdown_text(about.caption) .. "\n" end
  lines[#lines + 1] = "| " .. table.concat(titles, " | ") .. " |\n| " .. table.concat(rules, " | ") .. " |"
  for _, row in ipairs(rows) do
    local cells = {}
    for i, column in ipairs(columns) do
      local _, text, bold = parts_of(row[column.name], column)
      text = markdown_text(text)
      cells[i] = bold and "**" .. text .. "**" or text
    end
    lines[#lines + 1] = "| " .. table.concat(cells, " | ") .. " |"
  end
  local notes = {}
  for i, note in ipairs(about.notes or {}) do notes[i] = markdown_text(note) end
  if #notes > 0 then lines[#lines + 1] = "\n" .. table.concat(notes, "\n\n") end
  return table.concat(lines, "\n")
end

local latex_words = {
  ["\\"] = "\\textbackslash{}", ["~"] = "\\textasciitilde{}", ["^"] = "\\textasciicircum{}", ["<"] = "\\textless{}",
  [">"] = "\\textgreater{}", ["|"] = "\\textbar{}", ['"'] = "\\char34{}", ["&"] = "\\&", ["%"] = "\\%", ["$"] = "\\$",
  ["#"] = "\\#", ["_"] = "\\_", ["{"] = "\\{", ["}"] = "\\}", ["`"] = "\\textasciigrave{}", ["["] = "{[}", ["]"] = "{]}",
}
local latex_symbols = { ["±"] = "$\\pm$", ["†"] = "$^{\\dagger}$", ["−"] = "$-$", ["…"] = "\\dots{}" }

-- Text as LaTeX writes it. At the beginning of a row a star would belong to the line break before it.
function drawing.latex(text)
  text = plain(text):gsub('[\\~^<>|"&%%$#_{}`%[%]]', latex_words)
  for symbol, word in pairs(latex_symbols) do text = text:gsub(symbol, (word:gsub("%%", "%%%%"))) end
  return (text:gsub("^([-+])(%d)", "$%1$%2"):gsub("([%s(])([-+])(%d)", "%1$%2$%3"):gsub("^%-$", "--"):gsub("^%*", "{*}"))
end

-- With booktabs, ready to paste; notes are comments.
function formats.latex(columns, rows, about)
  columns = shown(columns, "people")
  local lines, titles, aligns = {}, {}, {}
  for i, column in ipairs(columns) do
    titles[i] = drawing.latex(column.title or column.name)
    aligns[i] = is_right(column, rows) and "r" or "l"
  end
  lines[1] = "% needs \\usepackage{booktabs}\n\\begin{table}\n  \\centering"
  if about.caption then lines[2] = "  \\caption{" .. drawing.latex(about.caption) .. "}" end
  lines[#lines + 1] = "  \\begin{tabular}{" .. table.concat(aligns) .. "}\n    \\toprule"
  lines[#lines + 1] = "    " .. table.concat(titles, " & ") .. " \\\\\n    \\midrule"
  for _, row in ipairs(rows) do
    local cells = {}
    for i, column in ipairs(columns) do
      local _, text, bold = parts_of(row[column.name], column)
      text = drawing.latex(text)
      cells[i] = bold and "\\textbf{" .. text .. "}" or text
    end
    lines[#lines + 1] = "    " .. table.concat(cells, " & ") .. " \\\\"
  end
  lines[#lines + 1] = "    \\bottomrule\n  \\end{tabular}\n\\end{table}"
  for _, note in ipairs(about.notes or {}) do lines[#lines + 1] = "% " .. plain(note) end
  return table.concat(lines, "\n")
end

-- ---- for programs ---------------------------------------------------------------------------------------------------------------

-- The fewest digits that read back as the same number.
local function exact(value)
  if math.type(value) == "integer" then return tostring(value) end
  local text
  for digits = 15, 17 do
    text = ("%." .. digits .. "g"):format(value)
    if tonumber(text) == value then break end
  end
  return text:find "[.en]" and text or text .. ".0"
end
drawing.exact = exact

local function csv_value(value)
  if value == nil or value ~= value then return "" end
  if type(value) == "number" then return exact(value) end
  if type(value) == "table" then
    if #value == 0 then return "" end
    local words = {}
    for i, item in ipairs(value) do words[i] = type(item) == "number" and exact(item) or tostring(item) end
    value = table.concat(words, " ")
  end
  value = tostring(value)
  local quoted = value == "" or value:find '[,"\r\n%z]' or value:find "^ " or value:find " $"
  return quoted and '"' .. value:gsub('"', '""') .. '"' or value
end
drawing.csv = csv_value

function formats.csv(columns, rows)
  columns = shown(columns, "programs")
  local lines, names = {}, {}
  for i, column in ipairs(columns) do names[i] = csv_value(column.name) end
  lines[1] = table.concat(names, ",")
  for _, row in ipairs(rows) do
    local cells = {}
    for i, column in ipairs(columns) do cells[i] = csv_value((parts_of(row[column.name], column))) end
    lines[#lines + 1] = table.concat(cells, ",")
  end
  return table.concat(lines, "\n")
end

-- Text that is UTF-8: a byte that is not becomes the replacement character.
local function clean(text)
  while true do
    local _, at = utf8.len(text)
    if not at then return text end
    text = text:sub(1, at - 1) .. "\u{FFFD}" .. text:sub(at + 1)
  end
end

local function json_value(value)
  if value == nil or value ~= value then return "null" end
  if type(value) == "number" then
    if value == math.huge or value == -math.huge then return value > 0 and "1e999" or "-1e999" end
    return exact(value)
  end
  if type(value) == "table" then
    local items = {}
    for i, item in ipairs(value) do items[i] = json_value(item) end
    return "[" .. table.concat(items, ", ") .. "]"
  end
  return core.system.json_encode(type(value) == "string" and clean(value) or value)
end

function formats.json(columns, rows)
  columns = shown(columns, "programs")
  local lines = {}
  for r, row in ipairs(rows) do
    local members = {}
    for i, column in ipairs(columns) do
      members[i] = json_value(column.name) .. ": " .. json_value((parts_of(row[column.name], column)))
    end
    lines[r] = "  {" .. table.concat(members, ", ") .. "}"
  end
  return #lines == 0 and "[]" or "[\n" .. table.concat(lines, ",\n") .. "\n]"
end

-- The table in one of the formats "table" (also nil), "csv", "json", "markdown", "latex"; without a newline at the end.
function drawing.table_text(columns, rows, format, about)
  return formats[format or "table"](columns, rows, about or {})
end

return drawing

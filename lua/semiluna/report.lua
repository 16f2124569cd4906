-- Text for people: the resolved options, and tables of results.
local core = require "semiluna.core"
local drawing = require "semiluna.draw.table"

local report = {}

-- Words laid out in lines of the terminal's width, with a hanging indent.
local function flow(words, indent)
  local width, lines, line = math.max(60, core.system.width()), {}, nil
  for _, word in ipairs(words) do
    if line and #line + 2 + #word > width then
      lines[#lines + 1] = line
      line = nil
    end
    line = line and line .. "  " .. word or (#lines == 0 and "" or (" "):rep(indent)) .. word
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n")
end

-- The options of one run, a line or more for each section. With `before`, another list, only what differs from it.
function report.options(list, before)
  local old = {}
  for _, option in ipairs(before or {}) do old[option.name] = option.text end
  local words, order = {}, {}
  for _, option in ipairs(list) do
    local section = option.section == "" and "run" or option.section
    if option.set and option.text ~= old[option.name] then
      if not words[section] then
        words[section] = {}
        order[#order + 1] = section
      end
      local name = option.name:gsub("^[^.]+%.", "")
      table.insert(words[section], option.name == section and option.text or name .. " " .. option.text)
    end
  end
  local lines = {}
  for i, section in ipairs(order) do
    lines[i] = flow({ ("%-10s"):format(section), table.unpack(words[section]) }, 12)
  end
  return table.concat(lines, "\n")
end

local function percent(value)
  if value == nil or value ~= value then return "-" end
  return ("%.1f"):format(100 * value)
end

local classes_query = "SELECT class_name, iou FROM class_iou_latest WHERE run = ? AND split = 'val' ORDER BY class_index"

-- One row for each run of the database: mean IoU and IoU of each class of the split "val", in percent.
function report.compare(db, runs)
  local header, rows = { "", "mIoU" }, {}
  for _, run in ipairs(runs) do
    local row = { run.name, "" }
    for _, class in ipairs(db:query(classes_query, run.id)) do
      if #rows == 0 then header[#header + 1] = class.class_name end
      row[#row + 1] = percent(class.iou)
    end
    local summary = db:query("SELECT miou FROM run_summary WHERE id = ?", run.id)[1]
    row[2] = percent(summary and summary.miou)
    rows[#rows + 1] = row
  end
  return drawing.columns { header, table.unpack(rows) }
end

-- The end of one run: IoU of each class of every split that was measured, and the means.
function report.classes(evaluation)
  local blocks, splits = {}, {}
  for split in pairs(evaluation.matrices) do splits[#splits + 1] = split end
  table.sort(splits)
  for _, split in ipairs(splits) do
    local matrix = evaluation.matrices[split]
    local rows = { { ("%s, step %d"):format(split, evaluation.step), "IoU %" } }
    for i, iou in ipairs(matrix:class_iou()) do rows[#rows + 1] = { "  " .. evaluation.class_names[i], percent(iou) } end
    rows[#rows + 1] = { "  mean", percent(matrix:miou("standard")) }
    rows[#rows + 1] = { "  mean, authors' convention", percent(matrix:miou("authors")) }
    blocks[#blocks + 1] = drawing.columns(rows)
  end
  return table.concat(blocks, "\n")
end

-- Rows of {name, value} in one of the formats that listings have.
function report.values(rows, format)
  local named = {}
  for i, row in ipairs(rows) do named[i] = { name = row[1], value = row[2] } end
  local columns = { { name = "name", title = "", kind = "text" }, { name = "value", title = "IoU %", kind = "percent" } }
  return drawing.table_text(columns, named, format)
end

return report

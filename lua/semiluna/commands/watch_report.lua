-- What the dashboard shows as `semiluna compare` and `semiluna diff` print it: texts about runs that are named by their ids.
local compare = require "semiluna.commands.compare"
local diff = require "semiluna.commands.diff"

local report = {}

-- Before a cell of the table the ids of its runs, between \1 and \2; before the title of a column none. No text has these
-- characters, since all control characters of texts become blanks.
local function mark(cell)
  local ids = {}
  for i, run in ipairs(cell and cell.runs or {}) do ids[i] = ("%d"):format(run.id) end
  return "\1" .. table.concat(ids, " ") .. "\2"
end

-- {db = the file, runs = "1, 2, 3", metric = nil or its name, against = nil or "option=value"} -> the table of `semiluna compare`,
-- with marks. What is wrong is an error of one line.
function report.compare(arguments)
  local what = "id in (" .. arguments.runs .. ")"
  local ok, result = pcall(compare.text, {
    db = arguments.db, what = what, metric = arguments.metric, against = arguments.against, mark = mark, plain = true,
  })
  collectgarbage()
  if ok then return result end
  local message = type(result) == "table" and result.message or tostring(result)
  if message:sub(1, #what + 2) == what .. ": " then message = message:sub(#what + 3) end
  error(message:match "^[^\n]*", 0)
end

-- {db = the file, a, b = ids} -> what `semiluna diff` prints.
function report.diff(arguments)
  local ok, result = pcall(diff.text, { db = arguments.db, a = arguments.a, b = arguments.b })
  collectgarbage()
  if ok then return result end
  error((type(result) == "table" and result.message or tostring(result)):match "^[^\n]*", 0)
end

return report

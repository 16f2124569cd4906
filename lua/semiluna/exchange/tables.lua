-- What belongs to a run in the database, for files that hold all of it: each table with its columns, their types, and the order of its
-- rows. db/merge.c knows the same tables; tests/e2e/test_export.sh holds both against the schema.
--
-- Left out are what is of one machine alone (claims, hashes of files) and the bin.
local tables = {}

-- "name:type": text, integer, real or blob; a "?" says that it may be NULL. A blob is a text here and in files.
local function columns_of(text)
  local columns = {}
  for name, kind, optional in text:gmatch "([%w_]+):(%l+)(%??)" do
    columns[#columns + 1] = { name = name, type = kind, optional = optional == "?" }
  end
  return columns
end

local function table_of(name, columns, order, key)
  local list, names, marks = columns_of(columns), {}, {}
  for i, column in ipairs(list) do
    names[i] = column.name
    marks[i] = column.type == "blob" and "CAST(? AS BLOB)" or "?"
  end
  local joined = table.concat(names, ", ")
  return {
    name = name, columns = list, key = key,
    read = ("SELECT %s FROM %s WHERE run = ? ORDER BY %s"):format(joined, name, order),
    write = ("INSERT INTO %s(run, %s) VALUES(?, %s)"):format(name, joined, table.concat(marks, ", ")),
  }
end

-- The row of the run itself, but for its numbers and its experiment.
tables.run = columns_of [[
  name:text method:text? state:text step:integer steps:integer? seed:integer? start_time:real session_time:real heartbeat:real
  end_time:real? seconds_before:real resumes:integer error:text? host:text? pid:integer? device:text? threads:integer? versions:text?
  git_commit:text? git_dirty:integer? script_path:text? script_hash:text? script_text:text?]]

-- Its rows in the other tables. `key` is the name in a file where it is not the table's.
tables.owned = {
  table_of("param", "name:text type:text value:text?", "name", "options"),
  table_of("cell", "hash:text options_hash:text script_hash:text library_hash:text parent:text? fork_step:integer?", "run"),
  table_of("environment", "name:text value:text?", "name"),
  table_of("run_split", "name:text images:integer sha256:text", "name"),
  table_of("curve", "name:text step:integer value:real", "name, step"),
  table_of("class_iou", "split:text step:integer class_index:integer class_name:text? iou:real?", "split, step, class_index"),
  table_of("confusion", "split:text step:integer truth:integer prediction:integer pixels:integer", "split, step, truth, prediction"),
  table_of("confidence", "split:text step:integer class_index:integer correct:integer bin:integer pixels:integer",
    "split, step, class_index, correct, bin"),
  table_of("sample", "split:text image:text kind:text step:integer time:real width:integer height:integer png:blob",
    "split, image, kind, step"),
  table_of("artifact", "step:integer kind:text path:text bytes:integer? sha256:text? time:real", "path"),
  table_of("event", "step:integer time:real kind:text text:text?", "step, id"),
  table_of("command", "time:real name:text argument:text? step:integer? answer:text? answered:real?", "id"),
  table_of("fork", "prefix:text step:integer path:text", "prefix"),
  table_of("tag", "tag:text", "tag"),
  table_of("note", "time:real text:text", "id"),
}

-- The numbers logged, by name: metric_value.
tables.point = columns_of "step:integer value:real? time:real"

-- A value of a file as a column of the database takes it; nil and what was expected instead where it does not fit.
function tables.fit(value, column)
  local kind = column.type
  if value == nil then
    if column.optional then return true end
    return false, column.name .. " is missing"
  end
  if (kind == "text" or kind == "blob") and type(value) == "string" then return true end
  if kind == "integer" and math.type(value) == "integer" then return true end
  if kind == "real" and type(value) == "number" and value == value then return true end
  local wanted = kind == "text" and "a text" or kind == "blob" and "bytes" or kind == "integer" and "a whole number" or "a number"
  return false, ("%s has to be %s"):format(column.name, wanted)
end

local uuid_pattern = "^" .. ("%x"):rep(8) .. ("%-" .. ("%x"):rep(4)):rep(4) .. ("%x"):rep(8) .. "$"

function tables.is_uuid(value)
  return type(value) == "string" and value:find(uuid_pattern) ~= nil
end

return tables

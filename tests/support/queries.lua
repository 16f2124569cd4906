-- The queries that a command sends, and how SQLite answers them: which tables it would read from one end to the other.
local core = require "semiluna.core"

local queries = {}

-- Runs a command of semiluna.cli with its output dropped. Returns its queries, {sql, parameters}, each once.
function queries.of(command, arguments)
  local open, list, seen, print_before = core.db, {}, {}, print
  core.db = function(...)
    local db = open(...)
    return setmetatable({}, {
      __index = function(_, name)
        return function(_, ...)
          if name == "query" and not seen[(...)] then
            seen[(...)] = true
            list[#list + 1] = { sql = (...), parameters = table.pack(select(2, ...)) }
          end
          return db[name](db, ...)
        end
      end,
      __close = function() db:close() end,
    })
  end
  print = function() end
  local ok, problem = pcall(require("semiluna.cli")[command], arguments)
  core.db, print = open, print_before
  if not ok then error(type(problem) == "table" and problem.message or problem, 0) end
  return list
end

-- The steps of a query's plan in which a table is read whole, of the tables named; and how many tables are found by an index.
function queries.scans(db, query, tables)
  local found, by_index = {}, 0
  for _, row in ipairs(db:query("EXPLAIN QUERY PLAN " .. query.sql, table.unpack(query.parameters, 1, query.parameters.n))) do
    local alias = row.detail:match "^SCAN (%S+)"
    if row.detail:find "^SEARCH" then by_index = by_index + 1 end
    for _, name in ipairs(alias and tables or {}) do
      -- an alias stands for the table that the query names before it
      local is_alias = (" " .. query.sql .. " "):find("[%s(]" .. name .. "%s+" .. alias .. "[%s)]")
      if alias == name or is_alias then found[#found + 1] = row.detail end
    end
  end
  return found, by_index
end

-- The tables that grow with what runs log.
queries.large = { "metric_value", "confusion", "class_iou", "param", "confidence", "curve", "event" }

return queries

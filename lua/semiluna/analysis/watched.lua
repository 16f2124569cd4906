-- Which runs the dashboard shows: what a person types as its filter, as a condition over `run r` without parameters.
--
-- An expression (filter.lua), or words: the name of an experiment, else what occurs in the names of a run and its experiment, its
-- method, its tags, its state, or at the start of its id. Several words have all to be found.
local core = require "semiluna.core"
local expression = require "semiluna.analysis.expression"
local filter = require "semiluna.analysis.filter"

local watched = {}

local function quoted(text)
  return "'" .. text:gsub("'", "''") .. "'"
end

-- Nothing in it that an expression needs.
local function is_words(text)
  return not text:find "[=<>~(`]" and not (" " .. text:lower() .. " "):find "%sin%s"
end

local shortest_uuid = 4                                    -- fewer characters begin too many ids

local function word_condition(word)
  local text = quoted(word)
  local like = quoted("%" .. word:gsub("[%%_\\]", "\\%0") .. "%") .. " ESCAPE '\\'"
  local parts = {
    "instr(lower(r.name), lower(" .. text .. "))", "r.method LIKE " .. like, "r.state LIKE " .. like, "CAST(r.id AS TEXT) = " .. text,
    "EXISTS(SELECT 1 FROM tag t WHERE t.run = r.id AND t.tag LIKE " .. like .. ")",
    "EXISTS(SELECT 1 FROM experiment x WHERE x.id = r.experiment AND instr(lower(x.name), lower(" .. text .. ")))",
  }
  if #word >= shortest_uuid then parts[#parts + 1] = "instr(r.uuid, lower(" .. text .. ")) = 1" end
  return "(" .. table.concat(parts, " OR ") .. ")"
end

-- {filter = , db = the file} -> the condition. What cannot be understood is an error of one line.
function watched.condition(arguments)
  local text = arguments.filter:match "^%s*(.-)%s*$"
  if text == "" then return "1" end
  local db <close> = core.db(arguments.db, "read")
  if is_words(text) then
    if db:query("SELECT 1 FROM experiment WHERE name = ?", text)[1] then
      return "r.experiment = (SELECT id FROM experiment WHERE name = " .. quoted(text) .. ")"
    end
    local parts = {}
    for word in text:gmatch "%S+" do parts[#parts + 1] = word_condition(word) end
    if #parts > 50 then error("too many words", 0) end
    return table.concat(parts, " AND ")
  end
  local ok, result = pcall(filter.compile, text, db, true)
  if ok then return result.sql end
  local message = type(result) == "table" and result.message or tostring(result)
  local line = message:match "^[^\n]*"
  -- "TEXT: column 3: what": the text stands where it is typed.
  error(line:sub(#expression.visible(text) + 3), 0)
end

return watched

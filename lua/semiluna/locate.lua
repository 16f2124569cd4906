-- Finds the line of a script on which an option was given its value, by reading the text: Lua keeps no such record.
local tokens = require "semiluna.tokens"

local locate = {}

-- The keys that are given values in a Lua text: a list of {name, section, line, rest}. `section` is the nearest enclosing table
-- whose key is in `sections`, or nil; `rest` what follows the "=" on the line.
local function keys_of(text, sections)
  local keys, open, words = {}, {}, tokens(text)
  local pending                                         -- the key whose value comes next
  local function enclosing()
    for i = #open, 1, -1 do
      if sections[open[i]] then return open[i] end
    end
  end
  local function is(i, symbol) return words[i] and words[i][2] == symbol end
  local function key(name, line, equals)
    keys[#keys + 1] = { name = name, section = enclosing(), line = line, rest = text:match("^[^\n]*", words[equals][4] + 1) }
    pending = name
    return equals + 1
  end
  local i = 1
  while words[i] do
    local kind, word, line = words[i][1], words[i][2], words[i][3]
    local dotted = is(i, "[") and words[i + 1] and words[i + 1][2]:match "^[\"']([%w_.]+)[\"']$"
    if kind == "name" and is(i + 1, "=") then
      i = key(word, line, i + 1)
    elseif dotted and is(i + 2, "]") and is(i + 3, "=") then
      i = key(dotted, line, i + 3)
    else
      if word == "{" then open[#open + 1] = pending or "" end
      if word == "}" then open[#open] = nil end
      if kind == "symbol" then pending = nil end
      i = i + 1
    end
  end
  return keys
end

-- The line in `text` where the option `path` ("seed", "method.threshold") is given `value`, or nil. A base and its changes may both
-- give it: the line that shows the value wins, then the last. The second result is how sure that is: 2, or 1 where only the option's
-- section was found.
function locate.line(text, path, value, sections)
  local section, name = path:match("^([^.]+)%.(.+)$")
  name = name or path
  local shown = (type(value) == "string" or type(value) == "number") and tostring(value)
  local best, best_rank = nil, 0
  for _, key in ipairs(keys_of(text, sections)) do
    local rank = 0
    if key.name == path and (key.section == nil or section) or key.name == name and key.section == section then
      rank = 4
    elseif not section and key.name:sub(1, #path + 1) == path .. "." then
      rank = 3                                             -- "metod.threshold": there is no section "metod"
    elseif section and key.name == name and key.section == nil then
      rank = 2
    elseif key.name == section then
      rank = 0.5
    end
    if rank >= 2 and shown and key.rest:find(shown, 1, true) then rank = rank + 1 end
    if rank > 0 and rank >= best_rank then best, best_rank = key.line, rank end
  end
  return best, best_rank >= 2 and 2 or 1
end

return locate

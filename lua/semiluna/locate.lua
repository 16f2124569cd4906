-- Finds the line of a script on which an option was given its value, by reading the text: Lua keeps no such record.
local locate = {}

-- The keys that are given values in a Lua text: a list of {name, section, line, rest}. `section` is the nearest enclosing table
-- whose key is in `sections`, or nil; `rest` what follows the "=" on the line.
local function keys_of(text, sections)
  local keys, open, line, at = {}, {}, 1, 1
  local pending                                         -- the key whose value comes next
  local function enclosing()
    for i = #open, 1, -1 do
      if sections[open[i]] then return open[i] end
    end
  end
  local function skip(pattern)
    local first, last = text:find(pattern, at)
    if not first then return false end
    line = line + select(2, text:sub(at, last):gsub("\n", ""))
    at = last + 1
    return true
  end
  local function key(name)
    local rest = text:match("^[^\n]*", at)
    keys[#keys + 1] = { name = name, section = enclosing(), line = line, rest = rest }
    pending = name
  end
  while at <= #text do
    local name, after = text:match("^([%a_][%w_]*)%s*=()[^=]", at)
    local dotted, after_dotted = text:match("^%[%s*[\"']([%w_.]+)[\"']%s*%]%s*=()[^=]", at)
    if name or dotted then
      at = after or after_dotted
      key(name or dotted)
    elseif text:find("^%-%-%[(=*)%[", at) then
      local level = text:match("^%-%-%[(=*)%[", at)
      if not skip("%]" .. level .. "%]") then break end
    elseif text:find("^%-%-", at) then
      skip("^%-%-[^\n]*")
    elseif text:find("^[\"']", at) then
      local quote = text:sub(at, at)
      local stop = at + 1
      while stop <= #text and text:sub(stop, stop) ~= quote do
        stop = stop + (text:sub(stop, stop) == "\\" and 2 or 1)
      end
      line = line + select(2, text:sub(at, stop):gsub("\n", ""))
      at = stop + 1
    elseif text:find("^[%a_]", at) then
      skip("^[%w_]+")
    else
      local char = text:sub(at, at)
      if char == "{" then open[#open + 1] = pending or "" end
      if char == "}" then open[#open] = nil end
      if char == "\n" then line = line + 1 end
      if char:find "%S" then pending = nil end
      at = at + 1
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

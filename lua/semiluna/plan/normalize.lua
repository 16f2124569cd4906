-- The text of a script as far as it can decide a result: comments, white space, what a plan lists and what only says how a run is
-- called or kept are left out. So adding a value to a grid or a remark leaves the other cells as they were.
local tokens = require "semiluna.tokens"

-- Functions of the library that make plans. What they list reaches a run as its options, which count in full.
local plan_functions = {
  grid = true, zip = true, list = true, leave_one_out = true, add_one_in = true, pairwise = true, random = true, controls = true,
}

-- Keys of an experiment that decide no result: with any value, or with a plain one.
local free = { ablate = true, prune = true, checkpoint = true }
local free_if_plain = { name = true, variant = true, threads = true, log_every = true }

local opens = { ["{"] = "}", ["("] = ")", ["["] = "]" }
local separators = { [","] = true, [";"] = true }
local closes = { ["}"] = true, [")"] = true, ["]"] = true }

local function text_at(words, i)
  return words[i] and words[i][2]
end

-- The names that a script gives to the library: local sl = require "semiluna".
local function library_names(words)
  local names = {}
  for i = 1, #words - 3 do
    if text_at(words, i + 1) == "=" and text_at(words, i + 2) == "require" then
      local module = text_at(words, i + 3) == "(" and text_at(words, i + 4) or text_at(words, i + 3)
      if module and module:match "^[\"']semiluna[\"']$" then names[text_at(words, i)] = true end
    end
  end
  return names
end

-- The word after the bracket that closes the one at `i`.
local function after_bracket(words, i)
  local depth = 0
  for at = i, #words do
    local word = words[at]
    if word[1] == "symbol" then
      if opens[word[2]] then depth = depth + 1 end
      if closes[word[2]] then
        depth = depth - 1
        if depth == 0 then return at + 1 end
      end
    end
  end
  return #words + 1
end

-- The end of the argument of a call that begins at `i`: { ... }, ( ... ) or a string.
local function after_argument(words, i)
  local word = words[i]
  if not word then return i end
  if opens[word[2]] then return after_bracket(words, i) end
  return word[1] == "string" and i + 1 or i
end

-- Where the value of a key in a table ends: at the comma or the bracket that closes the table.
local function after_value(words, i)
  local at = i
  while words[at] do
    local word = words[at]
    local is_symbol = word[1] == "symbol"
    if is_symbol and (word[2] == "," or word[2] == ";" or closes[word[2]]) then return at end
    if word[2] == "function" or word[2] == "if" or word[2] == "do" then return nil end -- has commas of its own
    at = is_symbol and opens[word[2]] and after_bracket(words, at) or at + 1
  end
  return at
end

local function holds_function(words, first, last)
  for i = first, last do
    if words[i][2] == "function" then return true end
  end
  return false
end

-- Whether the "{" at `i` is the table of sl.experiment{...} or of its changes.
local function is_experiment(words, i)
  if text_at(words, i - 1) == "experiment" then return true end
  if text_at(words, i - 1) == "(" and text_at(words, i - 2) == "experiment" then return true end
  return text_at(words, i - 1) == "," and text_at(words, i - 3) == "(" and text_at(words, i - 4) == "experiment"
end

-- Conditions and filters choose cells, but what they choose among are options: { [index of the first word] = index after the last }.
local function choosers(words, names)
  local skip = {}
  for i = 1, #words do
    if text_at(words, i) == ":" and text_at(words, i + 1) == "filter" then skip[i] = after_argument(words, i + 2) end
    if names[text_at(words, i)] and text_at(words, i + 1) == "." and text_at(words, i + 2) == "when" then
      skip[i] = after_argument(words, i + 3)
    end
  end
  return skip
end

-- Words without those spans.
local function without(words, skip)
  local kept, i = {}, 1
  while i <= #words do
    if skip[i] and skip[i] > i then
      i = skip[i]
    else
      kept[#kept + 1] = words[i]
      i = i + 1
    end
  end
  return kept
end

-- Spans that list cells or say what decides nothing. A span that holds a function is kept: its code may be all that tells cells apart.
local function spans(words, names)
  local skip, open = {}, {}
  local function add(from, to, plain)
    if not to or plain and to - from ~= plain then return end
    if not holds_function(words, from, to - 1) then skip[from] = to end
  end
  for i = 1, #words do
    local text, before = words[i][2], text_at(words, i - 1)
    if words[i][1] == "symbol" then
      if opens[text] then open[#open + 1] = text == "{" and (is_experiment(words, i) and "experiment" or "table") or text end
      if closes[text] then open[#open] = nil end
    elseif names[text] and text_at(words, i + 1) == "." and plan_functions[text_at(words, i + 2)] and before ~= "." then
      add(i, after_argument(words, i + 3))
    elseif open[#open] == "experiment" and text_at(words, i + 1) == "=" and (before == "{" or before == "," or before == ";") then
      if free[text] then add(i, after_value(words, i + 2)) end
      if free_if_plain[text] then add(i, after_value(words, i + 2), 3) end
    elseif text == "ablate" and open[#open] == "table" and text_at(words, i + 1) == "=" then
      add(i, after_value(words, i + 2))
    end
  end
  return skip
end

-- `text` in its usual form, one word a line. With `whole`, of a module of the library, only comments and white space are left out.
return function(text, whole)
  local words = tokens(text)
  if not whole then
    local names = library_names(words)
    words = without(words, choosers(words, names))
    words = without(words, spans(words, names))
  end
  local parts, count = {}, 0
  for i, word in ipairs(words) do
    -- A comma that nothing stands before or after any more.
    local before, after = parts[count], text_at(words, i + 1)
    local idle = separators[word[2]] and (count == 0 or opens[before] or separators[before] or not after or closes[after])
    if not idle then
      count = count + 1
      parts[count] = word[2]
    end
  end
  return table.concat(parts, "\n", 1, count)
end

-- The plan of a script: its cells, what they are called, what tells them apart, and what they share.
local axis = require "semiluna.analysis.axis"
local fingerprint = require "semiluna.plan.fingerprint"
local fork = require "semiluna.plan.fork"
local launch = require "semiluna.launch"
local schedule = require "semiluna.schedule"
local script = require "semiluna.script"
local usage = require "semiluna.usage"

local plan = {}

-- ---- columns ------------------------------------------------------------------------------------------------------------------

-- The options that cells name: those that an ablation changes; where a script lists experiments, those that they give.
local function named_options(items, several)
  local named = { variant = true }
  for _, item in ipairs(items) do
    for name, value in pairs(item.changes) do
      named[name] = true
      if type(value) == "table" and getmetatable(value) == nil and value[1] ~= nil then
        for inner in pairs(value) do
          if type(inner) == "string" then named[name .. "." .. inner] = true end
        end
      end
    end
    if several then
      named.name = true
      for _, option in ipairs(item.list) do
        if option.given and option.descriptor.result ~= false then named[option.name] = true end
      end
    end
  end
  return named
end

-- A number that is a share, as a fraction: "1/8" for 0.125.
local function fraction(value)
  for under = 2, 64 do
    local over = math.floor(value * under + 0.5)
    if over > 0 and over < under and math.abs(over / under - value) < 1e-9 then return ("%d/%d"):format(over, under) end
  end
end

-- The text of an option as tables for people show it: shares as fractions, files without their folder.
local function shown_text(option)
  if option.type == "split" and type(option.value) == "number" then return fraction(option.value) or option.text end
  if option.type == "split" or option.type == "path" then return option.text:match "([^/]+)$" or option.text end
  return option.text
end

-- Lists of images are called by what tells them apart, as in tables of runs.
local function label_lists(texts, shown)
  for _, name in ipairs { "data.labeled", "data.unlabeled" } do
    local lists, there = {}, {}
    for _, row in ipairs(texts) do
      local text = row[name]
      if text and not there[text] and not tonumber(text) then lists[#lists + 1] = text end
      there[text or ""] = true
    end
    local labels = axis.labels(lists, name)
    for i, row in ipairs(#lists > 1 and texts or {}) do shown[i][name] = labels[row[name]] or shown[i][name] end
  end
end

-- Whole texts where short ones would be the same for what is not, as files of one name in two folders.
local function tell_apart(names, texts, shown)
  for _, name in ipairs(names) do
    local meant, ambiguous = {}, false
    for i, row in ipairs(shown) do
      local short, text = row[name], texts[i][name]
      if short then
        ambiguous = ambiguous or meant[short] ~= nil and meant[short] ~= text
        meant[short] = text
      end
    end
    for i, row in ipairs(ambiguous and shown or {}) do row[name] = texts[i][name] end
  end
end

-- The options that differ between cells, in the order of the experiment's options; their texts by cell, and those for people.
local function find_columns(items)
  local named = named_options(items, items[#items].experiment > 1)
  local order, seen, texts, shown = {}, {}, {}, {}
  for i, item in ipairs(items) do
    texts[i], shown[i] = {}, {}
    for _, option in ipairs(item.list) do
      if named[option.name] and option.set then
        texts[i][option.name], shown[i][option.name] = option.text, shown_text(option)
        if not seen[option.name] then
          seen[option.name] = {}
          order[#order + 1] = option.name
        end
        seen[option.name][option.text] = true
      end
    end
  end
  label_lists(texts, shown)
  local columns = {}
  for _, name in ipairs(order) do
    local first = next(seen[name])
    if next(seen[name], first) ~= nil or name == "variant" then columns[#columns + 1] = name end
  end
  tell_apart(columns, texts, shown)
  local place = {}
  for i, name in ipairs(columns) do place[name] = ({ name = -2, variant = -1, seed = math.huge })[name] or i end
  table.sort(columns, function(a, b) return place[a] < place[b] end) -- the name and the variant first, the seed last
  return columns, texts, shown
end

-- Names as tables show them, without their section where that is clear: "threshold" of "method.threshold".
function plan.titles(columns)
  local count, titles = {}, {}
  local function short(name) return name:match "([^.]+)$" end
  for _, name in ipairs(columns) do count[short(name)] = (count[short(name)] or 0) + 1 end
  for i, name in ipairs(columns) do titles[i] = count[short(name)] == 1 and short(name) or name end
  return titles
end

-- Whether cells that agree in the column `a` agree in `b`.
local function determines(texts, a, b)
  local seen = {}
  for _, row in ipairs(texts) do
    local key, value = row[a] or "", row[b] or ""
    if seen[key] and seen[key] ~= value then return false end
    seen[key] = value
  end
  return true
end

-- The columns without those that the variant, or the experiment's name, stands for.
local function telling(columns, texts)
  local head = (columns[1] == "name" and columns[2] == "variant" or columns[1] == "variant") and "variant" or columns[1]
  if head ~= "variant" and head ~= "name" then return columns end
  local kept = {}
  for _, name in ipairs(columns) do
    if name == head or not determines(texts, head, name) then kept[#kept + 1] = name end
  end
  return kept
end

-- The columns without those that go with one before them, as the list of unlabelled images goes with that of the labelled.
local function independent(columns, texts)
  local kept = {}
  for _, name in ipairs(columns) do
    local goes_along = false
    for _, before in ipairs(kept) do
      goes_along = goes_along or determines(texts, before, name) and determines(texts, name, before)
    end
    if not goes_along then kept[#kept + 1] = name end
  end
  return kept
end

local function titled(columns)
  local list = {}
  for i, title in ipairs(plan.titles(columns)) do list[i] = { name = columns[i], title = title } end
  return list
end

local function label_of(cell, columns)
  local parts, titles = {}, plan.titles(columns)
  for i, name in ipairs(columns) do
    local text = cell.shown[name]
    if text then parts[#parts + 1] = (name == "variant" or name == "name") and text or titles[i] .. " " .. text end
  end
  return table.concat(parts, ", ")
end

-- ---- cells --------------------------------------------------------------------------------------------------------------------

-- "seed = 1", what a cell changes that another does not change in the same way; all where there is no such.
local function difference(changes, other)
  local all, differing = {}, {}
  for name, value in pairs(changes) do
    local text = name .. " = " .. schedule.text(value)
    all[#all + 1] = text
    if other[name] == nil or schedule.text(other[name]) ~= schedule.text(value) then differing[#differing + 1] = text end
  end
  local list = #differing > 0 and differing or all
  table.sort(list)
  return #list > 0 and table.concat(list, ", ") or "no change"
end

local function tell_duplicate(a, b)
  local first, second = difference(a.item.changes, b.item.changes), difference(b.item.changes, a.item.changes)
  local same = first == second and first or ("%s or %s"):format(first, second)
  usage("%scells %d and %d would train the same: %s", a.item.where or (script.path or "plan") .. ": ", a.number, b.number, same)
end

-- Cells that would train the same are a mistake in an ablation. Where --set made them so, or where experiments of a script share a
-- cell, they are trained once.
local function drop_duplicates(cells, settings)
  local by_hash, kept, dropped = {}, {}, {}
  for _, cell in ipairs(cells) do
    local before = by_hash[cell.hash]
    if not before then
      by_hash[cell.hash] = cell
      kept[#kept + 1] = cell
    elseif #settings == 0 and before.item.experiment == cell.item.experiment then
      tell_duplicate(before, cell)
    else
      dropped[#dropped + 1] = { cell = cell, same = before }
    end
  end
  return kept, dropped
end

-- What is wrong with the data of a cell is told with the cell.
local function identify(prints, cell, several)
  local ok, identity = pcall(prints.of, prints, cell.item)
  if ok then return identity end
  if type(identity) == "table" or not several then error(identity, 0) end
  error(("%s  (cell %d: %s)"):format(identity, cell.number, cell.label), 0)
end

-- The plan of items as launch.resolve makes them: {cells, columns (names of what differs), titles, shown (those columns that the variant
-- does not stand for), brief (the least of them that tell cells apart, as {name, title}), forks (see fork.sharing), dropped}. A cell has item, number, hash, options_hash, script_hash, library_hash, texts_hash, values
-- ({[column] = text}), shown (the same for people), label, and forks (see fork.lua).
function plan.new(items, settings)
  local columns, texts, shown = find_columns(items)
  local shown_columns = telling(columns, texts)
  local label_columns, prints, cells = independent(shown_columns, texts), fingerprint.new(), {}
  for i, item in ipairs(items) do
    local cell = { item = item, number = item.index, values = {}, shown = shown[i] }
    for _, name in ipairs(columns) do cell.values[name] = texts[i][name] end
    cell.label = label_of(cell, label_columns)
    for name, value in pairs(identify(prints, cell, #items > 1)) do cell[name] = value end
    cells[i] = cell
  end
  local kept, dropped = drop_duplicates(cells, settings or {})
  fork.tree(kept, prints)
  return {
    cells = kept, columns = columns, titles = plan.titles(columns), shown = shown_columns, brief = titled(label_columns),
    forks = fork.sharing(kept), dropped = dropped,
  }
end

-- The plan of the script at `path`, with "name=value" texts laid over each cell.
function plan.cells_of(path, settings, name)
  return plan.new(launch.resolve(script.load(path), settings, name), settings)
end

-- The cell that a command line names by its number or by the beginning of its hash.
function plan.find(made, what)
  local number, found = math.tointeger(tonumber(what)), {}
  for _, cell in ipairs(made.cells) do
    if cell.number == number then return cell end
    if #what >= 4 and cell.hash:sub(1, #what) == what:lower() then found[#found + 1] = cell end
  end
  if #found == 1 then return found[1] end
  if #found > 1 then usage('"%s" is the beginning of %d cells\' hashes: give more of it', what, #found) end
  for _, drop in ipairs(made.dropped) do
    if drop.cell.number == number then return drop.same end
  end
  usage('there is no cell "%s": give a number from 1 to %d or the beginning of a hash', what, made.cells[#made.cells].number)
end

-- A note on cells that are trained once, or nil.
function plan.dropped_text(made)
  if #made.dropped == 0 then return nil end
  local first = made.dropped[1]
  return ("%d cell%s left out, the same as another (cell %d is cell %d)"):format(#made.dropped, #made.dropped == 1 and "" or "s",
    first.cell.number, first.same.number)
end

return plan

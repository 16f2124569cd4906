-- Some of a plan's cells: those of which an expression over their options, or over what the database knows of them, is true.
local filter = require "semiluna.analysis.filter"
local usage = require "semiluna.usage"

-- What an expression may name.
local function facts_of(cell)
  local facts = {}
  for _, option in ipairs(cell.item.list) do facts[option.name] = option.text end
  facts.number, facts.hash, facts.label, facts.state, facts.run = cell.number, cell.hash, cell.label, cell.state, cell.run
  return facts
end

-- The cells, which have been through state.read, that the expression `text` holds for; all where it is nil.
return function(cells, text)
  if not text then return cells end
  local names, seen, facts = { "number", "hash", "label", "state", "run" }, {}, {}
  for _, name in ipairs(names) do seen[name] = true end
  for i, cell in ipairs(cells) do
    facts[i] = facts_of(cell)
    for name in pairs(facts[i]) do
      if not seen[name] then names[#names + 1] = name end
      seen[name] = true
    end
  end
  table.sort(names)
  local matches, kept = filter.matcher(text, names), {}
  for i, cell in ipairs(cells) do
    if matches(facts[i]) then kept[#kept + 1] = cell end
  end
  if #kept == 0 then usage("--only %s: none of the %d cells is so", text, #cells) end
  return kept
end

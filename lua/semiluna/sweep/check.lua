-- Checks the cells of a sweep before the first one trains: each must be able to open its data and to build its networks.
local launch = require "semiluna.launch"
local run = require "semiluna.run"

local check = {}

-- Options that cannot keep a run from being put together: what cells differ in besides is built once.
local harmless = { seed = true, name = true, variant = true, steps = true }

local function is_harmless(option)
  local descriptor = option.descriptor
  return harmless[option.name] or descriptor and (descriptor.result == false or descriptor[2] == "schedule") or
    option.name:find "^optimizer%." ~= nil
end

-- Cells with the same signature are put together from the same data and networks.
local function signature(cell)
  local parts = {}
  for _, option in ipairs(cell.item.list) do
    if not is_harmless(option) then parts[#parts + 1] = option.name .. "=" .. option.text end
  end
  return table.concat(parts, "\0")
end

local function problem_of(cell)
  local ok, made = pcall(function()
    launch.use_machine(cell.item.resolved)
    return run.new(cell.item.resolved)
  end)
  if ok then
    run.close(made)
    collectgarbage()
    return nil
  end
  return type(made) == "table" and made.message or tostring(made)
end

-- What is wrong with cells: a list of {cell, message}; empty where all is well. `told(done, count)` is called before each that is built.
function check.cells(cells, told)
  local kinds, order = {}, {}
  for _, cell in ipairs(cells) do
    local key = signature(cell)
    if not kinds[key] then
      kinds[key] = {}
      order[#order + 1] = kinds[key]
    end
    table.insert(kinds[key], cell)
  end
  local problems = {}
  for i, kind in ipairs(order) do
    if told then told(i, #order) end
    local message = problem_of(kind[1])
    for _, cell in ipairs(message and kind or {}) do problems[#problems + 1] = { cell = cell, message = message } end
  end
  table.sort(problems, function(a, b) return a.cell.number < b.cell.number end)
  return problems
end

return check

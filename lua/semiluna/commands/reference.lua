-- `docs/lua-reference.md`: made from the descriptor tables of the options, the list of ops, and the bindings' own descriptions.
local cells = require "semiluna.plan.cells"
local core = require "semiluna.core"
local options = require "semiluna.options"
local prune = require "semiluna.sweep.prune"
local schedule = require "semiluna.schedule"

local lines = {}

local function add(format, ...)
  lines[#lines + 1] = select("#", ...) > 0 and format:format(...) or format
end

-- A cell of a table: "|" would end it.
local function cell(text)
  return (tostring(text):gsub("|", "\\|"):gsub("\n", " "))
end

local function add_sections()
  add "## Options\n"
  add "What `sl.experiment { ... }` takes; `semiluna help SECTION` prints the same.\n"
  for _, section in ipairs(options.topics()) do
    local topic, help, descriptors = table.unpack(section)
    add("### %s\n\n%s\n", topic, help or "")
    if #descriptors == 0 then
      add "No options.\n"
    else
      add "| option | type | default | |\n|---|---|---|---|"
      for _, descriptor in ipairs(descriptors) do
        add("| `%s` | %s | %s | %s |", descriptor[1], cell(options.type_text(descriptor)), cell(options.default_text(descriptor)),
          cell(descriptor.help))
      end
      add ""
    end
  end
end

local function add_schedules()
  add "## Schedules\n"
  add "Where an option takes a number or a function of the step. Steps count from 0; `steps` is the length of the run.\n"
  add "| | |\n|---|---|"
  for _, row in ipairs(schedule.list) do add("| `sl.%s` | %s |", cell(row[1]), cell(row[2])) end
  add ""
end

local function add_plans()
  add "## Ablations\n"
  add "Which cells an ablation has: `ablate = plan` in an experiment, see [scripting.md](scripting.md).\n"
  add "| | |\n|---|---|"
  for _, row in ipairs(cells.list) do add("| `%s` | %s |", cell(cells.shown(row[1])), cell(row[2])) end
  add ""
end

local function add_prune()
  add "## Early stopping\n"
  add("`prune = function(history) ... end` in an experiment is called after each evaluation but the last. It returns a text, the reason " ..
    "to end the run (it is then stopped, with the tag `pruned`), or nil.\n")
  add "| | |\n|---|---|"
  for _, row in ipairs(prune.list) do add("| `%s` | %s |", row[1], cell(row[2])) end
  add ""
end

local function attribute_text(attribute)
  local text = ("`%s` = %s"):format(attribute.name, tostring(attribute.default))
  return attribute.help and text .. " (" .. cell(attribute.help) .. ")" or text
end

local function add_ops()
  add "## Ops\n"
  add "`sl.ops.NAME(inputs ..., { attributes })` gives the outputs; an optional input that is absent is nil.\n"
  add "| op | inputs | outputs | attributes | |\n|---|---|---|---|---|"
  for _, op in ipairs(core.op_list()) do
    local attributes = {}
    for i, attribute in ipairs(op.attributes) do attributes[i] = attribute_text(attribute) end
    add("| `%s` | %s | %s | %s | %s |", op.name, cell(table.concat(op.inputs, ", ")), cell(table.concat(op.outputs, ", ")),
      table.concat(attributes, "; "), cell(op.help) .. (op.differentiable and "" or " No gradient."))
  end
  add ""
end

local function add_function(row)
  local gap = row.signature:match("^[({]") and "" or " "
  local signature = row.kind == "operator" and row.signature or row.name .. gap .. row.signature
  add("- `%s`: %s", signature, row.help)
  for _, option in ipairs(row.options or {}) do
    local kind = option.choices and table.concat(option.choices, " or ") or option.type
    add("  - `%s`: %s, %s; %s", option.name, kind, option.default and "default " .. option.default or "required", option.help)
  end
end

local function add_bindings()
  add "## The core\n"
  add "`sl.core`, or `require \"semiluna.core\"`.\n"
  local table_name
  for _, row in ipairs(core.descriptions()) do
    if row.kind == "class" then
      add("\n### %s\n\n%s\n", row.class, row.help)
    else
      local prefix = row.kind == "function" and row.name:match("^(.*)%.")
      if prefix and prefix ~= table_name then add("\n### %s\n", prefix) end
      table_name = prefix or table_name
      add_function(row)
    end
  end
end

-- The whole document.
local function text()
  lines = {}
  add "# Lua reference\n"
  add "Made by `semiluna lua docs/lua-reference.lua > docs/lua-reference.md` from the descriptor tables of the options and the bindings'"
  add "own descriptions: change those, not this file. [scripting.md](scripting.md) is the introduction.\n"
  add_sections()
  add_schedules()
  add_plans()
  add_prune()
  add_ops()
  add_bindings()
  return (table.concat(lines, "\n"):gsub("\n\n\n+", "\n\n"):gsub("\n*$", "\n", 1))
end

return { text = text }

-- Turns what a script says into resolved options: every option checked, defaults filled in, nothing unknown.
local core = require "semiluna.core"
local fidelity = require "semiluna.fidelity"
local script = require "semiluna.script"
local sections = require "semiluna.sections"
local types = require "semiluna.types"
local usage = require "semiluna.usage"

local options = {}

local known_sections = {}
for _, name in ipairs(sections.order) do known_sections[name] = true end

-- ---- messages ------------------------------------------------------------------------------------------------------------------

-- Ends with a usage error about the option or section `path`, which was given `value`: "my.lua:9: method.lambda_semi: ...", or
-- "--set seed=a: ...".
local function fail(context, path, value, message, ...)
  if select("#", ...) > 0 then message = message:format(...) end
  local parts = { "--set " .. tostring(context.set[path]), message }
  if not context.set[path] then
    parts = { script.locate(path, value, known_sections) or "", path, message }
    if path == "" then table.remove(parts, 2) end
    if parts[1] == "" then table.remove(parts, 1) end
  end
  usage("%s", table.concat(parts, ": "))
end

local function suggestion(name, candidates)
  local nearest = core.system.nearest(tostring(name), candidates)
  return nearest and (' Did you mean "%s"?'):format(nearest) or ""
end

local function shown(value)
  if type(value) == "string" then return ('the text "%s"'):format(value) end
  if type(value) == "number" then return types.number.text(value) end
  if type(value) == "table" and #value > 0 and not getmetatable(value) then
    local parts = {}
    for i = 1, math.min(#value, 8) do parts[i] = type(value[i]) == "table" and "{...}" or tostring(value[i]) end
    return "{" .. table.concat(parts, ", ") .. (#value > 8 and ", ...}" or "}")
  end
  if type(value) == "table" then return "a table" end
  if type(value) == "function" then return "a function" end
  return tostring(value)
end

-- ---- tables of options ----------------------------------------------------------------------------------------------------------

local function is_method(value)
  return type(value) == "table" and type(rawget(value, "new")) == "function"
end

local function is_plain(value)
  return type(value) == "table" and getmetatable(value) == nil and not is_method(value)
end

local function copy(raw)
  local result = {}
  for key, value in next, raw do result[key] = value end
  return result
end

-- Whether a dotted key says which kind of a section it is: "data.layout".
local function is_kind(path)
  local section, name = path:match("^([^.]+)%.(.+)$")
  return sections[section] ~= nil and sections[section].key == name
end

-- Whether a table under this key holds options that are changed one by one.
local function has_parts(key)
  return sections[key] ~= nil or key == "smoke"
end

-- A copy, with copies of its sections, in which dotted keys have become options of their sections.
local function expand(raw)
  local result, dotted = {}, {}
  for key, value in next, raw do
    if type(key) == "string" and key:find(".", 1, true) then
      dotted[#dotted + 1] = key
    else
      result[key] = has_parts(key) and is_plain(value) and copy(value) or value
    end
  end
  table.sort(dotted, function(a, b) -- the kind of a section first: it makes the section forget the rest
    local a_kind, b_kind = is_kind(a), is_kind(b)
    if a_kind ~= b_kind then return a_kind end
    return a < b
  end)
  for _, key in ipairs(dotted) do options.put(result, key, raw[key]) end
  return result
end

-- Sets the option with this dotted name. A section that was written short, method = "supervised", is made a table first; one that
-- becomes of another kind, data.layout = "synthetic", forgets what it held.
function options.put(raw, path, value)
  local section, name = path:match("^([^.]+)%.(.+)$")
  local kinds = sections[section] and sections[section].kinds
  if kinds and name == sections[section].key and is_plain(raw[section]) and raw[section][name] ~= value then raw[section] = {} end
  if not section then
    local is_section = sections[path] and sections[path].kinds
    if is_section and type(value) == "string" then value = { [sections[path].key] = value } end
    raw[path] = value
    return
  end
  local inner = raw[section]
  if not is_plain(inner) then
    inner = { [sections[section] and sections[section].key or 1] = inner }
  end
  raw[section] = inner
  inner[name] = value
end

-- A copy of `base` changed by `changes`. A table that names what it is about, {"supervised", ...} or {161, 161}, takes the place of
-- the old one; a table without, {lambda_semi = 0}, changes options in it.
function options.merge(base, changes)
  local result = expand(base)
  for key, value in next, expand(changes) do
    local old = result[key]
    local renames = is_plain(value) and (value[1] ~= nil or value.layout ~= nil and is_plain(old) and value.layout ~= old.layout)
    if has_parts(key) and is_plain(value) and is_plain(old) and not renames then
      for name, inner in next, value do old[name] = inner end
    else
      result[key] = value
    end
  end
  return result
end

-- The experiment's table at the scale that it or the settings name: where that is "smoke", with its `smoke`, the changes that make it
-- small, laid over it.
function options.scaled(raw, settings)
  local scale = raw.scale
  for _, setting in ipairs(settings or {}) do scale = setting:match "^%s*scale%s*=%s*(.-)%s*$" or scale end
  if scale ~= "smoke" then return raw end
  if not is_plain(raw.smoke) then usage("scale=smoke: the experiment has no table `smoke = { ... }` of changes that make it small") end
  local small = options.merge(raw, raw.smoke)
  small.smoke = nil
  return small
end

-- ---- resolving ------------------------------------------------------------------------------------------------------------------

local function names_of(descriptors)
  local names = {}
  for _, descriptor in ipairs(descriptors) do names[#names + 1] = descriptor[1] end
  return names
end

local function find(descriptors, name)
  for _, descriptor in ipairs(descriptors) do
    if descriptor[1] == name or descriptor.position and descriptor.position == name then return descriptor end
  end
end

-- The value that a text, as --set gives it, is for an option; or nil and what is wrong with it.
function options.parse(descriptor, text)
  local kind = types[descriptor[2]]
  local parsed = kind.parse(text, descriptor)
  if parsed == nil then return nil, ('expected %s, not "%s"'):format(kind.help, text) end
  local checked, expected = kind.check(parsed, descriptor)
  if checked == nil then return nil, ("expected %s, not %s"):format(expected, shown(parsed)) end
  return checked
end

-- One value, checked; texts that came from --set become values of the type first.
local function convert(context, path, descriptor, value)
  if context.set[path] then
    local parsed, problem = options.parse(descriptor, value)
    if parsed == nil then fail(context, path, value, "%s", problem) end
    return parsed
  end
  local checked, expected = types[descriptor[2]].check(value, descriptor)
  if checked == nil then fail(context, path, value, "expected %s, not %s", expected, shown(value)) end
  return checked
end

-- What the experiment's preset says of an option, or nil; `kind` is that of the section ("sgd").
local function preset_value(context, path, kind)
  local preset = context.resolved.preset
  if preset and fidelity.applies(path, kind) then return fidelity.preset(preset)[path] end
end

-- Checks a table against its descriptors and fills in what the preset says and the defaults. `prefix` is "" or "method."; `known` are
-- other keys that may stand in it; `topic` is where `semiluna help` explains it; `kind` is that of the section.
local function resolve_table(context, raw, descriptors, prefix, known, topic, kind)
  local values, given = {}, {}
  for key, value in next, raw do
    local descriptor = find(descriptors, key)
    if descriptor then
      local path = prefix .. (descriptor.position == key and descriptor[1] or key)
      if value ~= descriptor.default_word then values[descriptor[1]] = convert(context, path, descriptor, value) end
      given[descriptor[1]] = true
    elseif context.lenient and context.set[prefix .. tostring(key)] then
      context.lenient(prefix .. tostring(key))
    elseif not known[key] then
      local path = prefix .. tostring(key)
      local candidates = names_of(descriptors)
      for name in pairs(known) do candidates[#candidates + 1] = tostring(name) end
      fail(context, path, value, "no such option.%s  (semiluna help %s lists them)", suggestion(key, candidates), topic)
    end
  end
  for _, descriptor in ipairs(descriptors) do
    local name, default = descriptor[1], descriptor[3]
    if not given[name] then
      local value = preset_value(context, prefix .. name, kind)
      if value ~= nil and value ~= descriptor.default_word then values[name] = convert(context, prefix .. name, descriptor, value) end
    end
    if values[name] == nil then
      if type(default) == "function" then default = default(values, context.resolved) end
      if default == nil and descriptor.required then
        fail(context, prefix:match("^(.-)%.?$"), nil, "%s is missing (%s)", name, descriptor.help)
      end
      values[name] = default
    end
  end
  return values, given
end

-- The method's table: given itself, of the library, or a module that stands next to the script.
local function find_method(context, name)
  if is_method(name) then return name end
  if type(name) ~= "string" then fail(context, "method", name, "expected a method's name or table first, not %s", shown(name)) end
  local found, method = pcall(require, "semiluna.methods." .. name)
  if not found and not tostring(method):find("module 'semiluna.methods." .. name .. "' not found", 1, true) then error(method, 0) end
  if not found then
    found, method = pcall(require, name)
    if not found and tostring(method):find("module '" .. name .. "' not found", 1, true) then
      fail(context, "method", name, 'no such method "%s", neither in the library nor as %s.lua next to the script.%s', name, name,
        suggestion(name, sections.method.library))
    elseif not found then
      error(method, 0)
    end
  end
  if not is_method(method) then
    fail(context, "method", name, 'the module "%s" is not a method: it returns no table with a function `new`', name)
  end
  return method
end

-- Which kind of a section it is ("voc", "sgd"), its descriptors, and where help explains it.
local function find_kind(context, name, raw)
  local section = sections[name]
  local kind = raw[section.key]
  if kind == nil then kind = section.default end
  if name == "method" then
    local method = find_method(context, kind)
    local title = method.name or type(kind) == "string" and kind or "unnamed"
    return title, method.options or {}, "method." .. title, method
  end
  local known = section.kinds[kind]
  if not known then
    local candidates = {}
    for candidate in pairs(section.kinds) do candidates[#candidates + 1] = candidate end
    table.sort(candidates)
    local path = section.key == 1 and name or name .. "." .. section.key
    fail(context, path, kind, 'no such %s: "%s".%s  (there are: %s)', section.what, tostring(kind), suggestion(kind, candidates),
      table.concat(candidates, ", "))
  end
  return kind, known.options, name .. "." .. kind
end

local function resolve_section(context, name, raw)
  local section = sections[name]
  if section.kinds and (type(raw) == "string" or is_method(raw)) then raw = { [section.key] = raw } end
  if name == "evaluate" and type(raw) == "function" then raw = { raw } end
  if raw == nil then raw = {} end
  if type(raw) ~= "table" or getmetatable(raw) then fail(context, name, raw, "expected a table, not %s", shown(raw)) end
  local descriptors, topic, known, kind, method = section.options, name, {}, nil, nil
  if section.kinds then
    kind, descriptors, topic, method = find_kind(context, name, raw)
    known[section.key] = true
  end
  local values, given = resolve_table(context, raw, descriptors, name .. ".", known, topic, kind)
  values.kind = kind
  return values, given, descriptors, method
end

-- Texts of --set into the raw table; remembers where they came from.
local function apply_settings(context, raw, settings)
  for _, setting in ipairs(settings) do
    local path, text = setting:match("^%s*([%w_.]+)%s*=(.*)$")
    if not path then usage('--set "%s": write it as name=value', setting) end
    context.set[path] = setting
    options.put(raw, path, text)
  end
end

-- Resolves `raw`, the table of an experiment, with a list of "name=value" texts laid over it. Returns the values by section, such
-- as resolved.data.root (resolved.model.kind is the model's name, resolved.method_table the method), and the list of all options:
-- {name, type, text, section, given, set, value, descriptor}: `given` where the script or --set gave it, `set` where it has a value at
-- all. `lenient`, if given, is called with the name of a setting that this experiment does not know, instead of an error.
function options.resolve(raw, settings, lenient)
  local context = { set = {}, resolved = {}, lenient = lenient }
  raw = expand(raw)
  apply_settings(context, raw, settings or {})

  local top, top_given = resolve_table(context, raw, sections.experiment.options, "", known_sections, "experiment")
  local resolved, list = top, {}
  context.resolved = resolved

  local function add(prefix, descriptors, values, given)
    for _, descriptor in ipairs(descriptors) do
      local name, value = descriptor[1], values[descriptor[1]]
      local text = value ~= nil and types[descriptor[2]].text(value) or descriptor.default_text or ""
      if not descriptor.hidden then
        list[#list + 1] = {
          name = prefix .. name, type = descriptor[2], text = text, section = prefix:match("^(.-)%.?$"),
          given = given[name] or false, set = value ~= nil, value = value, descriptor = descriptor,
        }
      end
    end
  end

  add("", sections.experiment.options, top, top_given)
  for _, name in ipairs(sections.order) do
    local values, given, descriptors, method = resolve_section(context, name, raw[name])
    resolved[name] = values
    if method then resolved.method_table = method end
    if values.kind then
      local key = sections[name].key == 1 and name or name .. "." .. sections[name].key
      list[#list + 1] = { name = key, type = "choice", text = values.kind, section = name, given = true, set = true,
        value = values.kind, descriptor = {} }
    end
    add(name .. ".", descriptors, values, given)
  end
  if resolved.model.branches < resolved.model.rates then
    fail(context, "model.branches", resolved.model.branches, "%d branches cannot give the %d that model.rates sums",
      resolved.model.branches, resolved.model.rates)
  end
  return resolved, list
end

-- ---- describing -----------------------------------------------------------------------------------------------------------------

-- All sections that can be explained: {topic, help, options, section}, in a fixed order.
function options.topics()
  local topics = { { "experiment", sections.experiment.help, sections.experiment.options } }
  local function add(topic, section) topics[#topics + 1] = { topic, section.help, section.options, section } end
  for _, name in ipairs(sections.order) do
    local section = sections[name]
    if name == "method" then
      for _, method in ipairs(section.library) do add("method." .. method, require("semiluna.methods." .. method)) end
    elseif section.kinds then
      local kinds = {}
      for kind in pairs(section.kinds) do kinds[#kinds + 1] = kind end
      table.sort(kinds, function(a, b)
        if (a == section.default) ~= (b == section.default) then return a == section.default end
        return a < b
      end)
      for _, kind in ipairs(kinds) do add(name .. "." .. kind, section.kinds[kind]) end
    else
      add(name, section)
    end
  end
  return topics
end

-- The default of an option in words, and its type with its range or choices.
function options.default_text(descriptor)
  local default = descriptor[3]
  if descriptor.required then return "(must be given)" end
  if descriptor.default_text then return descriptor.default_text end
  if default == nil then return "none" end
  return types[descriptor[2]].text(default)
end

function options.type_text(descriptor)
  if descriptor.choices then return table.concat(descriptor.choices, " or ") end
  local text = types[descriptor[2]].help
  if descriptor.count then text = ("%d %s"):format(descriptor.count, text:gsub("^a list of ", "")) end
  local least, most = descriptor.least, descriptor.most
  if least and most then return ("%s, %s to %s"):format(text, types.number.text(least), types.number.text(most)) end
  if least then return ("%s, at least %s"):format(text, types.number.text(least)) end
  return text
end

return options

-- The types that an option may have.
--
-- Each has `check(value, descriptor)`, which returns the value in its usual form, or nil and what was expected; `parse(text)`, which
-- makes a value of what --set gives (nil: impossible); and `text(value)`, which writes it for people and for the database.
local schedule = require "semiluna.schedule"

local types = {}

local function number_text(value)
  if value ~= value then return "nan" end
  return ("%.14g"):format(value)
end

-- "0.5", "1/8"
local function parse_number(text)
  local over, under = text:match("^%s*([%d.]+)%s*/%s*([%d.]+)%s*$")
  if over and tonumber(over) and tonumber(under) and tonumber(under) ~= 0 then return tonumber(over) / tonumber(under) end
  return tonumber(text)
end

-- "161,161", "{161, 161}"
local function parse_list(text)
  local list = {}
  for item in text:gsub("^%s*{(.*)}%s*$", "%1"):gmatch("[^,]+") do
    list[#list + 1] = parse_number(item)
    if not list[#list] then return nil end
  end
  return list[1] and list or nil
end

local function range_text(descriptor)
  local least, most = descriptor.least, descriptor.most
  if least and most then return (" from %s to %s"):format(number_text(least), number_text(most)) end
  if least then return (" of at least %s"):format(number_text(least)) end
  if most then return (" of at most %s"):format(number_text(most)) end
  return ""
end

local function in_range(value, descriptor)
  local least, most = descriptor.least or -math.huge, descriptor.most or math.huge
  return type(value) == "number" and value >= least and value <= most and value ~= math.huge and value ~= -math.huge
end

types.number = {
  help = "a number",
  check = function(value, descriptor)
    if in_range(value, descriptor) then return value end
    if schedule.is(value) and type(value) ~= "number" then
      return nil, "a number that holds for the whole run" .. range_text(descriptor) .. ": it cannot be a function of the step"
    end
    return nil, "a number" .. range_text(descriptor)
  end,
  parse = parse_number,
  text = number_text,
}

types.integer = {
  help = "a whole number",
  check = function(value, descriptor)
    local whole = math.tointeger(value)
    if whole and type(value) == "number" and in_range(whole, descriptor) then return whole end
    return nil, "a whole number" .. range_text(descriptor)
  end,
  parse = parse_number,
  text = number_text,
}

types.schedule = {
  help = "a number or a function of the step",
  check = function(value, descriptor)
    if type(value) == "number" and in_range(value, descriptor) then return value end
    if type(value) ~= "number" and schedule.is(value) then return value end
    return nil, "a number" .. range_text(descriptor) .. " or a function of the step"
  end,
  parse = schedule.parse,
  text = schedule.text,
}

types.boolean = {
  help = "true or false",
  check = function(value)
    if type(value) == "boolean" then return value end
    return nil, "true or false"
  end,
  parse = function(text)
    return ({ ["true"] = true, yes = true, on = true, ["1"] = true, ["false"] = false, no = false, off = false, ["0"] = false })[text]
  end,
  text = tostring,
}

types.text = {
  help = "a text",
  check = function(value)
    if type(value) == "string" and value ~= "" then return value end
    return nil, "a text"
  end,
  parse = function(text) return text end,
  text = tostring,
}

types.path = {
  help = "a file or folder",
  check = function(value)
    if type(value) == "string" and value ~= "" then return value end
    return nil, "the name of a file or folder"
  end,
  parse = function(text) return text end,
  text = tostring,
}

types.choice = {
  help = "one of the names listed",
  check = function(value, descriptor)
    for _, choice in ipairs(descriptor.choices) do
      if value == choice then return value end
    end
    return nil, 'one of "' .. table.concat(descriptor.choices, '", "') .. '"'
  end,
  parse = function(text) return text end,
  text = tostring,
}

-- A part of the training images: a fraction of them, or a file that lists ids.
types.split = {
  help = "a fraction of the training images, or a file that lists ids",
  check = function(value)
    if type(value) == "number" and value > 0 and value <= 1 then return value end
    if type(value) == "string" and value ~= "" then return value end
    return nil, "a fraction above 0 and up to 1, such as 1/8, or the name of a file that lists ids"
  end,
  parse = function(text) return parse_number(text) or text end,
  text = function(value) return type(value) == "number" and number_text(value) or value end,
}

types["function"] = {
  help = "a function",
  check = function(value)
    if type(value) == "function" then return value end
    return nil, "a function"
  end,
  parse = function() return nil end,
  text = schedule.text,
}

-- The cells of an ablation, as sl.grid and its like make them; false for none.
types.plan = {
  help = "a plan",
  check = function(value)
    if value == false or type(value) == "table" and type(value.expand) == "function" then return value end
    return nil, "a plan such as sl.grid{ seed = {1, 2, 3} }, or false"
  end,
  parse = function(text)
    if text == "false" then return false end
    return nil
  end,
  text = tostring,
}

-- A table that says something of the script to its readers, not an option's value.
types.changes = {
  help = "a table",
  check = function(value)
    if type(value) == "table" and getmetatable(value) == nil then return value end
    return nil, "a table"
  end,
  parse = function() return nil end,
  text = tostring,
}

-- A function that the library may have made, which then knows how it is written; false for none.
types.hook = {
  help = "a function",
  check = function(value)
    if value == false or type(value) ~= "number" and schedule.is(value) then return value end
    return nil, "a function or false"
  end,
  parse = function(text)
    if text == "false" then return false end
    return nil
  end,
  text = schedule.text,
}

-- A list of `count` numbers; where the descriptor says `spread`, one number stands for all of them.
local function list_type(help, item)
  return {
    help = help,
    check = function(value, descriptor)
      local count = descriptor.count
      local expected = ("a list of %d %ss%s"):format(count, item.help:gsub("^a ", ""), range_text(descriptor))
      if descriptor.spread and type(value) == "number" then
        local list = {}
        for i = 1, count do list[i] = value end
        value = list
      end
      if type(value) ~= "table" or getmetatable(value) or #value ~= count then return nil, expected end
      local list = {}
      for key, element in next, value do
        if math.type(key) ~= "integer" then return nil, expected end
        list[key] = item.check(element, descriptor)
        if list[key] == nil then return nil, expected end
      end
      if descriptor.ascending and list[1] > list[2] then return nil, "two numbers, the smaller one first" end
      return list
    end,
    parse = function(text, descriptor)
      local list = parse_list(text)
      if list and #list == 1 and descriptor.spread then return list[1] end
      return list
    end,
    text = function(value)
      local parts = {}
      for i, element in ipairs(value) do parts[i] = number_text(element) end
      return table.concat(parts, ",")
    end,
  }
end

types.numbers = list_type("a list of numbers", types.number)
types.integers = list_type("a list of whole numbers", types.integer)

return types

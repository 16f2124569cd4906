-- What the tests of the bindings share.
local check = { count = 0 }

local function text(value)
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  for key, item in pairs(value) do parts[#parts + 1] = tostring(key) .. "=" .. text(item) end
  table.sort(parts)
  return "{" .. table.concat(parts, ", ") .. "}"
end

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b and math.type(a) == math.type(b) end
  for key, value in pairs(a) do
    if not same(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

function check.equal(found, expected, what)
  check.count = check.count + 1
  if not same(found, expected) then error(("%s: found %s, expected %s"):format(what or "value", text(found), text(expected)), 2) end
end

function check.near(found, expected, tolerance, what)
  check.count = check.count + 1
  if not (math.abs(found - expected) <= tolerance) then error(("%s: found %s, expected %s"):format(what or "value", found, expected), 2) end
end

function check.yes(value, what)
  check.count = check.count + 1
  if not value then error((what or "value") .. " does not hold", 2) end
end

-- The function must fail with each of the parts in its message.
function check.fails(run, ...)
  check.count = check.count + 1
  local ok, message = pcall(run)
  if ok then error("no error, expected one with: " .. table.concat({ ... }, ", "), 2) end
  message = type(message) == "table" and text(message) or tostring(message)
  for _, part in ipairs { ... } do
    if not message:find(part, 1, true) then error(("the error %q does not contain %q"):format(message, part), 2) end
  end
end

-- A folder of its own, removed by the function that comes with it.
function check.folder()
  local name = os.tmpname()
  os.remove(name)
  require("semiluna.core").system.mkdir(name)
  return name, function() os.execute("rm -r '" .. name .. "'") end
end

function check.done(what)
  print(("%s: %d checks"):format(what, check.count))
end

return check

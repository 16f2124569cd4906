-- Fair controls of a semi-supervised experiment: the same network, images and augmentation, trained on the labelled images alone.
--
-- There are two ways to be fair. A control with as many updates takes the same number of steps; it sees fewer images, for the other
-- method also looks at unlabelled ones. A control with as many images seen takes more steps of the same batch; its schedules stretch
-- with them.
local cells = require "semiluna.plan.cells"
local fail = require("semiluna.plan.mistake").fail

local known = { updates = true, images = true, base = true }

-- The steps at which the segmentation network sees a batch of unlabelled images.
local function unlabeled_steps(resolved)
  local method = resolved.method_table
  local streams = method.streams or { "labeled" }
  if type(streams) == "function" then streams = streams(resolved.method) end
  local draws = false
  for _, name in ipairs(streams) do draws = draws or name == "unlabeled" end
  if not draws then return 0 end
  if not method.uses_unlabeled then return resolved.steps end
  local count = 0
  for step = 0, resolved.steps - 1 do
    if method.uses_unlabeled(resolved.method, step, resolved.steps) then count = count + 1 end
  end
  return count
end

return function(wanted)
  wanted = wanted or {}
  if type(wanted) ~= "table" then fail("sl.controls: expected a table such as { images = false }, not %s", tostring(wanted)) end
  for name, value in pairs(wanted) do
    if not known[name] then
      fail("sl.controls: no such option: %s; there are base, updates and images", tostring(name))
    elseif type(value) ~= "boolean" then
      fail("sl.controls: %s is true or false, not %s", name, tostring(value))
    end
  end
  local function wants(name) return wanted[name] ~= false end
  return cells.computed("controls", function(resolved, _, context)
    local count = unlabeled_steps(resolved)
    if count == 0 then
      fail("%ssl.controls: the method %s learns from labelled images alone: there is nothing to control for", context.where,
        resolved.method.kind)
    end
    local rows = {}
    if wants "base" then rows[#rows + 1] = { { variant = resolved.variant or resolved.method.kind } } end
    if wants "updates" then rows[#rows + 1] = { { variant = "supervised, as many updates", method = { "supervised" } } } end
    if wants "images" then
      rows[#rows + 1] = {
        { variant = "supervised, as many images", method = { "supervised" }, steps = resolved.steps + count }, { steps = true },
      }
    end
    return rows
  end)
end

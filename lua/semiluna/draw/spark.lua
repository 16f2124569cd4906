-- A curve in one line of text: eighth blocks, or ASCII where the locale has nothing better.
--
--   spark({ 1, 2, 4, 8 }, 4)   -->  "▁▂▄█"
local scale = require "semiluna.draw.scale"
local terminal = require "semiluna.draw.terminal"

local blocks = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" }
local plain = { "_", ".", ",", "-", "=", "+", "*", "#" }

-- `width` values for as many characters: means of what falls on each where there are more values than characters. A character with no
-- number at all stays nan, a gap.
local function squeeze(values, width)
  local count = #values
  if count <= width then return values end
  local result = {}
  for i = 1, width do
    local first, last = (i - 1) * count // width + 1, i * count // width
    local sum, shown = 0, 0
    for j = first, last do
      if scale.shown(values[j]) then sum, shown = sum + values[j], shown + 1 end
    end
    result[i] = shown > 0 and sum / shown or 0 / 0
  end
  return result
end

-- The values from first to last in at most `width` (20) characters. Values that are all the same give a flat line in the middle, nan
-- and infinities a gap. `options`: low and high set the scale, utf8 = false forces ASCII.
return function(values, width, options)
  options = options or {}
  local with_blocks = options.utf8
  if with_blocks == nil then with_blocks = terminal.utf8() end
  local marks, parts = with_blocks and blocks or plain, {}
  local squeezed = squeeze(values, width or 20)
  local low, high = scale.range(squeezed)
  low, high = options.low or low, options.high or high
  for i, value in ipairs(squeezed) do
    if not scale.shown(value) then
      parts[i] = " "
    elseif low == high then
      parts[i] = marks[4]
    else
      local level = math.floor((value - low) / (high - low) * #marks) + 1
      parts[i] = marks[math.max(1, math.min(#marks, level))]
    end
  end
  return table.concat(parts)
end

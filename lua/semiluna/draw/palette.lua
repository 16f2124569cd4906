-- Colours of pictures: series that colour-blind people can tell apart (Okabe and Ito), and scales that also read in grey.
local palette = {}

-- Of series; the yellow of the eight is too light for lines on white, so a grey takes its place.
palette.series = { "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555", "#882255" }

function palette.of(index)
  return palette.series[(index - 1) % #palette.series + 1]
end

-- From dark to light, evenly in lightness: values of no particular zero.
palette.values = { "#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725" }
-- From white to dark blue: shares, where nothing is white.
palette.shares = { "#ffffff", "#e3eef9", "#cfe1f2", "#b1d2e7", "#89bedc", "#5fa6d1", "#3a8ac2", "#1b69ad", "#08306b" }

local function channels(color)
  return tonumber(color:sub(2, 3), 16), tonumber(color:sub(4, 5), 16), tonumber(color:sub(6, 7), 16)
end

-- The colour at `share` (0 to 1) of a scale, as red, green, blue from 0 to 255.
function palette.at(colors, share)
  share = math.max(0, math.min(1, share)) * (#colors - 1)
  local index = math.min(#colors - 1, math.floor(share) + 1)
  local r0, g0, b0 = channels(colors[index])
  local r1, g1, b1 = channels(colors[index + 1])
  local t = share - (index - 1)
  return r0 + t * (r1 - r0), g0 + t * (g1 - g0), b0 + t * (b1 - b0)
end

-- Whether white letters read better on that colour than black ones.
function palette.is_dark(colors, share)
  local function linear(channel)
    channel = channel / 255
    return channel <= 0.04045 and channel / 12.92 or ((channel + 0.055) / 1.055) ^ 2.4
  end
  local r, g, b = palette.at(colors, share)
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b) < 0.18
end

-- The scale as gnuplot writes it.
function palette.gnuplot(colors)
  local parts = {}
  for i, color in ipairs(colors) do parts[i] = ("%d '%s'"):format(i - 1, color) end
  return "set palette defined (" .. table.concat(parts, ", ") .. ")"
end

return palette

-- Small helpers around images that methods and evaluations share.
local core = require "semiluna.core"

local image = {}

-- Enlarges maps (N, C, h, w) to the height and width of `like`, an image batch or a label map. Bilinear, with corners aligned, as
-- DeepLab does.
function image.enlarge(maps, like)
  local extents = like:shape()
  return core.ops.bilinear(maps, { height = extents[#extents - 1], width = extents[#extents], align_corners = true })
end

return image

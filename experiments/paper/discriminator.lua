-- What form should the discriminator have? On VOC 2012 with an eighth of the labels: one that judges each pixel or one that judges the
-- image as a whole, and how wide; each with and without the unlabelled images.
--
--   semiluna sweep experiments/paper/discriminator.lua --set scale=smoke
--   semiluna compare experiments/paper/discriminator.lua --rows method.discriminator,method.discriminator_width --columns variant
--
-- The widths are this script's choice: the paper's discriminator is fully convolutional and 64 wide. At the small scale they are an
-- eighth. The paper has such an ablation; its numbers are not at hand here, so nothing stands beside them.
local sl = require "semiluna"
local recipe = require "recipe"
local voc = require "voc2012"

local function cells(widths)
  local forms = sl.grid { ["method.discriminator"] = { "fcn", "image" }, ["method.discriminator_width"] = widths }
  return (sl.list { recipe.baseline } + sl.list { recipe.adversarial, recipe.semi } * forms) * sl.grid { seed = { 1, 2, 3 } }
end

return sl.experiment(voc, {
  name = "paper-discriminator",
  ablate = cells { 32, 64, 128 },
  smoke = { ablate = cells { 4, 8, 16 } },
  published = {},
})

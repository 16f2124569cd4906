-- The paper's table on PASCAL VOC 2012: an eighth, a quarter, half and all of the labels; baseline, + adversarial, + semi-supervised.
--
--   semiluna sweep experiments/paper/voc2012.lua --set scale=smoke       the whole table in minutes, on synthetic scenes
--   VOC=/data/VOC2012 PRETRAINED=/data/resnet101.safetensors semiluna sweep experiments/paper/voc2012.lua
--   semiluna compare experiments/paper/voc2012.lua --rows variant --columns data.labeled --with published
--
-- VOC is a folder in the VOC layout with the augmented labels, VOC_TRAIN its list of training images.
local sl = require "semiluna"
local recipe = require "recipe"

local shares = { 1/8, 1/4, 1/2, 1 }

return sl.experiment(recipe.base, {
  name = "paper-voc2012",
  data = {
    layout = "voc", root = sl.env("VOC", "data/VOC2012"), train = sl.env("VOC_TRAIN", "train_aug"), val = "val", labeled = 1/8,
    crop = { 321, 321 }, scale = { 0.5, 1.5 }, mirror = true, mean = { 104.008, 116.669, 122.675 }, divisor = 1,
  },
  batch = 10,
  steps = 20000,
  ablate = recipe.cells(shares) * sl.grid { seed = { 1, 2, 3 } },
  published = recipe.published(shares, {
    { "baseline", { 0.660, 0.683, 0.698, 0.736 } },
    { "+ adversarial", { 0.676, 0.710, 0.726, 0.749 } },
    { "+ semi", { 0.695, 0.721, 0.738 } },
  }),
})

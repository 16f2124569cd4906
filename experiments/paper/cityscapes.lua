-- The paper's table on Cityscapes: an eighth, a quarter, half and all of the labels; baseline, + adversarial, + semi-supervised.
--
--   semiluna sweep experiments/paper/cityscapes.lua --set scale=smoke    the whole table in minutes, on synthetic scenes
--   CITYSCAPES=/data/cityscapes PRETRAINED=/data/resnet101.safetensors semiluna sweep experiments/paper/cityscapes.lua
--   semiluna compare experiments/paper/cityscapes.lua --rows variant --columns data.labeled --with published
--
-- CITYSCAPES is a folder in the VOC layout: the images at half their size (1024x512) as JPEGImages/ID.png, the training labels with 19
-- classes as SegmentationClass/ID.png, lists train and val, and classes.txt. Whole images are used, without random scales. Batch and
-- steps are said of the paper, not checked against its text.
local sl = require "semiluna"
local recipe = require "recipe"

local shares = { 1/8, 1/4, 1/2, 1 }

return sl.experiment(recipe.base, {
  name = "paper-cityscapes",
  data = {
    layout = "voc", root = sl.env("CITYSCAPES", "data/cityscapes"), train = "train", val = "val", classes = "classes.txt",
    labeled = 1/8, crop = { 512, 1024 }, scale = 1, mirror = true, mean = { 104.008, 116.669, 122.675 }, divisor = 1,
  },
  batch = 2,
  steps = 40000,
  ablate = recipe.cells(shares) * sl.grid { seed = { 1, 2, 3 } },
  published = recipe.published(shares, {
    { "baseline", { 0.555, 0.599, 0.641, 0.664 } },
    { "+ adversarial", { false, false, false, false } },
    { "+ semi", { 0.588, 0.623, 0.657 } },
  }),
})

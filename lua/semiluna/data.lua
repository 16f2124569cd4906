-- Opens what the section `data` describes: the labelled and the unlabelled images, the validation images, and the streams of batches.
local core = require "semiluna.core"

local data = {}

local Data = {}
Data.__index = Data

local function is_list(split)
  return type(split) == "string"
end

-- ---- the two layouts ------------------------------------------------------------------------------------------------------------

local layouts = {}

function layouts.voc(options)
  local function open(list, labels)
    return core.voc { root = options.root, list = list, classes_file = options.classes, labels = labels }
  end
  return {
    open_list = open,
    train = function() return open(options.train, true) end,
    split = function(name) return open(name == "val" and options.val or name == "train" and options.train or name, true) end,
  }
end

function layouts.synthetic(options)
  local function scenes(first, count)
    return core.synthetic {
      width = options.width, height = options.height, classes = options.classes, seed = options.scene_seed,
      first = first, count = count,
    }
  end
  local layout = { train = function() return scenes(0, options.count) end }
  -- A list names scenes of the training set.
  function layout.open_list(list)
    local all = layout.train()
    return all:subset(core.split_read(list, all))
  end
  function layout.split(name)
    if name == "val" then return scenes(options.count, options.val_count) end
    if name == "train" then return layout.train() end
    error(('data: synthetic scenes have the splits "train", "val", "labeled" and "unlabeled", not "%s"'):format(name), 0)
  end
  return layout
end

-- ---- labelled and unlabelled ----------------------------------------------------------------------------------------------------

-- The images of `all` that are not in `labeled`; nil when none is left.
local function others(all, labeled)
  local rest = {}
  for i = 1, all:count() do
    if not labeled:find(all:id(i)) then rest[#rest + 1] = i end
  end
  return rest[1] and all:subset(rest) or nil
end

local function check_apart(options, labeled, unlabeled)
  for i = 1, unlabeled:count() do
    local id = unlabeled:id(i)
    if labeled:find(id) then
      error(('data: image "%s" is both labelled (%s) and unlabelled (%s)'):format(id, options.labeled, options.unlabeled), 0)
    end
  end
end

local function split(options, layout)
  local labeled, unlabeled
  if is_list(options.labeled) then
    labeled = layout.open_list(options.labeled, true)
    if not options.unlabeled then unlabeled = others(layout.train(), labeled) end
  else
    local all = layout.train()
    local first, rest = core.split_fraction(all:count(), options.labeled, options.split_seed)
    labeled = all:subset(first)
    if not options.unlabeled then unlabeled = rest[1] and all:subset(rest) or nil end
  end
  if is_list(options.unlabeled) then
    unlabeled = layout.open_list(options.unlabeled, false)
    check_apart(options, labeled, unlabeled)
  elseif options.unlabeled then
    unlabeled = others(layout.train(), labeled)
    local some = core.split_fraction(unlabeled:count(), options.unlabeled, options.split_seed)
    unlabeled = unlabeled:subset(some)
  end
  return labeled, unlabeled
end

-- ---- what the rest of the library uses ------------------------------------------------------------------------------------------

-- `options` is the resolved section `data`.
function data.open(options)
  local layout = layouts[options.kind](options)
  local self = setmetatable({ options = options, layout = layout, splits = {} }, Data)
  self.labeled, self.unlabeled = split(options, layout)
  self.classes = self.labeled:classes()
  self.class_names = self.labeled:class_names()
  return self
end

-- The images that an evaluation names: "val", "train", "labeled", "unlabeled", or a list of the layout.
function Data:split(name)
  if name == "labeled" then return self.labeled end
  if not self.splits[name] then self.splits[name] = self.layout.split(name) end
  return self.splits[name]
end

-- What is subtracted from an image and what the rest is divided by, as the core takes it.
function Data:normalization()
  return { mean = self.options.mean, divisor = self.options.divisor }
end

local sources = { labeled = "labeled", unlabeled = "unlabeled", ground_truth = "labeled" }

-- A stream of augmented batches: "labeled", "unlabeled", or "ground_truth", which draws from the labelled images on its own.
function Data:stream(name, batch, seed)
  local options, source = self.options, self[sources[name] or ""]
  if not sources[name] then
    error(('a method asks for the stream "%s"; there are labeled, unlabeled and ground_truth'):format(tostring(name)), 0)
  end
  if not source then
    error("data: the method learns from unlabelled images, but all training images are labelled: give data.labeled or " ..
      "data.unlabeled", 0)
  end
  return core.loader(source, {
    batch = batch, crop = options.crop, scale = options.scale, mirror = options.mirror, mean = options.mean, divisor = options.divisor,
    seed = seed, stream = name, threads = options.loader_threads, ahead = options.ahead,
  })
end

return data

-- A run: everything that a resolved experiment needs to train, put together.
local context = require "semiluna.context"
local core = require "semiluna.core"
local data = require "semiluna.data"

local run = {}

local function new_model(options, classes, seed)
  local model = core.deeplab_v2 {
    classes = classes, blocks = options.blocks, base_width = options.base_width, rates = options.rates, branches = options.branches,
    stride_place = options.stride_place, train_affine = options.train_affine, seed = seed,
  }
  if options.pretrained then model:load(options.pretrained, { strict = false }) end
  return model
end

-- The segmentation network of an experiment.
function run.model(resolved, classes)
  return new_model(resolved.model, classes, resolved.seed)
end

local function open_streams(resolved, images)
  local method, streams = resolved.method_table, {}
  local wanted = method.streams or { "labeled" }
  if type(wanted) == "function" then wanted = wanted(resolved.method) end
  for _, name in ipairs(wanted) do streams[name] = images:stream(name, resolved.batch, resolved.seed) end
  return streams
end

local function optimizer_options(options)
  local copy = {}
  for key, value in pairs(options) do copy[key] = value end
  copy.lr = nil
  return copy
end

-- Opens the data, makes the networks and the method. The result has
--   name, seed, steps, options (resolved), data, streams, method,
--   parts    what is trained: {name, model, optimizer, lr}; the segmentation network first
--   models   what a checkpoint holds: {name, model}
--   evaluated  the network that evaluations use
function run.new(resolved)
  local images = data.open(resolved.data)
  local model = run.model(resolved, images.classes)
  local streams = open_streams(resolved, images)
  local given = context.new {
    model = model, classes = images.classes, streams = streams, options = resolved.method, method = resolved.method_table,
    seed = resolved.seed, steps = resolved.steps, batch = resolved.batch, crop = resolved.data.crop,
    make_model = function() return run.model(resolved, images.classes) end,
  }
  given:train("model", model, optimizer_options(resolved.optimizer), resolved.optimizer.lr)
  local method = resolved.method_table.new(given)

  local self = {
    name = resolved.name, seed = resolved.seed, steps = resolved.steps, options = resolved,
    data = images, streams = streams, model = model, method = method, parts = given.parts, models = {},
    evaluated = method.evaluated or model,
  }
  for _, part in ipairs(given.parts) do self.models[#self.models + 1] = { name = part.name, model = part.model } end
  for _, kept in ipairs(given.kept) do self.models[#self.models + 1] = kept end
  return self
end

-- Frees the networks and stops the streams' threads, without waiting for the collector.
function run.close(self)
  for _, stream in pairs(self.streams) do stream:close() end
  for _, part in ipairs(self.parts) do part.optimizer:close() end
  for _, item in ipairs(self.models) do item.model:close() end
end

return run

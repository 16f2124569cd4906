-- A run: everything that a resolved experiment needs to train, put together.
local context = require "semiluna.context"
local core = require "semiluna.core"
local data = require "semiluna.data"

local run = {}

-- Weights by name: of a file that holds this network alone, or of one of our checkpoints. What it lacks (often the head) stays random.
local function load_pretrained(model, path)
  local file <close> = core.checkpoint_open(path)
  local prefix = file:has "model.conv1.weight" and "model." or ""
  if file:model(prefix, model, false) == #model:parameters() then
    error(("model.pretrained: %s holds no tensor of this network, such as conv1.weight"):format(path), 0)
  end
end

local function new_model(options, classes, seed)
  local model = core.deeplab_v2 {
    classes = classes, blocks = options.blocks, base_width = options.base_width, rates = options.rates, branches = options.branches,
    stride_place = options.stride_place, train_affine = options.train_affine, seed = seed,
  }
  if options.pretrained then load_pretrained(model, options.pretrained) end
  return model
end

-- The segmentation network of an experiment.
function run.model(resolved, classes)
  return new_model(resolved.model, classes, resolved.seed)
end

-- Bytes that this machine can still give, or nil where it does not say.
local function available_memory()
  local file = io.open "/proc/meminfo"
  if not file then return nil end
  local kib = file:read("a"):match("MemAvailable:%s*(%d+) kB")
  file:close()
  return kib and tonumber(kib) * 1024
end

-- A crop that cannot fit is refused here, before the system ends the program for it. What is counted is the least that a step
-- needs: the batches decoded ahead, the first layer, and the class probabilities.
local function check_memory(resolved, classes, streams)
  local available, options = available_memory(), resolved.data
  local pixels = 1.0 * resolved.batch * options.crop[1] * options.crop[2] -- whole numbers could overflow
  local needed = pixels * ((options.ahead + 1) * 13 * streams + 4 * resolved.model.base_width + 16 * classes)
  if available and needed > available then
    error(("data.crop: batches of %d crops of %dx%d need at least %.1f GiB, but %.1f GiB are free: make crop or batch smaller"):format(
      resolved.batch, options.crop[1], options.crop[2], needed / 2 ^ 30, available / 2 ^ 30), 0)
  end
end

local function open_streams(resolved, images)
  local method, streams = resolved.method_table, {}
  local wanted = method.streams or { "labeled" }
  if type(wanted) == "function" then wanted = wanted(resolved.method) end
  check_memory(resolved, images.classes, #wanted)
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
--   context  what the method was given, see context.lua
--   parts    what is trained: {name, model, optimizer, lr}; the segmentation network first
--   models   what a checkpoint holds: {name, model}
--   evaluated  the network that evaluations use
function run.new(resolved)
  local images = data.open(resolved.data)
  images:split "val"                                       -- what is wrong with it shows now, not at the first evaluation
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
    data = images, streams = streams, model = model, method = method, context = given, parts = given.parts, models = {},
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

-- Checkpoints: one safetensors file that holds all of a run that a later process needs to go on as if nothing had happened.
--
-- Tensors stand under "NAME." of each model and "optimizer.NAME." of each optimizer; the segmentation network is "model". The metadata
-- "semiluna" is JSON: the step, the streams' positions, the trainer's and the method's own numbers, and what the network is.
local core = require "semiluna.core"
local json_encode, json_decode = core.system.json_encode, core.system.json_decode

local checkpoint = {}

-- What must agree for weights to fit: enough to build the network again, and to feed it.
function checkpoint.describe_model(resolved, data)
  local model = resolved.model
  return {
    kind = model.kind, blocks = model.blocks, base_width = model.base_width, rates = model.rates, branches = model.branches,
    stride_place = model.stride_place, classes = data.classes, class_names = data.class_names,
    mean = resolved.data.mean, divisor = resolved.data.divisor,
  }
end

local function name_of_evaluated(run)
  for _, item in ipairs(run.models) do
    if item.model == run.evaluated then return item.name end
  end
  return "model"
end

-- Writes the state of a training (see trainer.lua) to `path`; with `weights_only` the networks alone. The file appears whole or not at
-- all. Returns its size and SHA-256.
function checkpoint.save(training, path, weights_only)
  local run, writer = training.run, core.checkpoint_writer()
  local meta = {
    format = 1, version = core.version(), uuid = training.record.uuid, name = run.name, step = training.step,
    model = checkpoint.describe_model(run.options, run.data), evaluated = name_of_evaluated(run), method = run.options.method.kind,
  }
  for _, item in ipairs(run.models) do writer:model(item.name .. ".", item.model) end
  if not weights_only then
    for _, part in ipairs(run.parts) do writer:optimizer("optimizer." .. part.name .. ".", part.optimizer) end
    meta.streams = {}
    for name, stream in pairs(run.streams) do meta.streams[name] = stream:position() end
    meta.trainer, meta.state = training.state, run.method.state
  end
  writer:meta("semiluna", json_encode(meta))
  local bytes, sha256 = writer:save(path)
  writer:close()
  return bytes, sha256
end

-- The metadata of a checkpoint, and the open file.
function checkpoint.open(path)
  local file = core.checkpoint_open(path)
  local text = file:meta("semiluna")
  local meta = text and json_decode(text)
  if not meta then return nil, file end
  if meta.format ~= 1 then
    error(("%s: a checkpoint of a newer version (format %s); this program reads format 1"):format(path, tostring(meta.format)), 0)
  end
  return meta, file
end

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for key, value in pairs(a) do
    if not same(value, b[key]) then return false end
  end
  return #a == #b
end

local function text_of(value)
  return type(value) == "table" and table.concat(value, ",") or tostring(value)
end

-- Fails where the weights of `path` are of another network than `model`, naming the first difference.
function checkpoint.check_model(path, meta, model)
  for _, name in ipairs { "kind", "classes", "blocks", "base_width", "branches", "rates", "stride_place", "class_names" } do
    if not same(meta.model[name], model[name]) then
      error(("%s: a checkpoint of another model: %s is %s there and %s here"):format(path, name, text_of(meta.model[name]),
        text_of(model[name])), 0)
    end
  end
end

-- A run that goes on from another's checkpoint may draw from a stream that the other did not have, and has not drawn from it yet; or
-- it may do without one. A stream of its own run's checkpoint is always there.
local function seek_streams(run, path, positions, fork)
  for name, stream in pairs(run.streams) do
    if positions[name] then
      stream:seek(positions[name])
    elseif not fork then
      error(("%s: it holds no position in the stream %s"):format(path, name), 0)
    end
  end
end

-- Makes a new run what the run `uuid` was when it wrote `path`. Returns {step, state} for the trainer. With `fork` the run is another
-- than the one that wrote it, and the same up to that step.
function checkpoint.restore(run, path, uuid, fork)
  local meta, file <close> = checkpoint.open(path)
  if not (meta and meta.streams) then error(path .. ": not a checkpoint that a run can go on from", 0) end
  checkpoint.check_model(path, meta, checkpoint.describe_model(run.options, run.data))
  if meta.uuid ~= uuid then error(("%s: a checkpoint of another run: %s wrote it, not %s"):format(path, meta.uuid, uuid), 0) end
  for _, item in ipairs(run.models) do file:model(item.name .. ".", item.model, true) end
  for _, part in ipairs(run.parts) do file:optimizer("optimizer." .. part.name .. ".", part.optimizer) end
  seek_streams(run, path, meta.streams, fork)
  if meta.state then run.method.state = meta.state end
  return { step = meta.step, state = meta.trainer }
end

-- Loads the weights of `path`, a file of weights that the run `uuid` wrote, into a run's networks. Returns their step.
function checkpoint.load_weights(run, path, uuid)
  local meta, file <close> = checkpoint.open(path)
  if not meta or meta.uuid ~= uuid then error(path .. ": holds no weights of the run " .. uuid, 0) end
  checkpoint.check_model(path, meta, checkpoint.describe_model(run.options, run.data))
  for _, item in ipairs(run.models) do file:model(item.name .. ".", item.model, true) end
  return meta.step
end

return checkpoint

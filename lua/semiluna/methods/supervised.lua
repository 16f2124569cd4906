-- Supervised training: cross-entropy on the labelled images alone. The baseline of every comparison.
local core = require "semiluna.core"
local image = require "semiluna.image"
local ops = core.ops

local supervised = {
  name = "supervised",
  help = "Cross-entropy on the labelled images alone.",
  streams = { "labeled" },
  terms = { { "seg", "cross-entropy on labelled images" } },
  options = {},
}

local Supervised = {}
Supervised.__index = Supervised

function supervised.new(context)
  return setmetatable({ model = context.model, labeled = context.streams.labeled }, Supervised)
end

-- Computes the gradients of one step and returns its losses by name; the trainer's optimizer does the rest.
function Supervised:step()
  local images, labels = self.labeled:next()                        -- (batch, 3, crop, crop), (batch, crop, crop)
  local logits = image.enlarge(self.model(images, true), images)    -- (batch, classes, crop, crop)
  local seg = ops.cross_entropy(logits, labels)
  seg:backward()
  return { seg = seg:item() }
end

return supervised

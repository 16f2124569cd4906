-- Measuring a network on whole images: what the function of `evaluate = { every = 200, function(e) ... end }` works with.
--
--   e:miou("val")          mean IoU under the convention of `evaluate.convention`; logs that of the standard one as miou, that of the
--                          authors' as miou_authors, and that which counts absent classes as 0, where it is chosen, as miou_absent_zero
--   e:per_class("val")     IoU of each class by its name; nan where the class does not occur
--   e:confusion("val")     the confusion matrix; see core.confusion
--   e:confidence("val")    how sure the method was, crossed with right and wrong: see core.reliability; nil where it does not say
--   e:each("val", f)       calls f(image, logits, prediction, label, id) for each image, as tensors that are freed afterwards
--   e:log(name, value)     logs a number
--   e:say(text)            prints a line and keeps it in the run's history
--   e.model, e.step, e.class_names
--
-- What the function returns is logged as well: a number as "score", a table of numbers by their names.
local core = require "semiluna.core"
local image = require "semiluna.image"

local Evaluation = {}
Evaluation.__index = Evaluation

-- `fields` are model, data, step, and optionally record (a Record), progress, a function of (split, done, count), convention (that of
-- `evaluate.convention`), method, which may offer `confidence(probabilities)`: a map (N, 1, H, W) from 0 to 1, how far each pixel's
-- most likely class is to be trusted, and samples, which look at the images that are measured (see samples.lua).
local function new(fields)
  fields.class_names = fields.data.class_names
  fields.matrices, fields.reliabilities, fields.values = {}, {}, {}
  return setmetatable(fields, Evaluation)
end

function Evaluation:each(split, visit)
  local set, normalization = self.data:split(split), self.data:normalization()
  for i = 1, set:count() do
    core.scope(function()
      local pixels, label = set:read(i, normalization)                     -- (1, 3, H, W), (1, H, W) or nil
      local logits = core.no_grad(function() return image.enlarge(self.model(pixels, false), pixels) end)
      local prediction = core.ops.argmax(logits)
      visit(pixels, logits, prediction, label, set:id(i))
      if self.samples then self.samples:see(split, i, pixels, logits, prediction, label) end
    end)
    if self.progress then self.progress(split, i, set:count()) end
  end
end

-- One pass over a split fills the confusion matrix and, where the method says how sure it is, the histogram of confidence.
function Evaluation:measure(split)
  local matrix, sure = core.confusion(self.data.classes), self.method and self.method.confidence
  local reliability = sure and core.reliability(self.data.classes)
  self:each(split, function(_, logits, prediction, label, id)
    if not label then error(('evaluate: "%s" has no label, so the split "%s" cannot be measured'):format(id, split), 0) end
    matrix:add(label, prediction)
    if sure then
      reliability:add(label, prediction, core.no_grad(function() return sure(self.method, core.ops.softmax(logits)) end))
    end
  end)
  self.matrices[split], self.reliabilities[split] = matrix, reliability or nil
  if self.record then self.record:confusion(self.step, split, matrix, self.class_names) end
  if self.record and reliability then self.record:confidence(self.step, split, reliability) end
end

-- Computed once for each split, recorded, and kept for whatever else asks for it.
function Evaluation:confusion(split)
  split = split or "val"
  if not self.matrices[split] then self:measure(split) end
  return self.matrices[split]
end

function Evaluation:confidence(split)
  self:confusion(split)
  return self.reliabilities[split or "val"]
end

-- Under which name the mean IoU of a convention is logged.
local measures = { standard = "miou", authors = "miou_authors", ["absent-zero"] = "miou_absent_zero" }

local function prefixed(split, name)
  return split == "val" and name or split .. "." .. name
end

function Evaluation:miou(split)
  split = split or "val"
  local matrix, convention = self:confusion(split), self.convention or "standard"
  self:log(prefixed(split, "miou"), matrix:miou("standard"))
  self:log(prefixed(split, "miou_authors"), matrix:miou("authors"))
  if convention == "absent-zero" then self:log(prefixed(split, "miou_absent_zero"), matrix:miou("absent_zero")) end
  self:log(prefixed(split, "pixel_accuracy"), matrix:pixel_accuracy())
  return self.values[prefixed(split, measures[convention])]
end

function Evaluation:per_class(split)
  local by_name = {}
  for i, iou in ipairs(self:confusion(split):class_iou()) do by_name[self.class_names[i]] = iou end
  return by_name
end

function Evaluation:log(name, value)
  if type(name) ~= "string" or type(value) ~= "number" then
    error(("evaluate: a name and a number are needed, not %s and %s"):format(tostring(name), tostring(value)), 2)
  end
  self.values[name] = value
  if self.record then self.record:metric(self.step, name, value) end
end

function Evaluation:say(text)
  if self.hear then
    self.hear(text)
  else
    print(text)                                            -- measured outside of a run
  end
end

-- Runs a script's measure and logs what it returns. The values of everything logged are in self.values.
function Evaluation:run(measure)
  local result = measure(self)
  if type(result) == "number" then
    local known = false
    for _, value in pairs(self.values) do known = known or value == result end
    if not known then self:log("score", result) end
  elseif type(result) == "table" then
    for name, value in pairs(result) do
      if type(value) == "number" then self:log(tostring(name), value) end
    end
  elseif result ~= nil then
    error("evaluate: the function returned a " .. type(result) .. "; a number or a table of named numbers is logged", 0)
  end
  return self.values
end

return { new = new, measure_of = function(convention) return measures[convention] end }

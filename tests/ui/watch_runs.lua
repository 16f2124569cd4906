-- Records six more runs in the database that the argument names: two cells of three seeds, with curves and evaluations.
local core = require "semiluna.core"

local path = arg[1]
local classes = { "sky", "road", "car" }
local writing, writer = core.db(path, "write"), core.writer(path)

-- A matrix whose classes are right in `right` of ten pixels.
local function matrix_of(right)
  local truth, prediction = {}, {}
  for class = 0, #classes - 1 do
    for pixel = 1, 10 do
      truth[#truth + 1] = class
      prediction[#prediction + 1] = pixel <= right and class or (class + 1) % #classes
    end
  end
  local matrix = core.confusion(#classes)
  local function map(data) return core.tensor { shape = { 1, 1, #data }, dtype = "u8", data = data } end
  matrix:add(map(truth), map(prediction))
  return matrix
end

for cell, threshold in ipairs { "0.2", "0.5" } do
  for seed = 1, 3 do
    local run = writing:run_new { experiment = "watched", name = cell == 1 and "alpha" or "beta", method = "advsemiseg", seed = seed,
                                  steps = 300, script_text = "return", host = "atlas", device = "cpu" }
    writing:run_param(run, "method.threshold", "number", threshold)
    writing:run_param(run, "seed", "number", tostring(seed))
    for step = 1, 300, 3 do
      writer:metric(run, step, "seg", 2 / (1 + step / 50) + 0.1 * ((step * 7) % 5) / 5)
      writer:metric(run, step, "D", 0.5)
      if step > 100 then writer:metric(run, step, "semi", 0.4) end
    end
    for step = 100, 300, 100 do
      local matrix = matrix_of(3 + step // 100 + (seed == 2 and 1 or 0))
      for i, iou in ipairs(matrix:class_iou()) do writer:class_iou(run, step, "val", i - 1, classes[i], iou) end
      writer:confusion(run, step, "val", matrix)
      writer:metric(run, step, "miou", matrix:miou())
    end
    writer:flush()
    writing:run_finish(run, "done", 300)
  end
end
writer:close()
writing:close()

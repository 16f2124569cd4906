-- The method's three numbers on VOC 2012 with an eighth of the labels: lambda_adv, lambda_semi and the threshold, one changed at a time.
--
--   semiluna sweep experiments/paper/hyperparameters.lua --set scale=smoke
--   semiluna compare experiments/paper/hyperparameters.lua --rows method.lambda_adv,method.lambda_semi,method.threshold
--
-- The values around the paper's own choice (0.01, 0.1, 0.2) are this script's. The paper has such a table; its numbers are not at hand
-- here, so nothing stands beside them. Cells with the same lambda_adv share the steps before semi_start.
local sl = require "semiluna"
local voc = require "voc2012"

return sl.experiment(voc, {
  name = "paper-hyperparameters",
  ablate = (
    sl.grid { ["method.lambda_adv"] = { 0.001, 0.01, 0.1 }, ["method.lambda_semi"] = { 0.1 }, ["method.threshold"] = { 0.2 } }
    + sl.grid { ["method.lambda_adv"] = { 0.01 }, ["method.lambda_semi"] = { 0, 0.05, 0.2 }, ["method.threshold"] = { 0.2 } }
    + sl.grid { ["method.lambda_adv"] = { 0.01 }, ["method.lambda_semi"] = { 0.1 }, ["method.threshold"] = { 0, 0.1, 0.3, 0.5 } }
  ) * sl.grid { seed = { 1, 2, 3 } },
  published = {},
})

-- Presets: what they say, that the script's own options win, and that the documentation's table is that of the list.
local source = os.getenv "SEMILUNA_SOURCE"
package.path = source .. "/tests/script/?.lua;" .. package.path
local check = require "bind_check"
local fidelity = require "semiluna.fidelity"
local launch = require "semiluna.launch"
local options = require "semiluna.options"
local sections = require "semiluna.sections"
local sl = require "semiluna"

local base = sl.experiment {
  name = "f", steps = 100, data = { layout = "synthetic", labeled = 0.5 }, method = { "advsemiseg", semi_start = 40 },
  optimizer = { "sgd", lr = 0.1 },
}

local function value_at(resolved, option)
  local section, name = option:match "^([^.]+)%.(.+)$"
  return resolved[section][name]
end

-- every point has an option that exists, takes both values, and comes out of its preset
for _, preset in ipairs(fidelity.presets) do
  local side = preset == "paper" and "paper" or "code"
  local resolved, list = options.resolve(sl.experiment(base, { preset = preset }).raw)
  for _, point in ipairs(fidelity.points) do
    local expected = point[side] == "semi_start" and 40 or point[side]
    check.equal(value_at(resolved, point.option), expected, preset .. ", " .. point.name)
    check.yes(point.paper ~= point.code, point.name .. " differs")
  end
  local shown
  for _, option in ipairs(list) do shown = shown or option.name == "preset" and option.text end
  check.equal(shown, preset, "the resolved options name the preset")
end

-- what the script and --set say wins; a preset says nothing of other methods and optimizers
local function resolved_with(changes, settings)
  changes.preset = changes.preset or "authors-code"
  return options.resolve(sl.experiment(base, changes).raw, settings)
end
check.equal(resolved_with({ method = { lambda_adv = 0.03 } }).method.lambda_adv, 0.03, "the script's option wins")
check.equal(resolved_with({}, { "method.lambda_adv=0.04" }).method.lambda_adv, 0.04, "--set wins")
check.equal(resolved_with({}, { "preset=paper" }).model.rates, 4, "--set preset")
check.equal(resolved_with({}, { "method.semi_adv_start=semi_start" }).method.semi_adv_start, 40, "the word for another option")
check.equal(resolved_with({ method = "supervised" }).method.lambda_adv, nil, "another method")
check.equal(resolved_with({ optimizer = { "adam", lr = 0.1 }, preset = "paper" }).optimizer.weight_decay, 5e-4, "another optimizer")
check.equal(options.resolve(base.raw).method.lambda_adv, 0.01, "no preset")
check.equal(resolved_with({}).checkpoint.best, "miou_authors", "the best network by the convention")
check.equal(resolved_with({ checkpoint = { best = "score" } }).checkpoint.best, "score", "unless it is said")
check.fails(function() resolved_with { preset = "code" } end, "preset", '"paper", "authors-code"')

-- the parts: all on is the preset, each off is the other one's way
for _, preset in ipairs(fidelity.presets) do
  local parts = sl.fidelity(preset)
  local cells = launch.resolve({ sl.experiment(base, { ablate = sl.leave_one_out(parts) }) }, {})
  local here, there = preset == "paper" and "paper" or "code", preset == "paper" and "code" or "paper"
  check.equal(#cells, #parts + 1, "cells")
  local place = 1
  for _, point in ipairs(fidelity.points) do
    if point.paper_part then
      place = place + 1
      check.equal(cells[place].resolved.variant, "without " .. point[here .. "_part"], "the cell's name")
      for _, other in ipairs(fidelity.points) do
        local expected = other[other == point and there or here]
        if expected == "semi_start" then expected = 40 end
        if other.paper_part then check.equal(value_at(cells[place].resolved, other.option), expected, preset .. ", " .. other.name) end
      end
    end
  end
end
check.equal(#sl.fidelity(), #fidelity.points - 1, "how mean IoU is counted needs no training")
check.fails(function() sl.fidelity "ours" end, "paper", "ours")

-- a small scale
local small = sl.experiment(base, { smoke = { steps = 7, ["method.semi_start"] = 3 }, ablate = sl.grid { seed = { 1, 2 } } })
check.equal(launch.resolve({ small }, {})[1].resolved.steps, 100, "the full scale")
local items = launch.resolve({ small }, { "scale=smoke" })
check.equal({ #items, items[2].resolved.steps, items[2].resolved.method.semi_start }, { 2, 7, 3 }, "the small scale")
check.equal(launch.resolve({ small }, { "scale=smoke", "steps=2" })[1].resolved.steps, 2, "--set over the small scale")
check.equal(launch.resolve({ sl.experiment(small, { scale = "smoke" }) }, {})[1].resolved.steps, 7, "a script at the small scale")
check.fails(function() launch.resolve({ base }, { "scale=smoke" }) end, "smoke = { ... }")
check.fails(function() launch.resolve({ small }, { "scale=big" }) end, '"full", "smoke"')

-- every option of the list stands in the help, and the page holds the table as it is
for _, point in ipairs(fidelity.points) do
  local section, name, found = point.option:match "^([^.]+)%.(.+)$"
  local descriptors = section == "method" and require("semiluna.methods.advsemiseg").options or
    sections[section].options or sections[section].kinds[section == "model" and "deeplab_v2" or "sgd"].options
  for _, descriptor in ipairs(descriptors) do found = found or descriptor[1] == name end
  check.yes(found, point.option .. " is described")
end
local file <close> = assert(io.open(source .. "/docs/fidelity.md"))
check.yes(file:read("a"):find(fidelity.markdown(), 1, true), "docs/fidelity.md has the table of semiluna.fidelity")
check.done "fidelity"

-- Options: defaults, merging, --set, and where a mistake is said to be.
local sl = require "semiluna"
local locate = require "semiluna.locate"
local options = require "semiluna.options"
local sections = require "semiluna.sections"

local checks = 0

local function same(got, expected, what)
  checks = checks + 1
  if got ~= expected then error(("%s: got %s, expected %s"):format(what, tostring(got), tostring(expected)), 2) end
end

local base = sl.experiment {
  steps = 10, data = { layout = "synthetic", crop = 32, labeled = 0.5 }, model = { "deeplab_v2", backbone = "tiny" },
  method = { "advsemiseg", threshold = 0.3 }, optimizer = { "sgd", lr = sl.poly(0.01) },
}

-- defaults, and those that follow from other options
local resolved = options.resolve(base.raw)
same(resolved.seed, 1, "a default")
same(resolved.data.crop[2], 32, "one number for both")
same(table.concat(resolved.model.blocks, ","), "1,1,1,1", "the backbone's blocks")
same(resolved.method.semi_adv_start, resolved.method.semi_start, "a default that is another option")
same(tostring(resolved.method.discriminator_lr), "poly(0.0001, 0.9)", "a schedule as default")
same(options.resolve(sl.experiment(base, { model = { backbone = "resnet50" } }).raw).model.blocks[3], 6, "blocks of another backbone")

-- merging: a table that names what it is replaces, one that does not changes
local function method_of(changes) return options.resolve(sl.experiment(base, changes).raw).method end
same(method_of({ method = { lambda_semi = 0 } }).threshold, 0.3, "a change keeps the rest")
same(method_of({ method = { lambda_semi = 0 } }).lambda_semi, 0, "a change")
same(method_of({ method = { "advsemiseg", lambda_semi = 0 } }).threshold, 0.2, "a new table forgets the rest")
same(method_of({ ["method.threshold"] = 0.4 }).threshold, 0.4, "a dotted name")
same(method_of({ method = "supervised" }).kind, "supervised", "a short section")
same(options.resolve(base.raw).method.threshold, 0.3, "the base is not changed")
local twice = sl.experiment(sl.experiment(base, { seed = 2 }), { ["data.labeled"] = 1 / 4 })
same(options.resolve(twice.raw).seed, 2, "changes of changes")
same(options.resolve(twice.raw).data.labeled, 0.25, "changes of changes")

-- --set
local function set(...) return options.resolve(base.raw, { ... }) end
same(set("seed=7").seed, 7, "--set of a whole number")
same(set("data.labeled=1/8").data.labeled, 0.125, "--set of a fraction")
same(set("data.labeled=list.txt").data.labeled, "list.txt", "--set of a list")
same(set("data.crop=16,24").data.crop[2], 24, "--set of a list of numbers")
same(set("data.crop=16").data.crop[2], 16, "--set of one number for both")
same(set("data.mirror=no").data.mirror, false, "--set of a boolean")
same(set("method.lambda_adv=0").method.lambda_adv, 0, "--set of a number")
same(tostring(set("optimizer.lr=poly(0.5, 2)").optimizer.lr), "poly(0.5, 2)", "--set of a schedule")
same(set("method=supervised").method.kind, "supervised", "--set of a section's kind")
same(set("method=advsemiseg", "method.threshold=0.5").method.threshold, 0.5, "--set of both")

-- the list that is printed and stored
local _, list = options.resolve(base.raw, { "name=x=y" })
local by_name = {}
for _, option in ipairs(list) do by_name[option.name] = option end
same(by_name.name.text, "x=y", "a value with =")
same(by_name["method.threshold"].text, "0.3", "the list")
same(by_name["method.threshold"].given, true, "given")
same(by_name["method.lambda_semi"].given, false, "not given")
same(by_name.threads.set, false, "no value")
same(by_name.method.text, "advsemiseg", "the kind")
same(by_name["data.layout"].text, "synthetic", "the kind by its key")
same(by_name["data.crop"].text, "32,32", "a list")

-- mistakes
local function fails(pattern, changes, ...)
  checks = checks + 1
  local ok, problem = pcall(function(...) return options.resolve(sl.experiment(base, changes).raw, { ... }) end, ...)
  local message = type(problem) == "table" and problem.usage and problem.message or tostring(problem)
  if ok or not message:find(pattern) then error(("expected an error that matches %q, got: %s"):format(pattern, message), 2) end
end

fails('no such option. Did you mean "threshold"', { method = { treshold = 1 } })
fails('no such option. Did you mean "method"', { methods = {} })
fails("expected a whole number of at least 1", { steps = 1.5 })
fails("expected a number from 0 to 1 or a function of the step", { method = { threshold = "high" } })
fails("%-%-set method.threshold=2: expected a number from 0 to 1", {}, "method.threshold=2")
fails("two numbers, the smaller one first", { data = { scale = { 2, 1 } } })
fails("lr is missing", { optimizer = { "adamw" } })
fails("no such optimizer", { optimizer = { "sdg", lr = 1 } })
fails("neither in the library nor as nowhere.lua", { method = { "nowhere" } })
fails("write it as name=value", {}, "seed")

-- the line that an option stands on
local text = [[
-- threshold = 0.9
local sl = require "semiluna"
local base = sl.experiment {
  seed = 1, data = { layout = "synthetic", classes = 6 },
  method = { "advsemiseg",
    threshold = 0.3, --[=[ lambda_semi = 1
    ]=] lambda_adv = 1 },
  optimizer = { "sgd", lr = 0.01 }, name = "lr = 3",
}
return sl.experiment(base, {
  ["method.threshold"] = 0.5, ["data"] = { crop = { 1, 2 } },
  optimizer = {
    lr = "x" } })
]]
local known = {}
for _, name in ipairs(sections.order) do known[name] = true end
same(locate.line(text, "method.threshold", 0.3, known), 6, "the line with the value")
same(locate.line(text, "method.threshold", 0.5, known), 11, "a dotted key")
same(locate.line(text, "method.threshold", nil, known), 11, "the last one")
same(locate.line(text, "method.lambda_adv", 1, known), 7, "after a long comment")
same(locate.line(text, "optimizer.lr", "x", known), 13, "in the changes")
same(locate.line(text, "optimizer.lr", 0.01, known), 8, "in the base")
same(locate.line(text, "data.crop", nil, known), 11, "in a section with a quoted key")
same(locate.line(text, "seed", 1, known), 4, "at the top")
same(locate.line(text, "optimizer.momentum", nil, known), 12, "the section, where the option is not written")
same(locate.line(text, "checkpoint.every", nil, known), nil, "nowhere")

print(checks .. " checks of options")

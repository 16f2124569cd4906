-- Hashes of cells: what changes them, and what leaves them alone.
local sl = require "semiluna"
local core = require "semiluna.core"
local fingerprint = require "semiluna.plan.fingerprint"
local launch = require "semiluna.launch"
local normalize = require "semiluna.plan.normalize"
local script = require "semiluna.script"
local tokens = require "semiluna.tokens"

local checks = 0

local function same(got, expected, what)
  checks = checks + 1
  if got ~= expected then error(("%s: got %s, expected %s"):format(what, tostring(got), tostring(expected)), 2) end
end

local function differs(a, b, what)
  checks = checks + 1
  if a == b then error(what .. ": no difference", 2) end
end

-- ---- words ----------------------------------------------------------------------------------------------------------------------

local function words(text)
  local list = {}
  for i, word in ipairs(tokens(text)) do list[i] = word[2] end
  return table.concat(list, " ")
end

same(words "a=1 -- no\n b = 'x--y' --[[ more\n]] c==d", "a = 1 b = 'x--y' c == d", "comments")
same(words "x=0x1p-3+1e-5-.5 ..'a\\'b' --[==[ ]] ]==]y", "x = 0x1p-3 + 1e-5 - .5 .. 'a\\'b' y", "numbers and strings")
same(words "a[b[1]] = [[ long ]] [=[ ]] ]=]", "a [ b [ 1 ] ] = [[ long ]] [=[ ]] ]=]", "long strings and brackets")
same(words "#!/usr/bin/lua\nf(...)//2::l::", "f ( ... ) // 2 :: l ::", "symbols of several characters")
same(tokens("a\n\n--[[\n\n]]\n'x\\\ny' b")[3][3], 7, "lines are counted")
same(#tokens "--[[ open", 0, "a comment without an end")
same(#tokens "'open", 1, "a string without an end")

-- ---- texts that decide nothing ----------------------------------------------------------------------------------------------------

local function norm(text) return normalize("local sl = require 'semiluna'\n" .. text) end
local function equal(what, a, b) same(norm(a), norm(b), what) end
local function other(what, a, b) differs(norm(a), norm(b), what) end

equal("comments and space", "return sl.experiment{ seed=1 } -- one", "return   sl.experiment{\n\n  seed = 1,\n}")
equal("a value more in an ablation", "return sl.experiment{ ablate = sl.grid{ seed = {1, 2} }, batch = 4 }",
  "return sl.experiment{ ablate = sl.grid{ seed = {1, 2, 3}, batch = {1} }, batch = 4 }")
equal("with a filter", "return sl.experiment(b, { ablate = sl.grid{ seed = {1} }:filter(function(c) return c.seed > 0, 1 end), batch = 4 })",
  "return sl.experiment(b, { ablate = sl.grid{ seed = {1, 2} }, batch = 4 })")
equal("a plan in a variable", "local cells = sl.grid{ seed = {1, 2} } * sl.list{ {} }\nreturn sl.experiment{ ablate = cells }",
  "local cells = sl.grid{ seed = {1} } * sl.list{ {}, { batch = 2 } }\nreturn sl.experiment{ ablate = cells }")
equal("a condition", "local c = sl.when({ seed = 1 }, sl.grid{ batch = {1} })", "local c = sl.when({ seed = 2 }, sl.grid{ batch = {1, 2} })")
equal("names and what is kept", "return sl.experiment{ name = 'a', threads = 1, log_every = 2, checkpoint = { every = 5 }, batch = 1 }",
  "return sl.experiment{ batch = 1 }")
equal("pruning", "return sl.experiment{ prune = sl.median{ after = 0.3 }, batch = 1 }", "return sl.experiment{ batch = 1 }")
other("an option", "return sl.experiment{ batch = 1 }", "return sl.experiment{ batch = 2 }")
other("an option after an ablation", "return sl.experiment{ ablate = sl.grid{ seed = {1} }, batch = 1 }",
  "return sl.experiment{ ablate = sl.grid{ seed = {1} }, batch = 2 }")
other("a name that code may read", "local classes = { { name = 'road' } }", "local classes = { { name = 'car' } }")
other("a function in an ablation", "return sl.experiment{ ablate = sl.list{ { method = { new = function() return 1 end } } } }",
  "return sl.experiment{ ablate = sl.list{ { method = { new = function() return 2 end } } } }")
other("random numbers that are no plan", "local x = math.random(3)", "local x = math.random(4)")
other("a list that is no plan", "local x = my.list{ 1 }", "local x = my.list{ 2 }")
other("strings keep their space", "local x = 'a b'", "local x = 'a  b'")

-- ---- hashes of cells ----------------------------------------------------------------------------------------------------------------

local folder = os.tmpname()
os.remove(folder)
core.system.mkdir(folder)
local function write(name, text)
  local file = assert(io.open(folder .. "/" .. name, "w"))
  file:write(text)
  file:close()
end

local head = [[
local sl = require "semiluna"
return sl.experiment { steps = 40, threads = 1, name = "x",
  data = { layout = "synthetic", count = 8, val_count = 2, labeled = 0.5, crop = 32 }, model = { "deeplab_v2", backbone = "tiny" },
]]

local function hash_of(rest, settings, number)
  write("script.lua", head .. rest)
  for name in pairs(package.loaded) do
    if name == "extra" then package.loaded[name] = nil end
  end
  local items = launch.resolve(script.load(folder .. "/script.lua"), settings)
  return fingerprint.of(items[number or 1]), items
end

local tail = '  method = { "advsemiseg", semi_start = 10 }, optimizer = { "sgd", lr = sl.poly(0.01) } }'
local plain = hash_of(tail)
for name in pairs { hash = 1, options_hash = 1, script_hash = 1, library_hash = 1, texts_hash = 1 } do
  same(#plain[name], 64, name .. " is a SHA-256")
end
same(hash_of("-- a remark\n" .. tail).hash, plain.hash, "a remark")
same(hash_of(tail, { "name=y", "threads=2", "log_every=5", "checkpoint.every=3", "variant=z", "data.ahead=4" }).hash, plain.hash,
  "what decides nothing")
differs(hash_of(tail, { "seed=2" }).hash, plain.hash, "the seed")
differs(hash_of(tail, { "evaluate.every=7" }).hash, plain.hash, "when it is measured")
same(hash_of(tail, { "seed=1" }).hash, plain.hash, "a default, said")

-- the same options by another text
local longer = hash_of("  evaluate = { function(e) e:miou('val') end },\n" .. tail)
differs(longer.hash, plain.hash, "a function for the evaluation")
local moved = hash_of("\n\n\n  evaluate = { function(e)\n  e:miou('val') -- where it stands does not count\n  end },\n" .. tail)
same(moved.hash, longer.hash, "a function elsewhere in the text")
differs(hash_of("  evaluate = { function(e) e:miou('train') end },\n" .. tail).options_hash, longer.options_hash, "another function")

local changed = hash_of((tail:gsub(" }$", ", (function() end)() }")))
same(changed.options_hash, plain.options_hash, "options are those of the script with other code")
differs(changed.hash, plain.hash, "other code")

-- schedules by what they are
local function lr(text) return '  method = { "supervised" }, optimizer = { "sgd", lr = ' .. text .. ' } }' end
differs(hash_of(lr "function(step) return 0.1 end").options_hash, hash_of(lr "function(step) return 0.2 end").options_hash,
  "functions on the same line")
same(hash_of(lr "function(step) return 0.1 end").options_hash, hash_of(lr "\nfunction(step) return 0.1 end").options_hash,
  "a function on another line")
local ablation = '  method = { "supervised" }, optimizer = { "sgd", lr = 1 }, ' ..
  'ablate = sl.grid{ ["optimizer.lr"] = { function() return 1 end, function() return 2 end, sl.warmup(5, function() return 3 end) } } }'
local cells = {}
for i = 1, 3 do cells[i] = hash_of(ablation, {}, i).hash end
differs(cells[1], cells[2], "two functions of an axis")
differs(cells[2], cells[3], "a schedule around a function")

-- adding a value to a grid leaves the other cells alone
local function grid(values)
  return (tail:gsub(" }$", ", ablate = sl.grid{ seed = {" .. values .. "}, ['method.threshold'] = {0, 0.5} } }"))
end
local before, after = hash_of(grid "1, 2", {}, 4), hash_of(grid "1, 2, 3", {}, 5)
same(select(2, hash_of(grid "1, 2"))[4].resolved.seed, 2, "the cell with seed 2")
same(select(2, hash_of(grid "1, 2, 3"))[5].resolved.seed, 2, "and where it is in the longer plan")
same(after.hash, before.hash, "a value more in a grid")

-- a module beside the script
local with_module = (tail:gsub("sl%.poly%(0%.01%)", "require('extra').lr"))
write("extra.lua", "return { lr = 0.5 } -- one")
local first = hash_of(with_module)
write("extra.lua", "return { lr = 0.5 }")
same(hash_of(with_module).hash, first.hash, "a remark in a module")
write("extra.lua", "local unused = 1 return { lr = 0.5 }")
same(hash_of(with_module).options_hash, first.options_hash, "the options with a module's other text")
differs(hash_of(with_module).hash, first.hash, "the text of a module")

-- lists of images by what they say
local listed = (head:gsub("labeled = 0%.5", "labeled = '" .. folder .. "/list.txt'"))
local function hash_of_list(ids)
  write("list.txt", ids)
  head = listed
  return hash_of(tail)
end
local ids = {}
for i = 1, 3 do ids[i] = core.synthetic({ width = 64, height = 64, classes = 6, count = 8, seed = 1 }):id(i) end
local list = hash_of_list(table.concat(ids, "\n") .. "\n")
same(hash_of_list(table.concat(ids, "\r\n")).hash, list.hash, "the same ids")
differs(hash_of_list(ids[1] .. "\n" .. ids[2] .. "\n").hash, list.hash, "an id less")
differs(hash_of_list(ids[2] .. "\n" .. ids[1] .. "\n" .. ids[3] .. "\n").hash, list.hash, "another order")
same(hash_of_list(ids[1] .. "\n").options_hash, list.options_hash, "the options name the file")

-- weights
local weights = folder .. "/w.safetensors"
write("w.safetensors", "one")
local one = hash_of(tail, { "model.pretrained=" .. weights })
write("w.safetensors", "two")
differs(hash_of(tail, { "model.pretrained=" .. weights }).hash, one.hash, "other weights in the same file")

for _, name in ipairs { "script.lua", "extra.lua", "list.txt", "w.safetensors" } do os.remove(folder .. "/" .. name) end
os.remove(folder)
assert(sl)
print(checks .. " checks of hashes")

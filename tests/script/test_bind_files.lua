-- Checkpoints, PNG files, the database and its writer from Lua.
local core = require "semiluna.core"
local check = require "bind_check"
local folder, remove = check.folder()

-- ---- checkpoints: what is saved comes back bit by bit ---------------------------------------------------------------------------

local options = { classes = 3, blocks = { 1, 1, 1, 1 }, base_width = 4, train_affine = true, seed = 5 }
local function step(model, optimizer)
  model:clear_grad()
  core.ops.mean(model(core.tensor { shape = { 2, 3, 17, 17 }, fill = 0.5 }, true)):backward()
  optimizer:step(0.1)
end
local model = core.deeplab_v2(options)
local optimizer = core.optimizer(model, { kind = "adam" })
step(model, optimizer)
local writer = core.checkpoint_writer()
local map = core.tensor { shape = { 1, 2, 2 }, dtype = "u8", data = { 1, 2, 3, 255 } }
writer:model("model.", model)
writer:optimizer("optimizer.", optimizer)
writer:tensor("map", map)
writer:meta("state", '{"step":1}')
local path = folder .. "/a.safetensors"
local bytes, sha = writer:save(path)
local file = assert(io.open(path, "rb"))
local content = file:read "a"
file:close()
check.equal(bytes, #content)
check.equal(sha, core.system.sha256(content))
check.fails(function() writer:tensor("map", map) end, "map")
writer:close()

local checkpoint = core.checkpoint_open(path)
check.equal({ checkpoint:has "map", checkpoint:has "mop" }, { true, false })
check.equal(checkpoint:meta "state", '{"step":1}')
check.equal(checkpoint:meta "other", nil)
check.yes(#checkpoint:names() > 20, "names")
check.equal(checkpoint:tensor "map":table(), map:table())
check.equal(checkpoint:tensor "map":shape(), { 1, 2, 2 })
check.fails(function() checkpoint:tensor "mop" end, "mop")

options.seed = 6
local other = core.deeplab_v2(options)
local other_optimizer = core.optimizer(other, { kind = "adam" })
check.equal(checkpoint:model("model.", other), 0)
checkpoint:optimizer("optimizer.", other_optimizer)
step(model, optimizer)
step(other, other_optimizer)
for i, p in ipairs(model:parameters()) do
  check.equal(other:parameters()[i].tensor:table(), p.tensor:table(), p.name .. " after a resumed step")
end
check.equal(other:load(path, { prefix = "model." }), 0)
check.fails(function() other:load(path) end, "a.safetensors")
check.yes(other:load(path, { strict = false }) > 20, "missing parameters are counted")
check.fails(function() core.discriminator { classes = 3 }:load(path, { prefix = "model." }) end, "")
check.fails(function() checkpoint:optimizer("optimizer.", core.optimizer(other, { kind = "sgd" })) end, "")
check.fails(function() checkpoint:model("model.", optimizer) end, "argument 2 (model): model expected, got optimizer")
checkpoint:close()
check.fails(function() core.checkpoint_open(folder .. "/none") end, "none")
file = assert(io.open(folder .. "/cut", "wb"))
file:write(content:sub(1, #content // 2))
file:close()
check.fails(function() core.checkpoint_open(folder .. "/cut") end, "cut")
check.fails(function() core.checkpoint_open "a\0b" end, "zero byte")

-- ---- PNG -------------------------------------------------------------------------------------------------------------------------

local function png(name)
  local handle = assert(io.open(folder .. "/" .. name, "rb"))
  local text = handle:read "a"
  handle:close()
  return text
end
core.write_png(folder .. "/map.png", map)
core.write_png(folder .. "/grey.png", map, { palette = false })
core.write_png(folder .. "/image.png", core.tensor { shape = { 1, 3, 2, 2 }, fill = 300 })
check.yes(png "map.png":find("PLTE", 1, true) and not png "grey.png":find("PLTE", 1, true), "palette")
check.yes(png "image.png":sub(2, 4) == "PNG", "image")
check.fails(function() core.write_png(folder .. "/x.png", core.tensor { shape = { 2, 3, 2, 2 } }) end, "2x3x2x2")
check.fails(function() core.write_png(folder .. "/none/x.png", map) end, "none/x.png")
check.equal(core.system.exists(folder .. "/x.png"), false)

-- ---- the database ----------------------------------------------------------------------------------------------------------------

local database = folder .. "/a.db"
check.fails(function() core.db(database) end, "a.db")
local db = core.db(database, "write")
db:execute "BEGIN IMMEDIATE"
local run, uuid = db:run_new { name = "first", seed = 1, steps = 10, script_text = "return", git_dirty = true, threads = 2 }
db:run_param(run, "method.kind", "string", "supervised")
db:execute "COMMIT"
check.equal(#uuid, 36)
check.equal(db:run_find "latest", run)
check.equal(db:run_find "first", run)
check.equal(db:run_find(uuid:sub(1, 8)), run)
check.fails(function() db:run_find "second" end, "second")
check.fails(function() db:run_new { nam = "x" } end, 'Did you mean "name"?')
check.fails(function() db:run_new { seed = "1" } end, 'option "seed": a whole number expected')

local rows = db:query("select ?1 as i, ?2 as r, ?3 as t, ?4 as n, ?5 as b, 'a' || char(0) || 'b' as z", 1 << 40, 0.5, "text\0end", nil, true)
check.equal(rows, { { i = 1 << 40, r = 0.5, t = "text\0end", b = 1, z = "a\0b" } })
check.equal(db:query("select 1 where 0"), {})
check.equal(#db:query "select 1 as a union select 2 union select 3", 3)
check.fails(function() db:query "selec 1" end, "syntax")
check.fails(function() db:query("select ?1", {}) end, "db:query: argument 2 (parameter): nil, boolean, number or string expected, got table")
check.fails(function() db:query() end, "string expected, got nothing")

local writing = core.writer(database)
for i = 1, 100 do writing:metric(run, i, "loss", 1 / i) end
writing:class_iou(run, 100, "val", 0, "sky", 0.5)
writing:class_iou(run, 100, "val", 1, "road", 0 / 0)
local confusion = core.confusion(2)
confusion:add(core.tensor { shape = { 1, 1, 1 }, dtype = "u8" }, core.tensor { shape = { 1, 1, 1 }, dtype = "u8" })
writing:confusion(run, 100, "val", confusion)
writing:event(run, 100, "note", "text")
writing:artifact(run, 100, "checkpoint", "a.safetensors", 12, ("0"):rep(64))
writing:heartbeat(run, 100)
writing:flush()
check.equal(db:query("select count(*) as n, max(step) as s from metric where run = ?", run), { { n = 100, s = 100 } })
check.yes(writing:stats().rows >= 105, "rows")
writing:close()
check.equal(#db:query("select * from event where run = ? and kind = 'note'", run), 1)

check.equal(db:command_next(run), nil)
local id = db:command_send(run, "stop", "now")
check.equal(db:command_next(run), { id = id, name = "stop", argument = "now" })
db:command_answer(id, 100, "done")
check.equal(db:command_next(run), nil)
db:run_resume(run, 50, { pid = 1 })
check.equal(db:query("select max(step) as s from metric where run = ?", run), { { s = 50 } })
db:run_finish(run, "failed", 50, "why")
check.equal(db:query("select state, error from run where id = ?", run), { { state = "failed", error = "why" } })

local reader = core.db(database, "read")
check.fails(function() reader:execute "delete from run" end, "")
check.equal(#reader:query "select * from run", 1)
check.equal(reader:path(), database)
reader:close()
check.fails(function() db:run_param(run + 99, "a", "string", "b") end, "")
db:close()
check.fails(function() db:run_find "latest" end, "the db is closed")
check.fails(function() core.db(path, "write") end, "a.safetensors")
check.fails(function() core.db(database, "append") end, '"append" is none of "read", "write"')
check.fails(function() core.writer(folder .. "/none/a.db") end, "none")

remove()
check.done "files and the database from Lua"

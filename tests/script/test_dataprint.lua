-- What a run records of its data: one line an image with the hashes of its files, each file hashed once.
local check = dofile(os.getenv "SEMILUNA_SOURCE" .. "/tests/script/bind_check.lua")
local core = require "semiluna.core"
local data = require "semiluna.data"
local dataprint = require "semiluna.dataprint"
local environment = require "semiluna.environment"
local system = core.system

local folder, remove = check.folder()
for _, name in ipairs { "JPEGImages", "SegmentationClass", "ImageSets/Segmentation" } do system.mkdir(folder .. "/voc/" .. name) end

local function write(path, text)
  local file <close> = assert(io.open(folder .. "/voc/" .. path, "w"))
  file:write(text)
end

-- An image is never decoded here, so any bytes will do.
for _, id in ipairs { "a", "b", "c", "d" } do
  write("JPEGImages/" .. id .. ".jpg", "image " .. id)
  write("SegmentationClass/" .. id .. ".png", "label " .. id)
end
write("ImageSets/Segmentation/train.txt", "a\nb\nc\n")
write("ImageSets/Segmentation/val.txt", "d\n")
write("labeled.txt", "b\n")
os.remove(folder .. "/voc/SegmentationClass/c.png")
write("unlabeled.txt", "c\na\n")

local function open(root)
  return data.open {
    kind = "voc", root = root, train = "train", val = "val", labeled = root .. "/labeled.txt", unlabeled = root .. "/unlabeled.txt",
  }
end

local db <close> = core.db(folder .. "/a.db", "write")
local function line(id, labeled)
  return ("%s %s %s\n"):format(id, system.sha256("image " .. id), labeled and system.sha256("label " .. id) or "-")
end

local function by_name(splits)
  local result = {}
  for _, split in ipairs(splits) do
    result[split.name] = split
    check.equal(split.sha256, system.sha256(split.text))
  end
  return result
end

local beats = 0
local first = by_name(dataprint.of(open(folder .. "/voc"), db, function() beats = beats + 1 end))
check.equal(first.labeled.text, line("b", true))
check.equal(first.unlabeled.text, line("c", false) .. line("a", false), "without labels")
check.equal(first.val.text, line("d", true))
check.equal(first.unlabeled.images, 2)
check.equal(beats, 6, "a sign of life for each file")
check.equal(#db:query "SELECT * FROM file_hash", 6)

-- Known files are not read again: a wrong hash in the table is believed while size and time are right.
local again = by_name(dataprint.of(open(folder .. "/voc"), db, function() error "a file was hashed again" end))
check.equal(again, first)
system.mkdir(folder .. "/elsewhere")
assert(os.execute(("ln -s '%s/voc' '%s/elsewhere/link'"):format(folder, folder)))
check.equal(by_name(dataprint.of(open(folder .. "/elsewhere/link"), db, function() error "a link is another file" end)), first)
db:execute "UPDATE file_hash SET sha256 = 'known' WHERE path LIKE '%JPEGImages/d.jpg'"
check.yes(by_name(dataprint.of(open(folder .. "/voc"), db)).val.text:find("d known ", 1, true), "what is known is believed")
write("JPEGImages/d.jpg", "another image")
local changed = by_name(dataprint.of(open(folder .. "/voc"), db))
check.yes(changed.val.text:find(system.sha256 "another image", 1, true), "a changed file is hashed anew")
check.equal(changed.labeled, first.labeled)

-- Scenes have no files.
local scenes = data.open {
  kind = "synthetic", width = 32, height = 32, classes = 3, count = 3, val_count = 1, scene_seed = 1, labeled = 1, split_seed = 1,
}
local drawn = by_name(dataprint.of(scenes, db))
check.equal(drawn.val.text, scenes:split("val"):id(1) .. " - -\n")
check.equal(drawn.unlabeled, nil)

-- ---- a few thousand files ---------------------------------------------------------------------------------------------------------

-- The hashes of many files are written and read in a moment; the time is shown, and only what would be felt is wrong.
local many = 5000
db:execute "BEGIN IMMEDIATE"
local bytes, modified = system.stat(folder .. "/voc/JPEGImages/a.jpg")
local real = system.realpath(folder .. "/voc/JPEGImages")
for i = 1, many do
  db:execute("INSERT INTO file_hash VALUES(?, ?, ?, ?)", ("%s/%05d.jpg"):format(real, i), bytes, modified, "0")
end
db:execute "COMMIT"
local set = { count = function() return many end, id = function() return "a" end }
function set:files() return folder .. "/voc/JPEGImages/a.jpg" end
local began = system.clock()
by_name(dataprint.of({ labeled = set, split = function() return nil end }, db))
local seconds = system.clock() - began
print(("%d known files: %.0f ms"):format(many, 1000 * seconds))
check.yes(seconds < 5, "known files take no time")

-- ---- the environment --------------------------------------------------------------------------------------------------------------

local sl = require "semiluna"
check.equal(sl.env("SEMILUNA_TEST_NO_SUCH_NAME", "default"), "default")
check.equal(sl.env("HOME"), os.getenv "HOME")
local seen = {}
for _, row in ipairs(environment.rows()) do seen[row.name] = row.value or false end
check.equal(seen.SEMILUNA_TEST_NO_SUCH_NAME, false, "asked for in vain")
check.equal(seen.HOME, os.getenv "HOME")
check.equal(seen.PATH, nil, "nobody asked")

remove()
check.done "what is recorded of the data and the environment"

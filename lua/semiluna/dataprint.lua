-- What a run sees of its data, down to the bytes: each split as a text with one line an image, "id sha256-of-image sha256-of-label".
-- A dash stands where there is no file.
--
-- Files are hashed once: `file_hash` of the database keeps what was found, by path, size and time of change.
local core = require "semiluna.core"
local system = core.system

local dataprint = {}

-- Hashes found are written down this many at a time, so that a run that is stopped in between has not worked in vain.
local batch = 256

local Hashes = {}
Hashes.__index = Hashes

-- `beat` is called between two files.
local function hashes_of(db, beat)
  return setmetatable({ db = db, beat = beat, folders = {}, fresh = {} }, Hashes)
end

-- A folder's full name, and what is known of the files in it.
function Hashes:folder(name)
  local folder = self.folders[name]
  if not folder then
    folder = { path = (system.realpath(name == "" and "." or name) or name):gsub("/?$", "/"), files = {} }
    local rows = self.db:query("SELECT path, bytes, modified, sha256 FROM file_hash WHERE path > ? AND path < ?", folder.path,
      folder.path:sub(1, -2) .. "0")                       -- "0" follows "/"
    for _, row in ipairs(rows) do folder.files[row.path] = row end
    self.folders[name] = folder
  end
  return folder
end

function Hashes:save()
  if #self.fresh == 0 then return end
  self.db:execute "BEGIN IMMEDIATE"
  for _, row in ipairs(self.fresh) do
    self.db:execute("INSERT OR REPLACE INTO file_hash(path, bytes, modified, sha256) VALUES(?, ?, ?, ?)", row.path, row.bytes,
      row.modified, row.sha256)
  end
  self.db:execute "COMMIT"
  self.fresh = {}
end

-- The SHA-256 of a file; "-" for none.
function Hashes:of(name)
  if not name then return "-" end
  local before, last = name:match "^(.*/)([^/]*)$"
  local folder = self:folder(before or "")
  local path = folder.path .. (last or name)
  local bytes, modified = system.stat(path)
  local row = folder.files[path]
  if row and row.bytes == bytes and row.modified == modified then return row.sha256 end
  local read, sha256 = system.sha256_file(path)
  row = { path = path, bytes = read, modified = modified, sha256 = sha256 }
  folder.files[path] = row
  self.fresh[#self.fresh + 1] = row
  if #self.fresh >= batch then self:save() end
  if self.beat then self.beat() end
  return sha256
end

local function split_text(set, hashes)
  local lines = {}
  for i = 1, set:count() do
    local image, label = set:files(i)
    lines[i] = ("%s %s %s\n"):format(set:id(i), hashes:of(image), hashes:of(label))
  end
  return table.concat(lines)
end

-- The splits that `data` (see data.lua) trains and validates on: a list of {name, images, text, sha256}. `db` is open for writing, with
-- no transaction begun.
function dataprint.of(data, db, beat)
  local hashes, splits = hashes_of(db, beat), {}
  for _, name in ipairs { "labeled", "unlabeled", "val" } do
    local set = name == "val" and data:split "val" or data[name]
    if set then
      local text = split_text(set, hashes)
      splits[#splits + 1] = { name = name, images = set:count(), text = text, sha256 = system.sha256(text) }
    end
  end
  hashes:save()
  return splits
end

return dataprint

-- Reads the documents of json_write.lua, however they are laid out and whatever the order of their keys.
local core = require "semiluna.core"
local tables = require "semiluna.exchange.tables"

local version = require("semiluna.exchange.json_write").version

local Reader = {}
Reader.__index = Reader

local owned = {}
for _, item in ipairs(tables.owned) do owned[item.key or item.name] = item end

-- A list of lists, each a row with these columns; calls `visit` with the values.
function Reader:rows(columns, what, visit)
  local scan, scratch = self.scan, self.scratch
  scan:list(function()
    local values, count = scan:row()
    if count ~= #columns then scan:fail("%s: a row of %d values, not of %d", what, count, #columns) end
    scratch:check(columns, values, true, what)
    visit(values)
  end)
end

local split_columns = { { name = "sha256", type = "text" }, { name = "text", type = "text" } }

function Reader:splits()
  self:rows(split_columns, "splits", function(values)
    if core.system.sha256(values[2]) ~= values[1] then self.scan:fail "splits: the text is not the one that its sha256 says" end
    self.scratch:execute("INSERT INTO split(sha256, text) VALUES(?, ?)", values[1], values[2])
  end)
end

function Reader:metrics(id)
  local scan, scratch = self.scan, self.scratch
  scan:list(function()
    local name, points
    scan:object(function(key)
      if key == "name" then
        name = scan:value()
        if type(name) ~= "string" then scan:fail "metrics: name has to be a text" end
      elseif key == "points" and name then
        local metric = scratch:metric(name)
        points = true
        self:rows(tables.point, "metrics", function(values) scratch:point(id, metric, values[1], values[2], values[3]) end)
      else
        scan:fail('metrics: "%s" is not known here%s', key, key == "points" and " before name" or "")
      end
    end)
    if not points then scan:fail "metrics: points are missing" end
  end)
end

function Reader:owned(item, id)
  local count = #item.columns
  self:rows(item.columns, item.key or item.name, function(values)
    self.scratch:execute(item.write, id, table.unpack(values, 1, count))
  end)
end

-- The members of "run": exactly the columns.
function Reader:columns()
  local known, values, seen = {}, {}, {}
  for _, column in ipairs(tables.run) do known[column.name] = true end
  self.scan:object(function(key)
    if not known[key] then self.scan:fail('run: "%s" is not known here', key) end
    values[key], seen[key] = self.scan:value(), true
  end)
  return values
end

function Reader:run()
  local scan, scratch = self.scan, self.scratch
  local id, row = scratch:new_run(), {}
  scan:object(function(key)
    if key == "uuid" or key == "experiment" or key == "experiment_created" then
      row[key] = scan:value()
    elseif key == "run" then
      row.values = self:columns()
    elseif key == "metrics" then
      self:metrics(id)
    elseif owned[key] then
      self:owned(owned[key], id)
    else
      scan:fail('a run has no "%s"', key)
    end
  end)
  if not row.values then scan:fail 'a run without "run"' end
  scratch:run(id, row.uuid, row.experiment, row.experiment_created, row.values)
end

function Reader:document()
  local scan, about = self.scan, {}
  scan:object(function(key)
    if key == "semiluna" or key == "version" then
      about[key] = scan:value()
      if key == "semiluna" and about.semiluna ~= "runs" then scan:fail "not an export of Semiluna's" end
      if key == "version" and about.version ~= version then
        if math.type(about.version) ~= "integer" then scan:fail "version: not a whole number" end
        scan:fail("version %d of the format, this program knows %d: update Semiluna", about.version, version)
      end
    elseif key == "splits" then
      self:splits()
    elseif key == "runs" then
      scan:list(function() self:run() end)
      about.runs = true
    else
      scan:fail('"%s" is not known here: not an export of Semiluna\'s', key)
    end
  end)
  if not about.semiluna or not about.version or not about.runs then
    scan:fail('"%s" is missing: not an export of Semiluna\'s', not about.semiluna and "semiluna" or about.version and "runs" or "version")
  end
  if scan:peek() ~= "" then scan:fail "something follows the end of the document" end
end

-- Reads all into a scratch database.
return function(scan, scratch)
  setmetatable({ scan = scan, scratch = scratch }, Reader):document()
end

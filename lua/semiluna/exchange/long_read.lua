-- Reads the long table of long_write.lua, and hands a wide one to wide_read.lua. The long table holds less than a run has, and what it lacks is filled in so that the run can be compared:
-- options are texts, times of values are that of the run's start, and the run's last sign of life is its start, so that any other copy of
-- the run counts as newer.
local before = require("semiluna.exchange.long_write").before
local after = require("semiluna.exchange.long_write").after
local wide = require("semiluna.exchange.wide").before
local wide_read = require "semiluna.exchange.wide_read"

-- What an import of the table does not bring, in words.
local lacks = "no script, confusion matrices, histograms, pictures, curves, data lists, environment, checkpoints, events, tags or notes, and only " ..
  "the options that it has columns for"

local Reader = {}
Reader.__index = Reader

-- ---- fields -----------------------------------------------------------------------------------------------------------------------------

-- Where the line ends whose field ends before `at`: after the newline, or nil.
local function line_end(buffer, at)
  local _, last = buffer:find("^\r?\n", at)
  return last and last + 1
end

-- One field, which begins at scan.at: its text (nil where it is empty, and not quoted), and what ends it, "," or "\n".
function Reader:field()
  local scan = self.scan
  local text
  if scan.buffer:sub(scan.at, scan.at) == '"' then
    local parts = {}
    scan.at = scan.at + 1
    while true do
      local stop = scan.buffer:find('"', scan.at, true)
      if stop and stop == #scan.buffer then -- what follows decides whether it is doubled
        scan:need(#scan.buffer - scan.at + 2)
        stop = scan.buffer:find('"', scan.at, true)
      end
      parts[#parts + 1] = scan.buffer:sub(scan.at, (stop or 0) - 1)
      scan.at = stop and stop + 1 or #scan.buffer + 1
      if stop and scan.buffer:sub(scan.at, scan.at) == '"' then
        parts[#parts + 1] = '"'
        scan.at = scan.at + 1
      elseif stop then
        break
      elseif not scan:more() then
        scan:fail 'a " is missing: the file is cut short'
      end
    end
    text = table.concat(parts)
  else
    local stop = scan.buffer:find('[,\n"]', scan.at)
    while not stop and scan:more() do stop = scan.buffer:find('[,\n"]', scan.at) end
    if not stop then scan:fail "the line does not end: the file is cut short" end
    text = scan.buffer:sub(scan.at, stop - 1)
    scan.at = stop
    if text:sub(-1) == "\r" and scan.buffer:sub(stop, stop) == "\n" then
      text = text:sub(1, -2)
      scan.at = stop - 1
    end
    if text == "" then text = nil end
  end
  scan:need(2)
  if scan.buffer:sub(scan.at, scan.at) == "," then
    scan.at = scan.at + 1
    return text, ","
  end
  local last = line_end(scan.buffer, scan.at)
  if not last then
    scan:fail(scan.at > #scan.buffer and "the line does not end: the file is cut short" or 'a "," or the end of the line should stand here')
  end
  self.after_line = last
  return text, "\n"
end

-- So many fields, of which the last ends the line if `ends`.
function Reader:fields(count, ends)
  local values = {}
  for i = 1, count do
    local stop
    values[i], stop = self:field()
    if (stop == "\n") ~= (ends and i == count) then
      self.scan:fail(stop == "\n" and "the line has too few fields" or "the line has too many fields")
    end
  end
  return values
end

function Reader:next_line()
  self.scan.at = self.after_line
end

-- ---- the first line -------------------------------------------------------------------------------------------------------------------

local function same(list, first, names)
  for i, name in ipairs(names) do
    if list[first + i - 1] ~= name then return false end
  end
  return true
end

-- Returns the names of the columns where the table is a wide one.
function Reader:head()
  local scan, names, stop = self.scan, {}, nil
  if scan.buffer:sub(1, 3) == "\u{FEFF}" then scan.at = 4 end
  repeat
    names[#names + 1], stop = self:field()
    if not names[#names] and stop == "," then scan:fail "a column without a name" end
  until stop == "\n"
  if not same(names, 1, before) or #names < #before + #after or not same(names, #names - #after + 1, after) then
    if same(names, 1, wide) then
      self:next_line()
      return names
    end
    scan:fail "not a long table of `semiluna export`"
  end
  self.options = table.move(names, #before + 1, #names - #after, 1, {})
  self:next_line()
end

-- ---- lines --------------------------------------------------------------------------------------------------------------------------------

local words = { nan = true, inf = true, ["-inf"] = true }

local function number(text)
  if words[text] then
    if text == "nan" then return nil, true end
    return text == "inf" and math.huge or -math.huge, true
  end
  if not text:find "^[+-]?%.?%d[%d.]*[eE]?[+-]?%d*$" then return nil, false end
  local value = tonumber((text:gsub("^%+", "")))
  return value, value ~= nil
end

function Reader:real(text, what)
  local value, ok = number(text or "")
  if not ok then self.scan:fail("%s: %s is not a number", what, text and ('"%s"'):format(text:sub(1, 40)) or "nothing") end
  return value
end

function Reader:whole(text, what)
  local value = text and text:find "^-?%d+$" and math.tointeger(tonumber(text))
  if not value then self.scan:fail("%s: %s is not a whole number", what, text and ('"%s"'):format(text:sub(1, 40)) or "nothing") end
  return value
end

local apart = { "name", "variant", "method", "seed" } -- options that have columns of their own

-- The run that a line begins with; `key` tells its fields, which all lines of the run share.
function Reader:run(fields, key)
  local scan, scratch = self.scan, self.scratch
  local about = {}
  for i, name in ipairs(before) do about[name] = fields[i] end
  if scratch.uuids[about.run] then
    if self.keys[about.run] ~= key then scan:fail("run %s: described otherwise than in its first line", about.run) end
    return scratch.uuids[about.run]
  end
  local start = self:real(about.started, "started")
  local id = scratch:new_run()
  scratch:run(id, about.run, about.experiment, start, {
    name = about.name, method = about.method, state = about.state, step = 0, seed = about.seed and self:whole(about.seed, "seed"),
    start_time = start, session_time = start, heartbeat = start, end_time = about.ended and self:real(about.ended, "ended"),
    seconds_before = 0, resumes = 0,
  })
  self.keys[about.run], self.start[id], self.last[id] = key, start, 0
  local sql = "INSERT INTO param(run, name, type, value) VALUES(?, ?, 'text', ?)"
  for _, name in ipairs(apart) do
    if about[name] then scratch:execute(sql, id, name, about[name]) end
  end
  for i, name in ipairs(self.options) do
    if fields[#before + i] then scratch:execute(sql, id, name, fields[#before + i]) end
  end
  return id
end

local class_insert = "INSERT INTO class_iou(run, split, step, class_index, class_name, iou) VALUES(?, ?, ?, ?, ?, ?)"

-- One value of a run.
function Reader:value(id, values)
  local split, step, metric, class_index, class, value = table.unpack(values, 1, #after)
  if not (split or step or metric or class_index or class or value) then return end -- the run logged nothing
  local scratch = self.scratch
  step, value = self:whole(step, "step"), self:real(value, "value")
  if step > self.last[id] then self.last[id] = step end
  if not metric then self.scan:fail "metric: nothing stands there" end
  if class_index then
    if metric ~= "iou" then self.scan:fail('a class of the metric "%s": only iou has classes', metric) end
    scratch:execute(class_insert, id, split or "", step, self:whole(class_index, "class_index"), class, value)
  else
    if split or class then self.scan:fail("a %s without a class_index", split and "split" or "class") end
    scratch:point(id, scratch:metric(metric), step, value, self.start[id])
  end
end

-- A text that tells fields apart.
local function key_of(fields, width)
  local parts = {}
  for i = 1, width do parts[i] = fields[i] and #fields[i] .. ":" .. fields[i] or "-" end
  return table.concat(parts)
end

function Reader:lines()
  local scan = self.scan
  local prefix, id = nil, nil
  while true do
    scan:need(prefix and #prefix or 1)
    if scan.at > #scan.buffer then return end
    if prefix and scan.buffer:sub(scan.at, scan.at + #prefix - 1) == prefix then
      scan.at = scan.at + #prefix
      self:value(id, self:fields(#after, true))
    else
      local width = #before + #self.options
      scan:need(1 << 12)
      local passed, first = scan.passed, scan.at
      local fields = self:fields(width, false)
      local raw = scan.buffer:sub(first, scan.at - 1)
      prefix = scan.passed == passed and raw or nil        -- else its beginning is no longer there, and the next line is read in full
      id = self:run(fields, key_of(fields, width))
      self:value(id, self:fields(#after, true))
    end
    self:next_line()
  end
end

-- Reads all into a scratch database. Returns what such a table lacks.
return function(scan, scratch)
  local self = setmetatable({ scan = scan, scratch = scratch, keys = {}, start = {}, last = {} }, Reader)
  scan:need(4)
  local names = self:head()
  if names then return wide_read(self, names) end
  self:lines()
  for id, step in pairs(self.last) do scratch:execute("UPDATE run SET step = ?2 WHERE id = ?1", id, step) end
  return lacks
end

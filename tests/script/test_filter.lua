-- Filter expressions: what they find, that SQL and the function of options agree, and what is said of a wrong one.
local core = require "semiluna.core"
local expression = require "semiluna.analysis.expression"
local filter = require "semiluna.analysis.filter"

local checks = 0

local function same(got, expected, what)
  checks = checks + 1
  if got ~= expected then error(("%s: got %s, expected %s"):format(what, tostring(got), tostring(expected)), 2) end
end

local path = os.tmpname()
os.remove(path)
local guard <close> = setmetatable({}, { __close = function()
  for _, ending in ipairs { "", "-wal", "-shm" } do os.remove(path .. ending) end
end })

-- ---- a database -----------------------------------------------------------------------------------------------------------------

local writing = core.db(path, "write")
local writer = core.writer(path)

local function add_run(experiment, name, options, metrics, tags)
  local id = writing:run_new { experiment = experiment, name = name, method = options.method, seed = tonumber(options.seed) or 0,
    steps = 10 }
  for option, value in pairs(options) do writing:run_param(id, option, "text", value) end
  for metric, values in pairs(metrics or {}) do
    for step, value in ipairs(values) do writer:metric(id, step, metric, value) end
  end
  for _, tag in ipairs(tags or {}) do writing:execute("INSERT INTO tag(run, tag) VALUES(?, ?)", id, tag) end
  return id
end

add_run("a", "first", { ["method.threshold"] = "0.2", ["data.labeled"] = "0.125", seed = "1", method = "advsemiseg" },
  { kept = { 0.5, 0.9, 0.7 }, ["odd name"] = { 3 } }, { "paper", "good" })
add_run("a", "second", { ["method.threshold"] = "0.33333333333333", ["data.labeled"] = "1/8", seed = "2", method = "advsemiseg" },
  { kept = { 0.1 } }, { "100%_sure" })
add_run("b", "it's \"odd\"\n%", { ["data.labeled"] = "some_list.txt", seed = "10", method = "supervised", variant = "" })
add_run("b", "fourth", { ["data.labeled"] = "1", seed = "9007199254740993", method = "supervised", mirror = "true",
  variant = "plain" })
writer:close()
writing:execute("INSERT INTO note(run, time, text) VALUES(3, 0, 'wrong labels')")
writing:close()

local db <close> = core.db(path, "read")

local function ids(text)
  local condition = filter.compile(text, db)
  local list = {}
  for _, row in ipairs(db:query("SELECT r.id FROM run r WHERE " .. condition.sql .. " ORDER BY r.id",
    table.unpack(condition.parameters))) do
    list[#list + 1] = row.id
  end
  return table.concat(list, " ")
end

for _, case in ipairs {
  -- options: numbers, fractions, texts
  { "method.threshold = 0.2", "1" },
  { "method.threshold >= 0.2", "1 2" },
  { "method.threshold = 1/3", "2" },
  { "method.threshold > 1/3", "" },
  { "method.threshold < 0.3 or seed = 10", "1 3" },
  { "data.labeled = 1/8", "1 2" },
  { "data.labeled = 0.125 and not seed = 1", "2" },
  { "data.labeled = 'some_list.txt'", "3" },
  { "data.labeled ~ 'list'", "3" },
  { "data.labeled ~ '%'", "" },
  { "data.labeled != 1/8", "3 4" },
  { "data.labeled in (1, 1/8)", "1 2 4" },
  { "data.labeled not in (1, 1/8)", "3" },
  { "seed in (1, 2) and seed in (2, 10)", "2" },
  { "`seed` = 1", "1" },
  { "mirror = true", "4" },
  { "mirror = false", "" },
  { "mirror != false", "4" },
  -- what a run does not have
  { "method.threshold = nil", "3 4" },
  { "method.threshold != nil", "1 2" },
  { "method.threshold != 0.2", "2" },
  { "not method.threshold = 0.2", "2 3 4" },
  { "variant = nil", "1 2 3" },
  { "model.blocks = nil", "1 2 3 4" }, -- an option that exists, though no run has it
  -- columns
  { "id > 2", "3 4" },
  { "experiment = 'a'", "1 2" },
  { "experiment != 'a' and id < 4", "3" },
  { "state = 'running'", "1 2 3 4" },
  { "seed = 9007199254740993", "4" },
  { "seed = 9007199254740992", "" },
  { "method = \"supervised\"", "3 4" },
  { "name = 'it''s \"odd\"\n%'", "3" },
  { "name ~ '\"'", "3" },
  { "miou = nil", "1 2 3 4" },
  { "git_dirty = nil", "1 2 3 4" },
  -- metrics
  { "kept > 0.6", "1" },
  { "kept = 0.7", "1" },
  { "best.kept = 0.9", "1" },
  { "kept <= 0.1", "2" },
  { "kept = nil", "3 4" },
  { "best.kept = nil", "3 4" },
  { "`odd name` = 3", "1" },
  -- tags and notes
  { "tag = 'paper'", "1" },
  { "tag = 'good' and tag = 'paper'", "1" },
  { "tag != 'paper'", "2" },
  { "tag = nil", "3 4" },
  { "tag != nil", "1 2" },
  { "tag ~ '%_'", "2" },
  { "tag in ('good', '100%_sure')", "1 2" },
  { "note ~ 'wrong'", "3" },
  -- how they are put together
  { "id = 1 or id = 2 and id = 3", "1" },
  { "(id = 1 or id = 2) and id = 2", "2" },
  { "not not id=1", "1" },
  { "NOT (id = 1 OR id = 2) AND id < 4", "3" },
  { "id == 1 or id <> 1 and id = 4", "1 4" },
  { "name = '''; DROP TABLE run; --'", "" },
  { "name = \"x\" or id = 1", "1" },
} do
  same(ids(case[1]), case[2], case[1])
end

-- ---- what is said of a wrong one ------------------------------------------------------------------------------------------------

local function complaint(text, act)
  local ok, problem = pcall(act or function() return filter.compile(text, db) end)
  if ok or type(problem) ~= "table" or not problem.usage then
    error(("%q: expected a usage error, got %s"):format(text, ok and "none" or tostring(problem)), 2)
  end
  return problem.message
end

local treshold = complaint "method.treshold >= 0.2"
same(treshold, 'method.treshold >= 0.2: column 1: no option, metric or column "method.treshold".' ..
  ' Did you mean "method.threshold"?\n' ..
  "^", "a name that is misspelt")
same(complaint("id = 1 and\tsed = 2"):match("^(.-)\n"),
  'id = 1 and sed = 2: column 12: no option, metric or column "sed". Did you mean "seed"?',
  "a name further on")
same(complaint("threshold = 0.2"):match("^(.-)\n"),
  'threshold = 0.2: column 1: no option, metric or column "threshold". Did you mean "method.threshold"?', "a name without its section")
same(select(2, complaint("müsli = 'ü' and ünder = 1"):gsub("column 1:", "")), 1, "columns count characters")
for _, case in ipairs {
  { "", 1, "empty" }, { "   ", 1, "empty" }, { "id", 3, 'after "id"' }, { "id =", 5, "has to stand here" }, { "id = = 1", 6,
    "a number or a text" },
  { "id = 1 id = 2", 8, '"and" or an "or"' }, { "(id = 1", 8, '"%)"' }, { "id = 1)", 7, '"and" or an "or"' }, { "id = 'x", 6,
    "does not end" },
  { "id = 'x'", 6, "is a number" }, { "id ~ 1", 6, "text in quotes" }, { "id in 1", 7, "a list" }, { "id in (1", 9,
    '"%)" of the list' },
  { "id in ()", 8, "a number or a text" }, { "id in (1, nil)", 11, "nil cannot" }, { "0.2 <= id", 1, "begins with a name" },
  { "id < nil", 4, "= and != alone" }, { "id > true", 4, "= and != alone" }, { "id = 1/0", 7, "other than 0" }, { "id = 1x", 6,
    "neither a number" },
  { "id = 1.2.3", 6, "neither a number" }, { "id ; 1", 4, "means nothing" }, { "id = 1; DROP TABLE run", 7, "means nothing" },
    { "name = x", 8, "written 'x'" },
  { "name ~= 'x'", 6, "!=" }, { "id = 1 and", 11, "missing at the end" }, { "not", 4, "missing at the end" }, { "best. = 1", 1,
    "no option" },
  { "id = 1 and `run.id", 12, "does not end" }, { "`x\" = 1; --` = 1", 1, "no option" },
} do
  local message = complaint(case[1])
  local column = tonumber(message:match "column (%d+):")
  same(column, case[2], case[1] .. " (" .. message .. ")")
  checks = checks + 1
  if not message:find(case[3]) then error(("%s: %s does not say %s"):format(case[1], message, case[3])) end
  same(#message:match "\n( *)%^$", column - 1, case[1] .. ": the caret")
end
complaint(("("):rep(1000) .. "id = 1")
complaint(("not "):rep(1000) .. "id = 1")
same(ids(("id = 1 or "):rep(500) .. "id = 2"), "1 2", "many comparisons")
same(ids("id in (" .. ("1, 0.5, "):rep(300) .. "2)"), "1 2", "a long list")
complaint(("id = 1 or "):rep(2000) .. "id = 2")
complaint("other = 1", function() return filter.matcher("other = 1", { "seed", "method.threshold" }) end)

-- ---- the function of options says the same as SQL -------------------------------------------------------------------------------

math.randomseed(7)
local function pick(list) return list[math.random(#list)] end

local names = { "method.threshold", "data.labeled", "variant", "mirror", "model.blocks" }
local values = { "0", "1", "-1", "0.2", "1/5", "1/4", "0.25", "1e-05", "0.00001", "1/3", "0.33333333333333", "", "true", "false",
  "007", ".5", "1.", "1/0", "1//2",
  "abc", "a'b", 'a"b', "nan", "inf", "1,2", "0x10", "1e5", "100000", "2-1", "%", "_", "é", "9007199254740993", "9007199254740992",
    "-0.5", "1/2/3", "1.5/3", "+1" }
local literals = { "0", "1", "-1", "0.2", "1/5", "0.25", "1e-5", "1/3", "1e5", "9007199254740993", "''", "'abc'", "'a''b'",
  '"a""b"', "'1'", "'0.2'", "true", "false",
  "nil", "'é'", "'%'", "+.5", "-.5", "'a'" }

local function random_expression(depth)
  local kind = math.random(depth > 0 and 6 or 3)
  if kind <= 2 then return pick(names) .. " " .. pick { "=", "!=", "<", "<=", ">", ">=" } .. " " .. pick(literals) end
  if kind == 3 then
    if math.random(2) == 1 then return pick(names) .. " ~ '" .. pick { "a", "1", ".", "0" } .. "'" end
    return pick(names) .. pick { " in (", " not in (" } .. pick(literals) .. ", " .. pick(literals) .. ")"
  end
  if kind == 4 then return "not " .. random_expression(depth - 1) end
  return "(" .. random_expression(depth - 1) .. pick { " and ", " or " } .. random_expression(depth - 1) .. ")"
end

local options = {}
do
  local more <close> = core.db(path, "write")
  more:execute "BEGIN IMMEDIATE"
  for _ = 1, 60 do
    local given = {}
    for _, name in ipairs(names) do
      if math.random(5) > 1 then given[name] = pick(values) end
    end
    local id = more:run_new { experiment = "random", name = "random" }
    for name, value in pairs(given) do more:run_param(id, name, "text", value) end
    options[id] = given
  end
  more:execute "COMMIT"
end

local compared, found_any = 0, 0
for _ = 1, 1500 do
  local text = random_expression(3)
  local ok, condition = pcall(filter.compile, text, db)
  if ok then
    local found, matcher = {}, filter.matcher(text, names)
    local sql = "SELECT r.id FROM run r WHERE r.name = 'random' AND " .. condition.sql
    for _, row in ipairs(db:query(sql, table.unpack(condition.parameters))) do found[row.id] = true end
    for id, given in pairs(options) do
      if matcher(given) ~= (found[id] or false) then
        local shown = {}
        for name, value in pairs(given) do shown[#shown + 1] = name .. "=" .. value end
        error(("%s: the function says %s, SQL %s, of %s"):format(text, matcher(given), found[id], table.concat(shown, " ")))
      end
      compared = compared + 1
      if found[id] then found_any = found_any + 1 end
    end
  elseif not condition.usage then
    error(("%s: %s"):format(text, tostring(condition)))
  end
end
if compared < 30000 or found_any < 5000 then error(("only %d comparisons, %d found"):format(compared, found_any)) end

-- numbers in texts
for _, case in ipairs { { "1/8", 0.125 }, { "0.5", 0.5 }, { "-2e3", -2000.0 }, { "x", nil }, { "", nil }, { "0x10", nil }, { "1/0",
  nil }, { "007", nil } } do
  same(expression.number(case[1]), case[2], "the number of " .. case[1])
end

-- ---- random texts: an error or SQL that can be prepared, nothing else, and nothing is changed -----------------------------------

local pieces = { "id", "seed", "=", "<", ">=", "~", "(", ")", "and", "or", "not", "in", ",", "'", '"', "`", "''", "1", "1/8", ".",
  "-", "e5", ";", "--", "/*", "*/", "?", "?1",
  ":x", "@y", "$z", "\0", "\n", "\t", "\255", "é", "method.threshold", "DROP TABLE run", "||", "%", "_", "\\", "best.kept", "tag",
    "nil", "true", "x.name", "r.id", "0x", "{", "[", "]" }
local prepared = 0
local function random_text(i)
  local parts = {}
  for j = 1, math.random(12) do
    parts[j] = math.random(8) == 1 and string.char(math.random(0, 255)) or pick(pieces)
  end
  local text = table.concat(parts, i % 2 == 0 and " " or "")
  if i % 4 < 2 then return text end
  local whole = random_expression(2) -- an expression with the text in the place of a part of it
  local from = math.random(#whole + 1)
  return whole:sub(1, from - 1) .. (i % 8 < 6 and text or "") .. whole:sub(from + math.random(0, 4))
end

for i = 1, 20000 do
  local text = random_text(i)
  local ok, condition = pcall(filter.compile, text, db)
  if ok then
    db:query("SELECT count(*) FROM run r WHERE " .. condition.sql, table.unpack(condition.parameters))
    prepared = prepared + 1
  elseif type(condition) ~= "table" or not condition.usage then
    error(("%q: %s"):format(text, tostring(condition)))
  end
end
if prepared < 200 then error("only " .. prepared .. " random texts were expressions") end
same(db:query("SELECT count(*) AS n FROM run")[1].n, 64, "nothing was changed")

print(("%d checks, %d comparisons of SQL with the function of options, %d of 20000 random texts were expressions"):format(checks,
  compared, prepared))

-- How fast `semiluna compare` answers over many runs: makes a database of RUNS runs with POINTS points each, and times the command.
--
--   semiluna lua bench/compare.lua make FILE [RUNS] [POINTS]    a database (1000 and 10000), of random numbers in the right places
--   semiluna lua bench/compare.lua time FILE                    the table of bench/results/compare.md
local core = require "semiluna.core"

local classes, evaluations, steps = 11, 20, 2000
local metrics = { "seg", "adv", "semi", "kept", "d_loss" }

-- ---- making it ------------------------------------------------------------------------------------------------------------------

local thresholds, shares = { 0, 0.1, 0.2, 0.3, 0.5 }, { 1 / 16, 1 / 8, 1 / 4, 1 / 2 }

local function make(path, runs, points)
  runs, points = tonumber(runs) or 1000, tonumber(points) or 10000
  local db <close> = core.db(path, "write")
  db:execute "PRAGMA synchronous = OFF"
  db:execute "BEGIN IMMEDIATE"
  for i = 0, runs - 1 do
    local threshold, share = thresholds[i % 5 + 1], shares[i // 5 % 4 + 1]
    local lambda, seed = ({ 0, 0.1 })[i // 20 % 2 + 1], i // 40 + 1
    local id = db:run_new { experiment = "bench", name = "bench", method = "advsemiseg", seed = seed, steps = steps,
      script_text = ("x"):rep(4000) }
    local given = { ["method.threshold"] = threshold, ["data.labeled"] = share, ["method.lambda_semi"] = lambda, seed = seed,
      steps = steps, method = "advsemiseg" }
    for n = 1, 60 do given["section.option_" .. n] = n end -- as many options as a run has
    for name, value in pairs(given) do db:run_param(id, name, "text", ("%.14g"):format(tonumber(value) or 0)) end
    db:run_param(id, "origin", "json", '{"index":' .. i .. "}")
    db:execute("INSERT INTO cell(run, hash, options_hash, script_hash, library_hash) VALUES(?1, ?2, ?2, 's', 'l')", id,
      core.system.sha256(tostring(i)))
    db:run_finish(id, "done", steps)
  end
  for _, name in ipairs(metrics) do db:execute("INSERT INTO metric_name(name) VALUES(?)", name) end
  db:execute([[
    INSERT INTO metric_value(run, name_id, step, value, time)
    WITH RECURSIVE step(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM step WHERE n + 1 < ?1)
    SELECT r.id, m.id, s.n, (random() & 65535) / 65536.0, 1.7e9 + s.n FROM run r CROSS JOIN metric_name m CROSS JOIN step s]],
    points // #metrics)
  local matrix = [[
    WITH RECURSIVE step(n) AS (SELECT ?1 UNION ALL SELECT n + ?1 FROM step WHERE n + ?1 <= ?2),
      class(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM class WHERE n + 1 < ?3)]]
  db:execute("INSERT INTO confusion(run, split, step, truth, prediction, pixels)" .. matrix .. [[
    SELECT r.id, 'val', s.n, t.n, p.n, (random() & 65535) * (CASE WHEN t.n = p.n THEN 5 + s.n / 500 + r.seed % 3 ELSE 1 END)
    FROM run r CROSS JOIN step s CROSS JOIN class t CROSS JOIN class p]], steps // evaluations, steps, classes)
  db:execute("INSERT INTO class_iou(run, split, step, class_index, class_name, iou)" .. matrix .. [[
    SELECT r.id, 'val', s.n, k.n, 'class ' || k.n, 0.0 FROM run r CROSS JOIN step s CROSS JOIN class k]],
    steps // evaluations, steps, classes)
  -- The IoU that the matrices give, in one pass over each of them.
  db:execute [[
    WITH truth AS (SELECT run, step, truth AS k, sum(pixels) AS n, sum(pixels) FILTER (WHERE truth = prediction) AS hit
        FROM confusion GROUP BY 1, 2, 3),
      prediction AS (SELECT run, step, prediction AS k, sum(pixels) AS n FROM confusion GROUP BY 1, 2, 3)
    UPDATE class_iou SET iou = f.iou FROM (SELECT t.run, t.step, t.k, 1.0 * t.hit / (t.n + p.n - t.hit) AS iou FROM truth t
      JOIN prediction p ON p.run = t.run AND p.step = t.step AND p.k = t.k) f
    WHERE class_iou.run = f.run AND class_iou.step = f.step AND class_iou.class_index = f.k]]
  db:execute "COMMIT"
  local rows = db:query "SELECT (SELECT count(*) FROM metric_value) AS points, (SELECT count(*) FROM confusion) AS cells"[1]
  print(("%s: %d runs, %d points, %d cells of confusion matrices"):format(path, runs, rows.points, rows.cells))
end

-- ---- timing it ------------------------------------------------------------------------------------------------------------------

local commands = {
  "compare bench --rows threshold --columns labeled,lambda_semi",
  "compare bench --against threshold=0",
  "compare bench --against threshold=0 --format json",
  "compare bench --at best --convention authors --ignore-class 'class 0'",
  "compare bench --per-class --against threshold=0",
  "compare bench --metric kept",
  "compare \"method.threshold >= 0.2 and miou > 0.25 and data.labeled in (1/8, 1/4)\"",
}

-- Seconds on the clock, and of a processor.
local function seconds_of(command, path)
  local script = os.tmpname()
  local file <close> = io.open(script, "w")
  file:write(("TIMEFORMAT='%%R %%U %%S'; time %s %s --db %s > /dev/null\n"):format(core.system.executable(), command, path)):close()
  local pipe <close> = io.popen("bash " .. script .. " 2>&1")
  local text = pipe:read "a"
  os.remove(script)
  local real, user, system = text:match "^([%d.]+) ([%d.]+) ([%d.]+)\n$"
  if not real then error(("%s: %s"):format(command, text), 0) end
  return tonumber(real), user + system
end

-- The file's pages leave the cache, as far as the system lets go of them.
local function forget(path)
  return os.execute(("dd if=%s iflag=nocache count=0 status=none"):format(path))
end

local function scan_count(path)
  local folder = debug.getinfo(1, "S").source:match "^@(.*/)" or "./"
  package.path = folder .. "../tests/support/?.lua;" .. package.path
  local queries = require "queries"
  local db <close> = core.db(path, "read")
  local scans, count = 0, 0
  for _, arguments in ipairs { { what = "bench", against = "threshold=0" }, { what = "bench", at = "best" }, { what = "bench",
    metric = "kept" } } do
    arguments.db = path
    for _, query in ipairs(queries.of("compare", arguments)) do
      scans, count = scans + #queries.scans(db, query, queries.large), count + 1
    end
  end
  return scans, count
end

local function time(path)
  local about = core.db(path, "read"):query([[SELECT (SELECT count(*) FROM run) AS runs,
    (SELECT count(*) FROM metric_value) AS points,
    (SELECT count(*) FROM confusion) AS cells]])[1]
  local file <close> = io.open(path)
  print(("%d runs, %d logged points, %d cells of confusion matrices, %.0f MB; %s, %s\n"):format(about.runs, about.points,
    about.cells,
    file:seek "end" / 1e6, core.system.cpu(), core.system.versions()))
  print "| command | file out of the cache | file in the cache | of a processor |\n| --- | ---: | ---: | ---: |"
  for _, command in ipairs(commands) do
    local cold, warm, busy = math.huge, math.huge, math.huge
    for _ = 1, 5 do
      if forget(path) then cold = math.min(cold, (seconds_of(command, path))) end
      local real, cpu = seconds_of(command, path)
      warm, busy = math.min(warm, real), math.min(busy, cpu)
    end
    print(("| `%s` | %.2f s | %.2f s | %.2f s |"):format(command, cold, warm, busy))
  end
  local scans, count = scan_count(path)
  print(("\nOf %d queries, %d read a table of logged numbers from one end to the other."):format(count, scans))
end

local command = table.remove(arg, 1)
if command == "make" and arg[1] then
  make(table.unpack(arg))
elseif command == "time" and arg[1] then
  time(arg[1])
else
  error("make FILE [RUNS] [POINTS], or time FILE", 0)
end

#!/bin/bash
# `semiluna diff`: what differs between two runs, in the order of what it explains; where their losses part; and what it says when
# nothing differs.
# shellcheck disable=SC2016
. "$SEMILUNA_SOURCE/tests/e2e/check.sh"
. "$SEMILUNA_SOURCE/tests/e2e/training.sh"

# says PATTERN ARGUMENTS...: a line of what diff prints
says() {
    local pattern=$1
    shift
    expect 0 "$pattern" semiluna diff "$@"
}
# order FIRST SECOND ARGUMENTS...: diff prints a line that matches FIRST before one that matches SECOND
order() {
    local first=$1 second=$2
    shift 2
    checks=$((checks + 1))
    "$SEMILUNA" diff "$@" >"$scratch/.out" 2>"$scratch/.err"
    local at_first at_second
    at_first=$(grep -nE -m 1 -- "$first" "$scratch/.out" | cut -d: -f1)
    at_second=$(grep -nE -m 1 -- "$second" "$scratch/.out" | cut -d: -f1)
    if [ -z "$at_first" ] || [ "$at_first" -ge "${at_second:-0}" ]; then wrong "no \"$first\" before \"$second\""; fi
}
# json EXPRESSION ARGUMENTS...: a Lua expression of the table `d`, what --format json gives, is true
json() {
    local expression=$1
    shift
    "$SEMILUNA" diff "$@" --format json >"$scratch/found.json" 2>"$scratch/.err"
    cat >"$scratch/ask.lua" <<'LUA'
local file <close> = io.open "found.json"
local d = require("semiluna.core").system.json_decode(file:read "a")
local function find(list, name)
  for _, item in ipairs(list) do
    if item.name == name then return item end
  end
  return {}
end
local test = load("local d, find = ... return " .. arg[1], arg[1])
os.exit(test(d, find) and 0 or 1)
LUA
    holds "json: $expression" semiluna lua "$scratch/ask.lua" "$expression"
}

# ---- runs that were trained -------------------------------------------------------------------------------------------------------
write_tiny tiny.lua
train() { holds "trains: $*" semiluna run tiny.lua -q "$@"; }
train                                                   # 1
train                                                   # 2: the same
train --set method.threshold=0.5                       # 3
train --set seed=4 --set method.threshold=0.5          # 4
train --set log_every=2 --name rarely                   # 5
{ echo '-- a remark'; cat tiny.lua; } >remark.lua
holds 'trains with a remark' semiluna run remark.lua -q # 6
sed 's/steps = 30/smooth = 0.5, steps = 30/; s/^return/\n&/' tiny.lua >smooth.lua
holds 'trains with a change' semiluna run smooth.lua -q # 7

says '^nothing that was recorded and counts differs$' 1 2
says '^what they logged is the same to the last bit: [0-9]{3} values of [0-9]+ metrics$' 1 2
says '^the same at every step: .*kept, .*seg' 1 2
json '#d.differences == 0 and #d.script_diff == 0 and find(d.metrics, "seg").common == 30 and find(d.metrics, "seg").first == nil' 1 2

says '^they differ in: method\.threshold \(0\.4, 0\.5\)$' 1 3
says '^they part at step [0-9]+: ' 1 3
says '^the result +method\.threshold +0\.4 +0\.5 +acts from step 9 on$' 1 3
# The database knows better than the program: the first step by hand.
by_hand() {
    sql "SELECT min(a.step) FROM metric a JOIN metric b ON b.run = $2 AND b.name = a.name AND b.step = a.step
         WHERE a.run = $1 AND a.value IS NOT b.value AND a.name NOT LIKE 'option.%' $3"
}
step=$(by_hand 1 3)
holds 'the threshold acts after the warm-up' [ "${step:-0}" -ge 9 ]
says "^they part at step $step: " 1 3
step=$(by_hand 1 4)
says "^they part at step $step: " 1 4
far=$(by_hand 1 4 "AND a.name = 'seg' AND abs(a.value - b.value) > 0.01 * max(abs(a.value), abs(b.value))")
json "find(d.metrics, 'seg').far.step == $far and find(d.metrics, 'option.method.threshold').schedule" 1 4
says '^they differ in: method\.threshold \(0\.4, 0\.5\); seed \(3, 4\)$' 1 4
says '^the result +method\.threshold .* acts from step 9 on: not where they part$' 1 4
order '^the result +method\.threshold' '^the result +seed' 1 4

says '^nothing that was recorded and counts differs$' 1 5
order '^nothing +log_every +1 +2' '^nothing +name +tiny +rarely' 1 5
json 'find(d.metrics, "seg").common == 15' 1 5

says '^nothing that was recorded and counts differs$' 1 6
says '^nothing +script +.* comments, layout' 1 6
says '^\+-- a remark$' 1 6

says '^they differ in: smooth \(0\.98, 0\.5\); script$' 1 7
says '^-  ?name = "tiny", seed = 3, steps = 30' 1 7
says '^\+ .*smooth = 0\.5, steps = 30' 1 7
says '^they part at step 2: seg_ema is ' 1 7
says '^ *background +[0-9.]+' 1 4
says '^mIoU % +[0-9.]+ +[0-9.]+ +[+-]' 1 4
says '^\| the result \| method\.threshold \| 0\.4 \| 0\.5 \|' 1 3 --format markdown
says '^```diff$' 1 7 --format markdown

# The other way round
says '^they differ in: method\.threshold \(0\.5, 0\.4\)$' 3 1

# By name and uuid
uuid=$(sql 'SELECT uuid FROM run WHERE id = 3')
says '^run 3 \(tiny\) and run 5 \(rarely\)$' "${uuid:0:8}" rarely

# ---- what only a database can hold ------------------------------------------------------------------------------------------------
cat >make.lua <<'END_LUA'
local core = require "semiluna.core"
local sha256 = core.system.sha256
local db <close> = core.db("made.db", "write")
local esc = string.char(27)

local function run(about)
  about.info.experiment = "made"
  local id = db:run_new(about.info)
  for name, value in pairs(about.params or {}) do db:run_param(id, name, "text", value) end
  for name, text in pairs(about.splits or {}) do
    local _, images = text:gsub("\n", "")
    db:execute("INSERT OR IGNORE INTO split(sha256, text) VALUES(?, ?)", sha256(text), text)
    db:execute("INSERT INTO run_split(run, name, images, sha256) VALUES(?, ?, ?, ?)", id, name, images, sha256(text))
  end
  for name, value in pairs(about.environment or {}) do db:execute("INSERT INTO environment VALUES(?, ?, ?)", id, name, value) end
  if about.cell then db:execute("INSERT INTO cell VALUES(?, ?, ?, ?, ?, ?, ?)", id, table.unpack(about.cell, 1, 6)) end
  for name, values in pairs(about.metrics or {}) do
    db:execute("INSERT OR IGNORE INTO metric_name(name) VALUES(?)", name)
    for step, value in ipairs(values) do
      db:execute("INSERT INTO metric_value SELECT ?, id, ?, ?, 0 FROM metric_name WHERE name = ?", id, step, value or nil, name)
    end
  end
  db:run_finish(id, "done", 3)
  return id
end

local lists = {
  "a1 i1 l1\na2 i2 l2\na 3 i3 l3\n", "a1 i1 l1\na2 other l2\na4 i4 l4\na 3 i3 bad\n", "a2 i2 l2\na1 i1 l1\na 3 i3 l3\n",
}
local function info(name, versions, device, threads, host, commit, dirty)
  return { name = name, script_text = "one\ntwo\n", versions = versions, device = device, threads = threads, host = host, seed = 1,
    git_commit = commit, git_dirty = dirty, method = "m" }
end
local same = { "semiluna 0.1.0, oneDNN 3.2.0", "cpu (2 threads, avx2)", 2, "here", ("a"):rep(40), false }
-- 1 and 2: the same files otherwise; 3: the same list in another order; 4: another machine
run { info = info("one", table.unpack(same)), splits = { train = lists[1] }, cell = { "h", "o", "s", "l" },
  metrics = { seg = { 1, 2, 3 }, nan = { 1, false, 3 }, inf = { 1, math.huge, math.huge }, mine = { 1 } } }
run { info = info("two", table.unpack(same)), splits = { train = lists[2], extra = lists[1] }, cell = { "h", "o", "s", "l" },
  metrics = { seg = { 1, 2.01, 3.5 }, nan = { 1, false, false }, inf = { 1, math.huge, 5 }, yours = { 1 } } }
run { info = info("three", table.unpack(same)), splits = { train = lists[3] }, cell = { "h", "o", "s", "l" } }
run { info = info("four", "semiluna 0.1.0, oneDNN 3.3.0", "cpu (4 threads, avx512)", 4, "there", ("b"):rep(40), true),
  splits = { train = lists[1] }, cell = { "h", "o", "s", "l" }, environment = { CAMVID = "/data", OMP_NUM_THREADS = "4" },
  metrics = { seg = { 1, 2, 3 } } }
run { info = info("five", "semiluna 0.2.0, oneDNN 3.2.0", table.unpack(same, 2)), splits = { train = lists[1] },
  cell = { "h", "o", "s", "k" } }
-- 6: names and texts that would move a cursor; 7: nothing recorded
local hostile = esc .. "[2J\r\nx|y"
run { info = { name = hostile, script_text = esc .. "]0;title\7\nlast line", method = hostile, versions = hostile, seed = 1 },
  params = { ["method." .. hostile] = hostile, ["method.threshold"] = "(function() while true do end end)()", method = "advsemiseg",
    ["method.semi_start"] = "1e999", ["method.lambda_semi"] = "linear(0, (function() while true do end end)())", steps = "10" },
  environment = { [hostile] = hostile }, metrics = { [hostile] = { 1 } }, splits = { [hostile] = hostile .. " i l\n" } }
run { info = { name = "bare" }, params = { ["method.threshold"] = "0.5", method = "advsemiseg" } }
-- 8: went on from 1
run { info = info("eight", table.unpack(same)), splits = { train = lists[1] }, metrics = { seg = { 1, 2, 3 } },
  cell = { "h", "o", "s", "l", db:query "SELECT uuid FROM run WHERE id = 1"[1].uuid, 2 } }
-- 9 and 10: long paths, and a method of which the other run has no options
local folder = "/a/folder/whose/name/is/longer/than/a/column/is/wide/"
run { info = { name = "eighth" }, params = { method = "one", ["method.x"] = "1", ["method.y"] = "2", ["data.labeled"] = folder .. "é8.txt" },
  metrics = { seg = { 1 }, a = { 1 }, b = { 1 } } }
run { info = { name = "quarter" }, params = { method = "two", ["method.y"] = "3", ["data.labeled"] = folder .. "è4.txt" },
  metrics = { seg = { 1 } } }
-- 11 and 12: many points, the same but for the very last
for last = 1, 2 do
  local id = run { info = { name = "long" } }
  for metric = 1, 20 do
    db:execute("INSERT OR IGNORE INTO metric_name(name) VALUES(?)", "m" .. metric)
    db:execute([[WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 10000)
      INSERT INTO metric_value SELECT ?1, (SELECT id FROM metric_name WHERE name = ?2), x, CASE x WHEN 10000 THEN ?3 ELSE 1.0 / x END, 0 FROM c]],
      id, "m" .. metric, last)
  end
end
END_LUA
holds 'a database is made' semiluna lua make.lua
export SEMILUNA_DB=made.db

says '^they differ in: split extra \(-, 3 images\); split train \(3 images, 4 images\)$' one two
says '1 image only in the second, 1 image of other bytes, 1 label of other bytes$' one two
says '^split train, only in run 2 \(two\): a4$' one two
says '^split train, image of other bytes: a2$' one two
says '^split train, label of other bytes: a 3$' one two
says '^split train, only in run 2 \(two\): a4$' two one
says 'the same images in another order$' one three
says '^they part at step 2: seg is 2 and 2\.01$' one two
says '^seg +2 +2 +2\.01 +3 +3 +3\.5$' one two
says '^nan +3 +3 +nan +3 +3 +nan$' one two
says '^inf +3 +inf +5 +3 +inf +5$' one two
says '^only run 1 \(one\) has mine$' one two
says '^only run 2 \(two\) has yours$' one two

says '^same options, script, data, code and seed, as far as they decide the result$' one four
says '^and in what can change the last digits: oneDNN version \(3\.2\.0, 3\.3\.0\); device .*; threads \(2, 4\); host \(here, there\); \$CAMVID \(-, /data\); \$OMP_NUM_THREADS \(-, 4\)$' one four
says '^nothing +git commit +aaaaaaaaaaaa +bbbbbbbbbbbb +script and library are the same' one four
says '^nothing +changes not committed +no +yes' one four
says '^what they logged is the same to the last bit: 3 values of 1 metric' one four
says '^they differ in: library \(l, k\); semiluna version \(0\.1\.0, 0\.2\.0\)$' one five
says '^run 8 \(eight\) went on from run 1 \(one\) at step 2: ' one eight
says '^there is no step at which both logged the same metric$' one three

says '^they differ in: data\.labeled \(…lumn/is/wide/é8\.txt, …lumn/is/wide/è4\.txt\); method \(one, two\); method\.y \(2, 3\)$' 9 10
says '^the result +data\.labeled +…lumn/is/wide/é8\.txt +…lumn/is/wide/è4\.txt$' 9 10
says '^the result +method\.x +1 +-$' 9 10
says '^only run 9 \(eighth\) has a, b$' 9 10
says '^they part at step 10000: m1 is 1 and 2; nothing that was recorded explains it' 11 12
says '^same options, script, data, code and seed, as far as they are recorded$' 11 12
began=$(date +%s%N)
holds '20 metrics of 10,000 points are compared' semiluna diff 11 12
took=$((($(date +%s%N) - began) / 1000000))
echo "20 metrics of 10,000 points: $took ms"
holds 'that takes no time to speak of' [ $took -lt 5000 ]

# Nothing that a terminal obeys, and no program run that a database holds
checks=$((checks + 1))
timeout 20 "$SEMILUNA" diff 6 bare >hostile.txt 2>.err || wrong 'hostile texts can be compared'
holds 'no control characters reach the terminal' sh -c "! LC_ALL=C grep -q '[[:cntrl:]]' hostile.txt"
holds 'the script is shown' grep -q '^-.*title' hostile.txt
holds 'markdown of them' semiluna diff 6 bare --format markdown
json 'd.a.name:byte() == 27 and #d.differences >= 6' 6 bare
says '^run 7 \(bare\) has no script$' one bare
says '^run 7 \(bare\) has no hashes of its script and library$' one bare

# ---- wrong use --------------------------------------------------------------------------------------------------------------------
before=$(sha256sum made.db)
expect 2 '^"1" and "one" are the same run, 1$' semiluna diff 1 one
expect 1 'nowhere' semiluna diff 1 nowhere
expect 2 'something is missing after "1": semiluna diff \[OPTIONS\] RUN RUN' semiluna diff 1
expect 2 'unexpected argument "3"' semiluna diff 1 2 3
expect 2 '^semiluna diff: --format "csv" is not one of table\|json\|markdown' semiluna diff 1 2 --format csv
expect 1 'no database none\.db' semiluna diff 1 2 --db none.db
holds 'nothing is made' [ ! -e none.db ]
expect 1 'make\.lua: not an SQLite database' semiluna diff 1 2 --db make.lua
if [ -w /dev/full ]; then expect 1 'could not write the output' sh -c "$SEMILUNA diff 1 2 >/dev/full"; fi
holds 'the database is as it was' [ "$before" = "$(sha256sum made.db)" ]

finish

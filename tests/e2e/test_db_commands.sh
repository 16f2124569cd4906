#!/bin/bash
# runs, show and sql on a database made through the Lua library: what they print, in every format, and what they refuse.
# shellcheck source=tests/e2e/check.sh
. "$(dirname "$0")/check.sh"
export LC_ALL=C.UTF-8 TZ=UTC

cat >fill.lua <<'LUA'
local core = require "semiluna.core"
local db = core.db("runs.db", "write")
local function run(experiment, name, seed)
  local id = db:run_new { experiment = experiment, name = name, method = "advsemiseg", seed = seed, steps = 300, script_path = "s.lua",
                          script_text = "return 'straße'\n", host = "here", threads = 2, git_commit = "0123abc", git_dirty = true }
  db:run_param(id, "method.threshold", "number", "0.2")
  db:run_param(id, "data.root", "text", "a,b \"c\"")
  return id
end
local one, two, three, four = run("first", "alpha", 1), run("first", "be|ta", 2), run("second", "größe", 3), run("second", "gone", 4)
db:run_param(one, "variant", "text", "+ semi")
local writer = core.writer("runs.db")
for step = 1, 300 do writer:metric(one, step, "seg", 2 / step) end
for step, value in pairs { [100] = 0.5, [200] = 0.75, [300] = 0.625 } do
  writer:class_iou(one, step, "val", 0, "road", value)
  writer:class_iou(one, step, "val", 1, "pole", 0)
  writer:class_iou(one, step, "val", 2, "void", 0 / 0)
end
writer:event(two, 7, "diverged", "seg is\nnot a number")
writer:metric(two, 7, "seg", 0 / 0)
writer:metric(two, 7, "adv", math.huge)
writer:artifact(one, 300, "checkpoint", "runs/last.safetensors", 1234, "ab12")
writer:heartbeat(three, 12)
writer:close()
db:run_finish(one, "done", 300, nil)
db:run_finish(two, "diverged", 7, "step 7: the loss term seg is not a number")
db:execute("UPDATE run SET heartbeat = heartbeat - 7200, step = 20 WHERE id = ?", four)
db:execute("UPDATE run SET uuid = '0000000' || id || substr(uuid, 9), start_time = 1700000000, session_time = 1700000000")
db:execute("UPDATE run SET end_time = 1700003725 WHERE id < 3")
db:execute("UPDATE event SET time = 1700000007")
db:execute("INSERT INTO tag(run, tag) VALUES(1, 'paper')")
db:close()
LUA
holds 'the database is filled' semiluna lua fill.lua

# same WHAT COMMAND...: the command succeeds and prints exactly what stands on standard input
same() {
    local what=$1
    shift
    cat >wanted
    checks=$((checks + 1))
    "$@" >"$scratch/.out" 2>"$scratch/.err" </dev/null || wrong "$what: status $?"
    diff wanted "$scratch/.out" >difference || { wrong "$what"; sed 's/^/  /' difference; }
}

# ---- which database -----------------------------------------------------------------------------------------------------------
expect 1 '^semiluna: no database semiluna\.db: run something first, or name one with --db$' semiluna runs
expect 1 'no database none\.db' semiluna show latest --db none.db
expect 1 'no database none\.db' semiluna sql 'SELECT 1' --db none.db
holds 'looking makes no file' [ ! -e none.db ]
printf 'this is a text file, and no database, and long enough to be one %0100d' 0 >text.db
expect 1 'text\.db: not an SQLite database' semiluna runs --db text.db
export SEMILUNA_DB=runs.db
expect 0 '^00000001' semiluna runs
expect 1 'text\.db' semiluna runs --db text.db
expect 0 '^00000001' env SEMILUNA_DB=text.db "$SEMILUNA" runs --db runs.db

# ---- runs ---------------------------------------------------------------------------------------------------------------------
same 'runs as a table' semiluna runs first <<'END'
run       name   method      seed  state        step  mIoU  best  started                 time
00000002  be|ta  advsemiseg     2  diverged    7/300     -     -  2023-11-14 22:13:20  1:02:05
00000001  alpha  + semi         1  done      300/300  31.2  37.5  2023-11-14 22:13:20  1:02:05
END
same 'runs in markdown' semiluna runs first --format markdown <<'END'
| run | name | method | seed | state | step | mIoU | best | started | time |
| --- | --- | --- | ---: | --- | ---: | ---: | ---: | --- | ---: |
| 00000002 | be\|ta | advsemiseg | 2 | diverged | 7/300 | - | - | 2023-11-14 22:13:20 | 1:02:05 |
| 00000001 | alpha | + semi | 1 | done | 300/300 | 31.2 | 37.5 | 2023-11-14 22:13:20 | 1:02:05 |
END
uuid() { semiluna sql "SELECT uuid FROM run WHERE id = $1" --format csv | tail -1; }
header=id,uuid,name,experiment,method,variant,seed,state,step,steps,miou,best_miou,split,miou_step,best_step,miou_authors
header=$header,best_miou_authors,started,ended,duration,error
same 'runs as csv' semiluna runs first -f csv <<END
$header
2,$(uuid 2),be|ta,first,advsemiseg,,2,diverged,7,300,,,,,,,,2023-11-14 22:13:20,2023-11-14 23:15:25,3725.0,step 7: the loss term seg is not a number
1,$(uuid 1),alpha,first,advsemiseg,+ semi,1,done,300,300,0.3125,0.375,val,300,200,0.625,0.75,2023-11-14 22:13:20,2023-11-14 23:15:25,3725.0,
END
expect 0 '^00000004  gone  .* dead  ' semiluna runs second
expect 0 '^00000003  größe  advsemiseg     3  running +12/300' semiluna runs second
expect 0 '^run .* time +alarm$' semiluna runs second
expect 0 '^00000004 .* no heartbeat$' semiluna runs second
expect 0 '"alarms": \[\{"severity": "bad", "alarm": "no heartbeat", "text": "no sign of life for [0-9]+ s: .*semiluna run --resume' \
    semiluna runs second --format json
expect 0 '"id": 1, .*"alarms": \[\]' semiluna runs first --format json
holds 'no column of alarms where there is none' sh -c "! '$SEMILUNA' runs first | grep -q alarm"
expect 0 '^00000004' semiluna runs --state dead
holds 'one dead run' [ "$(semiluna runs --state dead | wc -l)" = 2 ]
holds 'one running run' [ "$(semiluna runs --state running | wc -l)" = 2 ]
holds 'no stopped run' [ "$(semiluna runs --state stopped | wc -l)" = 1 ]
holds 'two conditions at once' [ "$(semiluna runs first --state "done" | wc -l)" = 2 ]
holds 'the newest only' [ "$(semiluna runs --limit 1 -f csv | tail -1 | cut -c1)" = 4 ]
holds 'all' [ "$(semiluna runs --limit 0 | wc -l)" = 5 ]
expect 1 'there is no experiment "frist"\. Did you mean "first"\?' semiluna runs frist
expect 2 'is not one of running' semiluna runs --state asleep
expect 2 'is not a whole number' semiluna runs --limit -3

# ---- show ---------------------------------------------------------------------------------------------------------------------
for name in 2 00000002 "$(uuid 2)" 'be|ta'; do expect 0 '^run +00000002' semiluna show "$name"; done
expect 0 '^run +00000004' semiluna show latest
expect 0 '^error +step 7: the loss term seg is not a number$' semiluna show 2
expect 0 '^method\.threshold  0\.2$' semiluna show 1
expect 0 '^data\.root         a,b "c"$' semiluna show 1
expect 0 '^mIoU +31\.2$' semiluna show 1
expect 0 '^best mIoU +37\.5$' semiluna show 1
expect 0 '^val     300  void      -$' semiluna show 1
expect 0 '^val     300  standard    31\.2$' semiluna show 1
expect 0 '^val     300  authors     62\.5$' semiluna show 1
expect 0 '^ 300  checkpoint  runs/last\.safetensors   1234  ab12$' semiluna show 1
expect 0 '^   7  2023-11-14 22:13:27  diverged  seg is\\nnot a number$' semiluna show 2
expect 0 '^adv      7    inf$' semiluna show 2
expect 0 '^seg      7      -$' semiluna show 2
expect 0 '^script +s\.lua  sha256 d6c176081c33f472b89e4f65b90063037deef3b83a40d098f4da6dde467c3f08$' semiluna show 1
expect 0 '^### mean IoU %, last evaluation$' semiluna show 1 --format markdown
expect 0 '^mean_iou,val/authors,300,0\.625$' semiluna show 1 --format csv
expect 0 '^option,data\.root,,"a,b ""c"""$' semiluna show 1 --format csv
same 'the script' semiluna show 1 --script <<<"return 'straße'"
expect 1 'there is no run "aplha"\. Did you mean "alpha"\? The newest are 00000004 \(gone\), 00000003' semiluna show aplha
expect 1 '"0000" begins the id of 4 runs: 00000004 \(gone\), ' semiluna show 0000

# json as a program reads it
cat >json.lua <<'LUA'
local decode = require("semiluna.core").system.json_decode
local function read(command)
  local pipe <close> = io.popen(("%q %s"):format(os.getenv "SEMILUNA", command))
  return decode(pipe:read "a")
end
local run = read "show 1 --format json"
assert(run.run.name == "alpha" and run.run.miou == 0.3125 and run.run.best_miou_authors == 0.75)
assert(run.options[1].value == 'a,b "c"' and #run.options == 3)
assert(#run.class_iou == 3 and run.class_iou[1].iou == 0.625)
assert(run.mean_iou[1].convention == "standard" and run.mean_iou[1].miou == 0.3125)
assert(run.mean_iou[2].convention == "authors" and run.mean_iou[2].miou == 0.625)
assert(run.artifacts[1].path == "runs/last.safetensors" and run.tags[1].tag == "paper" and #run.notes == 0)
local list = read "runs --format json"
assert(#list == 4 and list[1].name == "gone" and list[1].state == "dead" and list[2].name == "größe")
local values = read [[sql "SELECT 1 AS a, 2 AS a, 'x' || char(10) || char(34) AS t, 0.1 AS r, 3.0 AS w, NULL AS n, x'00ff' AS b" -f json]]
local row = values[1]
assert(row.a == 1 and row.a_2 == 2 and row.t == 'x\n"' and row.r == 0.1 and math.type(row.w) == "float" and row.b == "00ff")
assert(#read [[sql "SELECT 1 WHERE 0" -f json]] == 0)
LUA
holds 'json is what it should be' semiluna lua json.lua

# ---- sql ----------------------------------------------------------------------------------------------------------------------
same 'widths of wide, combining and control characters' semiluna sql \
    "SELECT '日本' AS w, 1 AS n, 'x' AS t UNION ALL SELECT 'e' || char(769) || 'a', 22.5, 'y' || char(9) || char(27) || '[31m' UNION ALL SELECT NULL, NULL, ''" <<END
w        n  t
日本     1  x
$(printf 'e\xcc\x81a')    22.5  y\\t\\x1b[31m
-        -  
END
same 'csv quotes what needs it' semiluna sql "SELECT 'a,b' AS \"x,y\", 'q\"q', char(10), '', NULL, 1e999, -1e999, 0.1, 1e300, 5" -f csv <<'END'
"x,y","'q""q'",char(10),'',NULL,1e999,-1e999,0.1,1e300,5
"a,b","q""q","
","",,inf,-inf,0.1,1e+300,5
END
expect 0 '1e999, "y": -1e999, "z": null' semiluna sql 'SELECT 1e999 AS x, -1e999 AS y, NULL AS z' -f json
long=$(semiluna sql "SELECT printf('%.500c', 'x') AS t" | tail -1)
holds 'a long cell is cut' [ "$long" = "$(printf 'x%.0s' {1..99})…" ]
holds 'but not for programs' [ "$(semiluna sql "SELECT printf('%.500c', 'x') AS t" -f csv | tail -1 | wc -c)" = 501 ]
before=$(sha256sum runs.db)
for statement in "DELETE FROM run" "INSERT INTO tag VALUES(1, 'x')" "DROP TABLE run" "UPDATE run SET name = 'x'" "PRAGMA user_version = 9" \
    "ATTACH 'other.db' AS o" "VACUUM" "CREATE TABLE t(x)" "PRAGMA journal_mode = DELETE" "SELECT load_extension('x')" "VACUUM INTO 'o.db'"; do
    expect 1 'opened for reading only: a statement that changes something is refused$' semiluna sql "$statement"
done
holds 'nothing was changed' [ "$before" = "$(sha256sum runs.db)" ]
holds 'no file was made' [ ! -e other.db ]
expect 1 'no such column: nam' semiluna sql 'SELECT nam FROM run'
expect 1 'syntax error' semiluna sql 'SELEC 1'
expect 1 'one statement at a time' semiluna sql 'SELECT 1; SELECT 2'
expect 1 'empty statement' semiluna sql ''
expect 2 'usage: semiluna sql' semiluna sql
expect 2 'unexpected argument' semiluna sql 'SELECT 1' 'SELECT 2'

# ---- while somebody writes, and where nothing can be written -------------------------------------------------------------------
cat >writing.lua <<'LUA'
local core = require "semiluna.core"
local db <close> = core.db("runs.db", "write")
db:execute "BEGIN IMMEDIATE"
db:execute "INSERT INTO tag(run, tag) VALUES(2, 'not yet')"
assert(os.execute(('%q show 2 > shown.txt'):format(os.getenv "SEMILUNA")))
db:execute "ROLLBACK"
LUA
holds 'a reader does not wait for a writer' semiluna lua writing.lua
holds 'and does not see what is not committed' [ "$(grep -c 'not yet' shown.txt)" = 0 ]
if [ -e /dev/full ]; then
    semiluna runs >/dev/full 2>full.err
    holds 'a full disk under the output is a failure' [ $? = 1 ]
fi
# Colours are for terminals.
holds 'no colour into a file' [ "$(semiluna runs | grep -c "$(printf '\033')")" = 0 ]
if command -v script >/dev/null && script -qec true /dev/null </dev/null >/dev/null 2>&1; then
    on_terminal() { script -qec "$SEMILUNA runs" /dev/null </dev/null | grep -c "$(printf '\033')"; }
    holds 'colour on a terminal' [ "$(unset NO_COLOR; TERM=xterm on_terminal)" -gt 0 ]
    holds 'none with NO_COLOR' [ "$(NO_COLOR=1 TERM=xterm on_terminal)" = 0 ]
else
    echo 'skipped: colours on a terminal (no program "script")'
fi
finish

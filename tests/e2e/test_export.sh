#!/bin/bash
# `semiluna export` and `semiluna import`: what is written is read back the same, to the last bit and whatever texts hold; what is
# damaged is refused whole, with the file and the place.
# shellcheck disable=SC2016
. "$SEMILUNA_SOURCE/tests/e2e/check.sh"
. "$SEMILUNA_SOURCE/tests/e2e/training.sh"

# ---- runs of every kind -----------------------------------------------------------------------------------------------------------
write_tiny tiny.lua
holds 'a run trains' semiluna run tiny.lua -q --set method.threshold=0.3
holds 'another trains' semiluna run tiny.lua -q --set seed=4 --name 'we,ird "name"'
cat >more.lua <<'END_LUA'
-- Runs that hold whatever a database can hold.
local core = require "semiluna.core"
local db <close> = core.db("semiluna.db", "write")
local esc = string.char(27)
local function point(run, name, step, value, time)
  db:execute("INSERT OR IGNORE INTO metric_name(name) VALUES(?)", name)
  db:execute("INSERT INTO metric_value SELECT ?, id, ?, ?, ? FROM metric_name WHERE name = ?", run, step, value, time or 0.1, name)
end
local numbers = db:run_new { experiment = "numbers", name = "numbers", script_text = "return 1", seed = -3, method = "m" }
for i, value in ipairs { 0.1, 1 / 3, -0.0, 1e-320, 5e-324, 1.7976931348623157e308, math.huge, -math.huge, 2 ^ 53 + 1, 123456789012345680,
  -1e22, 0.1 + 0.2, 3.0 } do
  point(numbers, "x", i, value, 1700000000.123456 + i / 7)
end
point(numbers, "x", 100, nil)
point(numbers, "x", 9007199254740993, 1)
db:run_finish(numbers, "diverged", 100, "step 101: x is nan")
for class, iou in ipairs { 0.25, false, 1 / 7 } do
  db:execute("INSERT INTO class_iou VALUES(?, 'val', 100, ?, ?, ?)", numbers, class - 1, class < 3 and "class, " .. class or nil, iou or nil)
  db:execute("INSERT INTO confusion VALUES(?, 'val', 100, ?, 0, ?)", numbers, class - 1, 1 << 40)
  db:execute("INSERT INTO confidence VALUES(?, 'val', 100, ?, 1, 99, 7)", numbers, class - 1)
end
db:execute("INSERT INTO curve VALUES(?, 'optimizer.lr', 0, 0.1)", numbers)

local hostile = { "", " ", "a\nb", "a\r\nb", "a,b", 'say "x"', "'; DROP TABLE run; --", esc .. "[2J", "\0zero\0", "\255\254 no utf-8", "\u{1F319}",
  "\\", "=1+1", "nan", "null", ("long "):rep(5000), "\u{FEFF}mark", "\127" }
for i, text in ipairs(hostile) do
  local info = { experiment = text, name = text, script_text = text, seed = i }
  for _, key in ipairs { "experiment", "name", "script_text" } do info[key] = "placeholder" end
  local run = db:run_new(info)
  db:execute("INSERT INTO experiment(name, created) VALUES(?1, 1) ON CONFLICT DO NOTHING", text)
  db:execute("UPDATE run SET name = ?2, experiment = (SELECT id FROM experiment WHERE name = ?2), script_text = ?2, method = ?2, host = ?2" ..
    " WHERE id = ?1", run, text)
  db:execute("INSERT INTO param VALUES(?1, ?2, ?2, ?2)", run, text)
  db:execute("INSERT INTO param VALUES(?1, 'option.of.all', 'text', ?2)", run, text)
  db:execute("INSERT INTO param VALUES(?1, 'variant', 'text', ?2)", run, text)
  if i % 2 == 0 then db:execute("INSERT INTO param VALUES(?1, 'none', 'text', NULL)", run) end
  point(run, text, 1, i)
  db:execute("INSERT INTO class_iou VALUES(?1, ?2, 1, 0, ?2, 0.5)", run, text)
  db:execute("INSERT INTO event(run, step, time, kind, text) VALUES(?1, 2, 3, ?2, ?2), (?1, 1, 4, ?2, NULL)", run, text)
  db:execute("INSERT INTO tag VALUES(?1, ?2)", run, text)
  db:execute("INSERT INTO note(run, time, text) VALUES(?1, 9, ?2), (?1, 8, ?2)", run, text)
  db:execute("INSERT INTO artifact(run, step, kind, path, bytes, sha256, time) VALUES(?1, 1, 'last', 'z' || ?2, 1, NULL, 1), (?1, 1, 'best', 'a' || ?2, 1, NULL, 1)",
    run, text)
  db:execute("INSERT INTO environment VALUES(?1, ?2, NULL)", run, text)
  db:execute("INSERT INTO command(run, time, name, argument) VALUES(?1, 1, ?2, ?2)", run, text)
  db:execute("INSERT INTO cell VALUES(?1, ?2, ?2, ?2, ?2, NULL, NULL)", run, text)
  db:execute("INSERT INTO fork VALUES(?2, ?1, 3, ?2)", run, text)
  db:run_finish(run, i % 3 == 0 and "failed" or "stopped", 1)
  db:execute("UPDATE run SET error = ?2 WHERE id = ?1", run, text)
end
db:run_new { experiment = "empty", name = "without anything", script_text = "x" }
END_LUA
holds 'runs of every kind' semiluna lua more.lua
runs=$(sql 'SELECT count(*) FROM run')
holds 'there are runs enough' [ "$runs" -ge 20 ]
everything='id > 0'

# ---- round trips ------------------------------------------------------------------------------------------------------------------
# trip ENDING [OPTION...]: export, import into a fresh database, export again: the same bytes
trip() {
    local ending=$1
    shift
    rm -f fresh.db fresh.db-*
    expect 0 '' semiluna_quietly export "$everything" -o "first.$ending" "$@"
    expect 0 "^Imported $runs runs into fresh\\.db: $runs new, 0 brought up to date, 0 here already\$" semiluna import "first.$ending" --db fresh.db
    expect 0 '' semiluna_quietly export "$everything" -o "second.$ending" --db fresh.db "$@"
    holds "$ending: exported, imported and exported again it is the same" cmp "first.$ending" "second.$ending"
    expect 0 "^Imported $runs runs into fresh\\.db: 0 new, 0 brought up to date, $runs here already\$" semiluna import "first.$ending" --db fresh.db
    expect 0 '' semiluna_quietly export "$everything" -o "third.$ending" --db fresh.db "$@"
    holds "$ending: imported twice it is the same" cmp "first.$ending" "third.$ending"
    echo "$ending: $(wc -c <"first.$ending") bytes went around"
}
# The export, whose word about the file on standard error is checked here
semiluna_quietly() { "$SEMILUNA" "$@" 2>.word && grep -qE '^Exported [0-9]+ runs? to ' .word && echo; }
trip json
trip db
trip csv
trip csv --options all
trip csv --metric x,iou,seg
rm -f second.* third.*

# Everything that the schema says a run has is in JSON, and in what a copy has.
cat >same.lua <<'END_LUA'
-- Whether two databases hold the same runs: every table that belongs to runs, every column, by uuid.
local core = require "semiluna.core"
local function all(path)
  local db <close> = core.db(path, "read")
  local lines, tables = {}, 0
  for _, item in ipairs(db:query "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name") do
    local columns, owned = {}, item.name == "run" and "t.id"
    for _, column in ipairs(db:query(("PRAGMA table_info(%s)"):format(item.name))) do
      local name = column.name
      if name == "run" then owned = "t.run" end
      if name == "name_id" then
        columns[#columns + 1] = "(SELECT n.name FROM metric_name n WHERE n.id = t.name_id)"
      elseif name == "experiment" then
        columns[#columns + 1] = "(SELECT e.name || e.created FROM experiment e WHERE e.id = t.experiment)"
      elseif name ~= "run" and name ~= "id" then
        columns[#columns + 1] = "t." .. name
      end
    end
    if owned and item.name ~= "claim" and item.name ~= "removed" then
      tables = tables + 1
      for i, name in ipairs(columns) do columns[i] = ("typeof(%s) || ':' || coalesce(quote(%s), '')"):format(name, name) end
      for row in db:each(("SELECT (SELECT uuid FROM run WHERE id = %s) || ' ' || %s AS line FROM %s t"):format(owned,
        table.concat(columns, " || ' ' || "), item.name)) do
        lines[#lines + 1] = item.name .. " " .. row.line
      end
    end
  end
  for row in db:each "SELECT sha256 || text AS line FROM split WHERE sha256 IN (SELECT sha256 FROM run_split)" do lines[#lines + 1] = row.line end
  table.sort(lines)
  return lines, tables
end
local a, tables = all(arg[1])
local b = all(arg[2])
print(#a .. " rows of " .. tables .. " tables")
if #a < 500 or tables < 15 then print "too little was compared" os.exit(1) end
for i = 1, math.max(#a, #b) do
  if a[i] ~= b[i] then print("differ: " .. tostring(a[i]):sub(1, 200) .. "\n    and: " .. tostring(b[i]):sub(1, 200)) os.exit(1) end
end
END_LUA
for ending in json db; do
    rm -f fresh.db fresh.db-*
    holds "$ending is imported" semiluna import "first.$ending" --db fresh.db
    expect 0 '^[0-9]+ rows of 1[5-9] tables$' semiluna lua same.lua semiluna.db fresh.db
    echo "$ending: $(cat .out) are the same"
done

# Numbers to the last bit, in every form
cat >bits.lua <<'END_LUA'
local wanted = { ["7"] = "inf", ["8"] = "-inf", ["100"] = "nan", ["1"] = "0.1", ["2"] = "0.3333333333333333", ["5"] = "4.94065645841247e-324",
  ["6"] = "1.7976931348623157e+308", ["12"] = "0.30000000000000004", ["13"] = "3.0", ["9007199254740993"] = "1.0" }
local found = 0
for line in io.lines "numbers.csv" do
  local step, value = line:match ",([%d]+),x,,,(.*)$"
  if wanted[step] then
    found = found + 1
    if value ~= wanted[step] then print(line) os.exit(1) end
  end
end
os.exit(found == 10 and 0 or 1)
END_LUA
expect 0 '' semiluna_quietly export numbers -o numbers.csv
holds 'numbers are written to the last bit' semiluna lua bits.lua
expect 0 '^\[100, null, 0\.1\],?$' semiluna export numbers --format json
expect 0 '^\[7, 1e999, ' semiluna export numbers --format json
expect 0 '^\[9007199254740993, 1\.0, 0\.1\]$' semiluna export numbers --format json
if command -v python3 >/dev/null; then
    cat >read.py <<'END_PY'
import csv, json, math
document = json.load(open("first.json"))
print(document["semiluna"], document["version"], len(document["runs"]))
run = [r for r in document["runs"] if r["run"]["name"] == "numbers"][0]
values = {p[0]: p[1] for p in run["metrics"][0]["points"]}
assert values[7] == math.inf and values[100] is None and values[2] == 1 / 3 and values[5] == 5e-324, values
rows = list(csv.DictReader(open("first.csv", newline="", encoding="utf-8", errors="surrogateescape")))
assert len({r["run"] for r in rows}) == len(document["runs"])
values = [float(r["value"]) for r in rows if r["name"] == "numbers" and r["metric"] == "x"]
assert len(values) == 15 and values[1] == 1 / 3 and math.isnan(values[13]), values
assert any(r["name"] == 'we,ird "name"' for r in rows)
END_PY
    expect 0 "^runs 1 $runs\$" python3 read.py
else
    echo "skipped: reading the files with Python, which is not there"
fi

# ---- what is chosen ---------------------------------------------------------------------------------------------------------------
uuid=$(sql 'SELECT uuid FROM run WHERE id = 1')
expect 0 "^$uuid,tiny,tiny,\"\",advsemiseg,done,3,[0-9.]+,[0-9.]+,,1,D,,,[0-9.]+\$" semiluna export 1
expect 0 '^run,name,experiment,variant,method,state,seed,started,ended,split,step,metric,class_index,class,value$' semiluna export 1
expect 0 '^run,name,experiment,variant,method,state,seed,started,ended,method\.threshold,split,step,metric,' semiluna export 1 2
expect 0 '^run,.*,ended,batch,method\.threshold,split,' semiluna export 1 --options batch,method.threshold
expect 0 ',val,30,iou,1,circle,[0-9.]+$' semiluna export 1 --metric iou
holds 'only the metrics that were named' sh -c "[ \$($SEMILUNA export 1 --metric seg,miou | wc -l) = 34 ]"
expect 0 "^[0-9a-f-]+,tiny,.*,val,30,0\.[0-9]+,.*" semiluna export 1 --wide
expect 0 '^run,name,experiment,variant,method,state,seed,step,steps,started,duration,method\.threshold,split,miou_step,miou,.*,seg,.*,iou\.background,iou\.circle,iou\.square$' semiluna export 1 2 --wide
expect 0 ',split,miou_step,miou,miou_authors,best_step,best_miou,best_miou_authors,seg,best\.seg$' semiluna export 1 --wide --metric seg
expect 0 '"seg": [0-9.]+' semiluna export 1 --wide --format json
cat >pair.lua <<'END_LUA'
local sl = require "semiluna"
local base = require "tiny"
return sl.experiment(base, { ablate = sl.list { { ["method.threshold"] = 0.3 }, { seed = 4 } } })
END_LUA
expect 0 "^$uuid,tiny," semiluna export 1 tiny 1 --metric seg
holds 'a run that is named twice is there once' sh -c "[ \$($SEMILUNA export 1 tiny 1 --metric seg | grep -c ,1,seg,) = 2 ]"
expect 0 '^numbers' semiluna sql 'SELECT name FROM run WHERE state = "diverged"'
holds 'runs of one state alone' sh -c "$SEMILUNA export '$everything' --state diverged 2>&1 >state.csv | grep -q 'left out'"
holds 'only the diverged one' sh -c "[ \$(cut -d, -f2 state.csv | sort -u | wc -l) = 2 ] && grep -q ',numbers,numbers,,m,diverged,' state.csv"
cp first.db by-ending.sqlite && rm by-ending.sqlite
expect 0 '' semiluna_quietly export 1 -o by-ending.sqlite
holds 'the ending says what is written' sh -c 'head -c 15 by-ending.sqlite | grep -q "SQLite format 3"'
holds 'the database that is written is a single file' [ ! -e by-ending.sqlite-wal ]
expect 0 ',tiny,' semiluna runs --db by-ending.sqlite --format csv
holds 'an export that is written again takes the place of the old one' semiluna export 2 -o first.csv
holds 'the new one is there' sh -c '! grep -q ",numbers," first.csv'

# Later states take the place of earlier ones; a table is behind everything else
rm -f fresh.db fresh.db-*
expect 0 '' semiluna_quietly export 1 -o one.csv --options all
expect 0 '' semiluna_quietly export 1 -o one.json
expect 0 '1 new' semiluna import one.csv --db fresh.db
expect 0 '^one\.csv: a table holds less than a run has: no script, confusion matrices' semiluna import one.csv --db fresh.db
expect 0 '0 new, 1 brought up to date' semiluna import one.json --db fresh.db
expect 0 '0 new, 0 brought up to date, 1 here already' semiluna import one.csv --db fresh.db
expect 0 '' semiluna_quietly export 1 -o again.json --db fresh.db
holds 'a table that came first leaves nothing behind' cmp one.json again.json
cat >change.lua <<'END_LUA'
local db <close> = require("semiluna.core").db(arg[1], "write")
db:execute(arg[2])
END_LUA
holds 'a tag there' semiluna lua change.lua fresh.db "INSERT INTO tag VALUES(1, 'mine')"
holds 'another here' semiluna lua change.lua semiluna.db "INSERT INTO tag VALUES(1, 'yours')"
expect 0 '' semiluna_quietly export 1 -o one.json
expect 0 '1 here already' semiluna import one.json --db fresh.db
expect 0 '^mine yours$' semiluna sql "SELECT group_concat(tag, ' ') AS tags FROM (SELECT tag FROM tag ORDER BY tag)" --format csv --db fresh.db
# A run that was deleted for good comes back when it is asked for.
holds 'a run is removed' semiluna rm 1 --db fresh.db
holds 'and purged' semiluna rm --purge --db fresh.db
expect 0 '1 new' semiluna import one.json --db fresh.db
# Other layouts of the same JSON
if command -v python3 >/dev/null; then
    python3 -c 'import json; json.dump(json.load(open("one.json")), open("sorted.json", "w"), indent=1, sort_keys=True, ensure_ascii=True)'
    rm -f fresh.db fresh.db-*
    expect 0 '1 new' semiluna import sorted.json --db fresh.db
    expect 0 '' semiluna_quietly export 1 -o again.json --db fresh.db
    holds 'JSON with other spaces and the keys in another order' cmp one.json again.json
fi
printf '\357\273\277' >mark.csv
sed 's/$/\r/' one.csv >>mark.csv
rm -f fresh.db fresh.db-*
expect 0 '1 new' semiluna import mark.csv --db fresh.db
expect 0 '' semiluna_quietly export 1 -o again.csv --options all --db fresh.db
holds 'a table that a spreadsheet has saved' cmp one.csv again.csv
rm -f fresh.db fresh.db-*
expect 0 '1 new' sh -c "cat one.json | $SEMILUNA import /dev/stdin --db fresh.db"
# An export of an export, and of several files at once
rm -f fresh.db fresh.db-*
expect 0 '2 new, 0 brought up to date, 1 here already' semiluna import one.json by-ending.sqlite first.csv --db fresh.db

# ---- damaged and foreign files ----------------------------------------------------------------------------------------------------
# bad FILE PATTERN: import refuses it in one line, and the database is not even made, or as it was
bad() {
    rm -f none.db none.db-*
    expect 1 "$2" semiluna import "$1" --db none.db
    holds "$1 makes no database" [ ! -e none.db ]
    expect 1 "$2" semiluna import one.json "$1" by-ending.sqlite --db kept.db
    holds "$1 changes nothing" cmp kept.json <("$SEMILUNA" export "$everything" --format json --db kept.db)
    holds "$1 leaves nothing lying about" sh -c '! ls | grep -qE "import-|partial"'
}
holds 'a database to keep' semiluna import numbers.csv --db kept.db
"$SEMILUNA" export "$everything" --format json --db kept.db >kept.json

size=$(wc -c <first.json)
for bytes in 1 2 60 300 $((size / 2)) $((size - 3)); do
    head -c "$bytes" first.json >cut.json
    bad cut.json "^cut\\.json:[0-9]+: .*(cut short|should stand).* \\(byte [0-9]+\\)\$"
done
expect 1 "^cut\\.json:$(($(tr -cd '\n' <cut.json | wc -c) + 1)): .* \\(byte $((size - 2))\\)\$" semiluna import cut.json --db none.db
edit_json() { sed "$1" one.json >edited.json; }
edit_json 's/"semiluna": "runs"/"semiluna": "walks"/'
bad edited.json '^edited\.json:1: not an export of Semiluna.s \(byte [0-9]+\)$'
edit_json 's/"version": 1/"version": 2/'
bad edited.json '^edited\.json:1: version 2 of the format, this program knows 1: update Semiluna'
edit_json 's/"state": "done"/"state": "won"/'
bad edited.json '^edited\.json:[0-9]+: a state that no run has \(byte'
edit_json 's/"step": 30/"step": 30.5/'
bad edited.json '^edited\.json:[0-9]+: run [0-9a-f-]+: step has to be a whole number'
edit_json 's/"step": 30/"step": "30"/'
bad edited.json 'step has to be a whole number'
edit_json 's/"seed": 3, //; s/"name": "tiny", //'
bad edited.json 'run [0-9a-f-]+: name is missing'
edit_json 's/"seed": 3/"sed": 3/'
bad edited.json '^edited\.json:[0-9]+: run: "sed" is not known here'
edit_json 's/"metrics":/"metrix":/'
bad edited.json '^edited\.json:[0-9]+: a run has no "metrix"'
edit_json "s/\"uuid\": \"[0-9a-f-]*\"/\"uuid\": \"..\"/"
bad edited.json '^edited\.json:[0-9]+: uuid: not the id of a run'
edit_json 's/^\[3, \([0-9.]*\), \([0-9.]*\)\],$/[3, \1],/'
bad edited.json '^edited\.json:[0-9]+: metrics: a row of 2 values, not of 3'
edit_json 's/^\[3, /[2, /'
bad edited.json '^edited\.json:[0-9]+: twice in the file: metric_value'
edit_json 's/^\[3, [0-9.]*, /[3, "0.5", /'
bad edited.json '^edited\.json:[0-9]+: metrics: value has to be a number'
edit_json 's/^\[3, [0-9.]*, /[3, 0.5.1, /'
bad edited.json '^edited\.json:[0-9]+: "\." where a "," or "\]" should stand'
edit_json 's/^\[3, [0-9.]*, /[3, NaN, /'
bad edited.json '^edited\.json:[0-9]+: "N" where a value should stand'
edit_json 's/^\[3, [0-9.]*, /[3, 007, /'
bad edited.json '^edited\.json:[0-9]+: not a number: 007'
edit_json 's/^"splits": \[$/"splits": [["00", "x"],/'
bad edited.json 'splits: the text is not the one that its sha256 says'
edit_json 's/^"splits": \[$/"splits": [], "splots": [/'
bad edited.json '"splots" is not known here'
edit_json '$s/$/ x/'
bad edited.json 'something follows the end of the document'
edit_json 's/"name": "tiny"/"name": "ti\xffny"/'
bad edited.json 'a text that is not UTF-8'
edit_json 's/"name": "tiny"/"name": "ti\\ud800ny"/'
bad edited.json 'half of a pair of surrogates'
edit_json 's/"name": "tiny"/"name": {"hex": "0g"}/'
bad edited.json 'hex: not pairs of hexadecimal digits'
edit_json 's/"name": "tiny"/"name": ["tiny"]/'
bad edited.json 'name has to be a text'
{ sed '$d' one.json && sed -n '/^{"uuid"/,$p' one.json; } | sed 's/^]}$/,/' >edited.json
bad edited.json 'edited\.json:[0-9]+: '
printf '{"semiluna": "runs", "version": 1, "runs": %s' "$(printf '[%.0s' $(seq 500))" >deep.json
bad deep.json '^deep\.json:1: '
printf '{"name": "somebody else.s", "version": "1"}' >foreign.json
bad foreign.json '^foreign\.json:1: "name" is not known here: not an export of Semiluna.s'
printf '{}' >foreign.json
bad foreign.json '"semiluna" is missing'
if command -v python3 >/dev/null; then
    python3 - <<'END_PY'
import json
document = json.load(open("one.json"))
document["splits"] = []
json.dump(document, open("edited.json", "w"))
document = json.load(open("one.json"))
document["runs"] *= 2
json.dump(document, open("twice.json", "w"))
END_PY
    bad edited.json '^edited\.json: the text of the split [0-9a-f]{64} is missing'
    bad twice.json '^twice\.json:1: the run [0-9a-f-]{36} is there twice'
fi

# Tables
edit_table() { sed "$1" one.csv >edited.csv; }
head -c -1 one.csv >edited.csv
bad edited.csv '^edited\.csv:[0-9]+: the line does not end: the file is cut short \(byte [0-9]+\)$'
head -c $(($(wc -c <one.csv) - 30)) one.csv >edited.csv
bad edited.csv '^edited\.csv:[0-9]+: '
edit_table '5s/[^,]*$/0.5x/'
bad edited.csv '^edited\.csv:5: value: "0\.5x" is not a number \(byte [0-9]+\)$'
edit_table '5s/[^,]*$/0x10/'
bad edited.csv '^edited\.csv:5: value: "0x10" is not a number'
edit_table '5s/[^,]*$//'
bad edited.csv '^edited\.csv:5: value: nothing is not a number'
edit_table '5s/$/,1/'
bad edited.csv '^edited\.csv:5: the line has too many fields'
edit_table '5s/,[^,]*$//'
bad edited.csv '^edited\.csv:5: the line has too few fields'
edit_table '5s/,4,D,/,4.5,D,/'
bad edited.csv '^edited\.csv:5: step: "4\.5" is not a whole number'
edit_table '5s/,4,D,/,3,D,/'
bad edited.csv '^edited\.csv:5: twice in the file: metric_value'
edit_table '5s/,tiny,/,tony,/'
bad edited.csv '^edited\.csv:5: run [0-9a-f-]{36}: described otherwise than in its first line'
edit_table 's/,done,/,won,/'
bad edited.csv '^edited\.csv:2: a state that no run has'
edit_table '5s/,D,,/,D,1,/'
bad edited.csv '^edited\.csv:5: a class of the metric "D": only iou has classes'
edit_table '5s/^./"/'
bad edited.csv '^edited\.csv:[0-9]+: .*should stand here'
edit_table '5s/^/"/'
bad edited.csv '^edited\.csv:[0-9]+: '
edit_table '2,$s/^./x/'
bad edited.csv '^edited\.csv:2: uuid: not the id of a run'
edit_table '1s/,value$/,wert/'
bad edited.csv '^edited\.csv:1: not a long table of `semiluna export`'
"$SEMILUNA" export 1 --wide >wide.csv
"$SEMILUNA" export 1 --wide --format json >wide.json
bad wide.json '^wide\.json: a wide table of JSON .* cannot be imported; export it as csv, or without --wide$'
sed '1s/miou_step/step_of_miou/' wide.csv >edited.csv
bad edited.csv '^edited\.csv:[12]: not a wide table of `semiluna export`: "miou_step" is not in its place'
sed '2s/,done,/,won,/' wide.csv >edited.csv
bad edited.csv '^edited\.csv:2: a state that no run has'
expect 0 '^Imported 1 run into wide\.db: 1 new' "$SEMILUNA" import wide.csv --db wide.db
expect 0 '^Imported 1 run into wide\.db: 0 new, 0 brought up to date, 1 here already' "$SEMILUNA" import wide.csv --db wide.db
ended() { # DATABASE: what its runs ended with, to the last bit
    "$SEMILUNA" sql --db "$1" --format csv "SELECT r.uuid, r.name, r.state, r.step, r.seed, printf('%!.17g', r.miou), f.name, f.step, printf('%!.17g', f.value)
      FROM run_summary r JOIN final_metric f ON f.run = r.id WHERE r.uuid = '$(sed -n '2s/,.*//p' wide.csv)' ORDER BY f.name"
}
ended semiluna.db >ended.first
ended wide.db >ended.again
holds 'a run of a wide table has the values that it ended with' cmp ended.first ended.again
holds 'which are many' [ "$(wc -l <ended.again)" -gt 8 ]

# Databases
head -c 20000 first.db >cut.db
bad cut.db '^cut\.db: the database is damaged'
cp by-ending.sqlite torn.db
printf 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' | dd of=torn.db bs=1 seek=12300 conv=notrunc 2>/dev/null
dd if=/dev/zero of=torn.db bs=4096 seek=4 count=6 conv=notrunc 2>/dev/null
bad torn.db '^torn\.db: the database is damaged'
cp by-ending.sqlite odd.db
holds 'a uuid that is none' semiluna lua change.lua odd.db "UPDATE run SET uuid = '../..'; PRAGMA journal_mode = DELETE"
bad odd.db '^odd\.db: a run whose uuid is none: \.\./\.\.$'
cp by-ending.sqlite newer.db
holds 'a newer one' semiluna lua change.lua newer.db 'PRAGMA user_version = 99; PRAGMA journal_mode = DELETE'
bad newer.db '^newer\.db: written by a newer Semiluna'
cp by-ending.sqlite other.db
holds 'another program.s' semiluna lua change.lua other.db 'PRAGMA application_id = 7; PRAGMA journal_mode = DELETE'
bad other.db '^other\.db: an SQLite database, but not one of Semiluna.s'

# Others
: >empty
bad empty '^empty: the file is empty$'
bad nowhere.json '^nowhere\.json: No such file or directory$'
mkdir folder
bad folder '^folder: a folder; `semiluna merge` takes the databases in it$'
bad tiny.lua '^tiny\.lua: not a file that `semiluna export` writes'
printf 'PK\3\4 weights' >weights.pth
bad weights.pth '^weights\.pth: not a file that `semiluna export` writes'
expect 2 'semiluna import: usage: semiluna import \[OPTIONS\] FILE' semiluna import
expect 1 'nowhere/x\.db: cannot be made' semiluna import one.json --db nowhere/x.db
expect 1 '^by-ending\.sqlite: the database to copy runs from is the one to copy them into' semiluna import by-ending.sqlite --db by-ending.sqlite

# No program in a file is run
cat >trap.lua <<'END_LUA'
io.open("sprung", "w"):close()
END_LUA
sed 's/"script_text": "/"script_text": "io.open(\\"sprung\\", \\"w\\"):close() /' one.json >trap.json
rm -f fresh.db fresh.db-*
expect 0 '1 new' semiluna import trap.json --db fresh.db
holds 'no script is run by import or export' sh -c "$SEMILUNA export 1 --db fresh.db >/dev/null && [ ! -e sprung ]"

# ---- wrong use of export ----------------------------------------------------------------------------------------------------------
before=$(sha256sum semiluna.db)
expect 2 'usage: semiluna export \[OPTIONS\] RUN' semiluna export
expect 2 'no run in semiluna\.db is so' semiluna export 'seed = 77'
expect 1 'there is no run "nowhere"' semiluna export nowhere
expect 2 "none of 2 runs is failed \\(2 done\\)" semiluna export tiny --state failed
expect 2 '^--metric: none of the runs has the metric "segg"\. Did you mean "seg"\?$' semiluna export 1 --metric segg
expect 2 '^--options: none of the runs has the option "method\.treshold"\. Did you mean "method\.threshold"\?$' semiluna export 1 --options method.treshold
expect 2 '^--wide is a table: it goes with --format csv or json$' semiluna export 1 --wide -o x.db
expect 2 '^--metric chooses what a table holds: .* json holds all that a run has$' semiluna export 1 --metric seg --format json
expect 2 '^--format sqlite needs a file: -o FILE$' semiluna export 1 --format sqlite
expect 2 '^semiluna export: --format "xml" is not one of csv\|json\|sqlite' semiluna export 1 --format xml
expect 1 '^folder: a folder, not a file to write to$' semiluna export 1 -o folder
expect 1 '^semiluna\.db: there is a database of this name; remove it first, or name another file$' semiluna export 1 -o semiluna.db
expect 1 '^semiluna\.db: there is a database of this name' semiluna export 1 --format csv -o semiluna.db
expect 1 '^nowhere/x\.csv: cannot be written: No such file or directory$' semiluna export 1 -o nowhere/x.csv
expect 1 '^nowhere/x\.db: cannot be made: there is no folder nowhere/$' semiluna export 1 -o nowhere/x.db
expect 1 'no database none\.db' semiluna export 1 --db none.db
holds 'nothing of them is left' sh -c '! ls | grep -qE "partial|^x\.|none"'
holds 'the database is as it was' [ "$before" = "$(sha256sum semiluna.db)" ]

# Full disks and closed pipes
if [ -w /dev/full ]; then
    expect 1 '^/dev/full: cannot be written: No space left on device$' semiluna export 1 -o /dev/full --format csv
    expect 1 '^standard output: cannot be written: No space left on device$' sh -c "$SEMILUNA export 1 >/dev/full"
    expect 1 '^/dev/full: not a plain file' semiluna export 1 -o /dev/full --format sqlite
    holds '/dev/full is what it was' [ -c /dev/full ]
fi
limited() { (
    trap '' XFSZ
    ulimit -f 48
    "$@"
); }
cp one.csv old.csv
for ending in csv json; do
    expect 1 "^old\\.$ending: cannot be written: File too large\$" limited "$SEMILUNA" export "$everything" -o "old.$ending"
done
expect 1 '^old\.db: the disk is full' limited "$SEMILUNA" export 1 -o old.db
holds 'what was there before is there' cmp one.csv old.csv
holds 'nothing half-written is left' sh -c '! ls | grep -qE "partial|^old\.(json|db)"'
expect 1 'disk is full|cannot be read into' limited "$SEMILUNA" import one.json --db small.db
holds 'nothing of an import is left' sh -c '! ls | grep -q import-'
checks=$((checks + 1))
"$SEMILUNA" export "$everything" --format csv 2>.err | head -n 1 >.out
if [ -s .err ] || [ "$(wc -l <.out)" != 1 ]; then wrong 'a closed pipe ends the export quietly'; fi
rm -f pipe && mkfifo pipe
cat pipe >through.csv &
expect 0 '' semiluna_quietly export 1 -o pipe --format csv --options all
wait $!
holds 'a named pipe is written to' cmp one.csv through.csv

# What came as a table is compared as what it was exported from, but has no confusion matrix.
holds 'a table of a whole run' semiluna export 1 --options all -o whole.csv
holds 'which is imported' semiluna import whole.csv --db whole.db
for rest in '' '--convention authors --at best' '--convention absent-zero --per-class' '--ignore-class circle'; do
    # shellcheck disable=SC2086
    "$SEMILUNA" compare "uuid = '$uuid'" $rest >before.txt
    # shellcheck disable=SC2086
    "$SEMILUNA" compare "uuid = '$uuid'" $rest --db whole.db >after.txt
    holds "there is something to compare: $rest" grep -q '(1)†' before.txt
    holds "and it compares as it did: $rest" cmp before.txt after.txt
done
expect 2 'no confusion matrix was recorded' semiluna plot "uuid = '$uuid'" --kind confusion --db whole.db

# A script's runs
if [ -n "$(sql "SELECT 1 FROM cell WHERE run = 1")" ]; then
    expect 0 "^$uuid,tiny," semiluna export tiny.lua --set method.threshold=0.3 --metric seg
    expect 2 'tiny\.lua: no cell of this script has a run' semiluna export tiny.lua --set seed=99
fi
write_tiny versions.lua 'return sl.experiment(tiny, { steps = 4, ablate = sl.grid { seed = { 1, 2 } } })'
holds 'a cell of the first version' semiluna run versions.lua --cell 1 --quiet --db versions.db
sed 's/^return/local another = 2\n&/' versions.lua >edited.lua && mv edited.lua versions.lua
holds 'a cell of the second' semiluna run versions.lua --cell 2 --quiet --db versions.db
lines_of_versions() { "$SEMILUNA" export versions.lua --db versions.db --wide "$@" 2>versions.err | wc -l; }
holds 'runs of an older version are left out' [ "$(lines_of_versions)" = 2 ]
holds 'which is told' grep -q '1 run left out: .*--any-version takes it' versions.err
holds 'unless they are asked for' [ "$(lines_of_versions --any-version)" = 3 ]
finish

#!/bin/bash
# Bad input for the ablation workbench: wrong plans, expressions, runs, values and databases, for each command that takes such. Each is
# refused with the right status and one clear line that names the thing (an expression's has a second line with a caret), and the
# database is as it was. What happens while a sweep runs (edited scripts, killed workers, two sweeps) is in test_sweep*.sh.
# shellcheck disable=SC2016
. "$SEMILUNA_SOURCE/tests/e2e/check.sh"
. "$SEMILUNA_SOURCE/tests/e2e/training.sh"

export SEMILUNA_DB="$scratch/kept.db"
cat >content.lua <<'END_LUA'
-- Every row of every table of a database, as one hash.
local core = require "semiluna.core"
local db <close> = core.db(arg[1], "read")
local lines = {}
for _, item in ipairs(db:query "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name") do
  local columns = {}
  for i, column in ipairs(db:query(("PRAGMA table_info(%s)"):format(item.name))) do columns[i] = ("coalesce(quote(%s), '')"):format(column.name) end
  for row in db:each(("SELECT %s AS line FROM %s"):format(table.concat(columns, " || ',' || "), item.name)) do
    lines[#lines + 1] = item.name .. " " .. row.line
  end
end
print(#lines .. " rows, " .. core.system.sha256(table.concat(lines, "\n")))
END_LUA
# stands: the database holds what it held, and nothing lies about that was not there
content() { "$SEMILUNA" lua content.lua "$SEMILUNA_DB"; }
files() { find . -not -name '.*' -not -name '*-wal' -not -name '*-shm' | sort; }
stands() { [ "$(content)" = "$before" ] && [ "$(files)" = "$listed" ]; }
keep() {
    before=$(content)
    listed=$(files)
}

# refuse STATUS PATTERN semiluna ARGUMENTS...: ends with STATUS and prints one line of error, which matches PATTERN, perhaps with a caret below it.
refuse() {
    local status=$1 pattern=$2 got lines
    shift 2
    checks=$((checks + 1))
    timeout 60 "$SEMILUNA" "${@:2}" >.out 2>.err </dev/null
    got=$?
    lines=$(grep -vcE '^ *\^$' .err)
    if [ "$got" != "$status" ]; then
        wrong "\"$*\" ended with status $got, not $status"
    elif ! head -n 1 .err | grep -qE -- "$pattern"; then
        wrong "\"$*\" says nothing that matches: $pattern"
    elif [ "$lines" != 1 ] || [ "$(wc -l <.err)" -gt 2 ]; then
        wrong "\"$*\" says it in $(wc -l <.err) lines"
    elif LC_ALL=C grep -qP '[\x00-\x09\x0b-\x1f\x7f]' .err; then
        wrong "\"$*\" lets control characters through"
    elif [ -s .out ]; then
        wrong "\"$*\" failed, but printed a result"
    elif ! stands; then
        wrong "\"$*\" changed something"
    fi
}

# ---- an ablation that was trained -------------------------------------------------------------------------------------------------
write_tiny good.lua 'return sl.experiment(tiny, { name = "good", steps = 12, evaluate = { every = 6 },
  ablate = sl.grid { ["method.threshold"] = {0.3, 0.5}, seed = {1, 2} } })'
holds 'an ablation trains' semiluna sweep good.lua --workers 1 --quiet
# a method of one's own that says nothing of its confidence
semiluna run good.lua --set ablate=false --set method=supervised -q >.out 2>.err
for file in wrong.lua helper.lua; do : >$file; done
keep
holds 'the content of a database is looked at' sh -c "echo '$before' | grep -qE '^[0-9]{3,} rows, [0-9a-f]{64}$'"
[ "$(sql 'SELECT count(*) FROM run')" = 5 ] || wrong 'there are not five runs'

# ---- plans that are wrong ---------------------------------------------------------------------------------------------------------
takes_scripts() { # STATUS PATTERN: what each command that takes a script says of wrong.lua
    refuse "$1" "$2" semiluna plan wrong.lua
    refuse "$1" "$2" semiluna sweep wrong.lua
    refuse "$1" "$2" semiluna sweep wrong.lua --dry-run
    refuse "$1" "$2" semiluna compare wrong.lua
    refuse "$1" "$2" semiluna plot wrong.lua
    refuse "$1" "$2" semiluna export wrong.lua
}
ablate() { # PLAN: makes wrong.lua; the plan is in its line 11
    write_tiny wrong.lua "return sl.experiment(tiny, { name = \"wrong\", ablate = $1 })"
}
plan() { # PATTERN PLAN: for every command alike
    ablate "$2"
    takes_scripts 2 "$1"
}
line='^wrong\.lua:11: '
plan "${line}sl\\.grid: it is empty" 'sl.grid {}'
plan "${line}sl\\.grid: seed has no values" 'sl.grid { seed = {} }'
plan "${line}method\\.treshold: no such option\\. Did you mean \"threshold\"\\?.*\\(cell 1: method\\.treshold = 0\\.1\\)" 'sl.grid { ["method.treshold"] = {0.1} }'
plan "${line}data\\.nonsense: no such option" 'sl.list { { ["data.nonsense"] = 1 } }'
plan '^wrong\.lua:[0-9]+: cells 1 and 3 would train the same: seed = 1$' 'sl.grid { seed = {1, 2, 1} }'
plan '^wrong\.lua:[0-9]+: cells 1 and 2 would train the same: log_every = 1 or log_every = 2$' 'sl.grid { log_every = {1, 2} }'
plan "${line}method\\.threshold: expected a number from 0 to 1 .*\\(cell 2: method\\.threshold = 2\\)" 'sl.grid { ["method.threshold"] = {0.1, 2} }'

# only PATTERN PLAN: the same for fewer commands, as all load scripts alike
only() {
    ablate "$2"
    refuse 2 "$1" semiluna plan wrong.lua
    refuse 2 "$1" semiluna sweep wrong.lua
}
only "${line}method\\.threshold: expected .*nan|${line}.*threshold" 'sl.grid { ["method.threshold"] = {0 / 0} }'
only "${line}seed: expected a whole number" 'sl.grid { seed = {1.5} }'
only "${line}seed: expected a whole number" 'sl.grid { seed = {"one"} }'
only "${line}steps: expected a whole number" 'sl.grid { steps = {0, 10} }'
only 'there is no |no such method' 'sl.grid { method = {"supervized"} }'
only "${line}optimizer" 'sl.grid { optimizer = { { "sdg", lr = 0.1 } } }'
only "${line}sl\\.grid: seed has a gap" 'sl.grid { seed = {1, nil, 3} }'
only "${line}sl\\.grid: .*name was expected|${line}sl\\.grid: item 1 is" 'sl.grid { {1, 2} }'
only "${line}sl\\.grid: expected a table of lists" 'sl.grid(7)'
only "${line}sl\\.grid: ablate cannot vary" 'sl.grid { ablate = {1} }'
only "${line}sl\\.grid: value 1 of seed is a plan" 'sl.grid { seed = { sl.grid { seed = {1} } } }'
only "${line}sl\\.zip: lists of one length are needed" 'sl.zip { seed = {1, 2}, batch = {1, 2, 3} }'
only "${line}sl\\.list: expected a list of cells" 'sl.list { seed = 1 }'
only "${line}sl\\.random: expected how many cells first" 'sl.random(-1, 1, { seed = sl.choice {1} })'
only "${line}sl\\.random: 3 different cells were wanted, but there are only 2" 'sl.random(3, 1, { seed = sl.choice {1, 2} })'
only "${line}sl\\.random: at most 10000 cells" 'sl.random(1e9 // 1 | 0, 1, { seed = sl.choice {1} })'
only "${line}sl\\.random: seed needs sl\\.uniform" 'sl.random(2, 1, { seed = {1, 2} })'
only "${line}sl\\.uniform: expected two numbers, the smaller one first" 'sl.random(2, 1, { ["method.threshold"] = sl.uniform(1, 0) })'
only "${line}sl\\.loguniform: both numbers must be above 0" 'sl.random(2, 1, { ["optimizer.lr"] = sl.loguniform(0, 1) })'
only "${line}sl\\.choice: " 'sl.random(2, 1, { seed = sl.choice {} })'
only "${line}sl\\.leave_one_out: part 1 has no name" 'sl.leave_one_out { "adverserial" }'
only 'declares no parts' 'sl.grid { method = {"supervised"} } * sl.leave_one_out()'
only "${line}sl\\.when: expected a condition first" 'sl.when(1, sl.grid { seed = {1} })'
only "${line}sl\\.when: expected a plan second" 'sl.when({ seed = 1 }, { seed = {1} })'
only "${line}plan \\* plan: expected a plan on both sides" 'sl.grid { seed = {1} } * 3'
only "${line}plan \\+ plan: expected a plan on both sides" 'sl.grid { seed = {1} } + nil'
only "${line}ablate: the plan has no cells: its filters and conditions leave none" 'sl.grid { seed = {1, 2} }:filter(function() return false end)'
only "${line}filter: expected a function of a cell" 'sl.grid { seed = {1, 2} }:filter(true)'
only "${line}ablate: the plan has more than 10000 cells" 'sl.grid { seed = (function() local t = {} for i = 1, 10001 do t[i] = i end return t end)() }'
only "${line}ablate: expected a plan" '{ seed = {1, 2} }'
only "${line}ablate: expected a plan" '"seed"'
only "${line}ablate: expected a plan" 'sl.grid'
only 'sl\.controls: no such option: image' 'sl.controls { image = true }'
only 'sl\.controls: images is true or false' 'sl.controls { images = 1 }'

# Errors in functions of the plan, and in the script, keep their place.
ablate 'sl.grid { seed = {1, 2} }:filter(function(cell) return cell.seed.x.y end)'
refuse 1 '^wrong\.lua:11: attempt to index' semiluna plan wrong.lua
refuse 1 '^wrong\.lua:11: attempt to index' semiluna sweep wrong.lua
ablate 'sl.grid { seed = {1, 2} }:filter(function(cell) error("not this one") end)'
refuse 1 '^wrong\.lua:11: not this one' semiluna plan wrong.lua
write_tiny wrong.lua 'return sl.experiment(tiny, { ablate = sl.grid { seed = {1, 2} '
refuse 1 "^wrong\\.lua:12: .*expected" semiluna plan wrong.lua
refuse 1 "^wrong\\.lua:12: .*expected" semiluna sweep wrong.lua
refuse 1 "^wrong\\.lua:12: .*expected" semiluna compare wrong.lua
write_tiny wrong.lua 'return sl.experiment(tiny, { prune = 3 })'
refuse 2 "${line}prune: expected a function or false" semiluna plan wrong.lua
write_tiny wrong.lua 'return sl.experiment(tiny, { prune = sl.median { after = 2 } })'
refuse 1 '^wrong\.lua:11: (sl\.)?median: after is a share' semiluna plan wrong.lua
refuse 1 '^wrong\.lua:11: (sl\.)?median: after is a share' semiluna sweep wrong.lua
write_tiny wrong.lua 'return 7'
refuse 1 '^wrong\.lua: returns a number' semiluna plan wrong.lua
write_tiny wrong.lua 'return { tiny, { seed = 3 } }'
refuse 1 '^wrong\.lua: item 2 of the list it returns is not an experiment' semiluna sweep wrong.lua
echo 'local x = require "helper" return x' >wrong.lua
echo 'error("the helper is broken")' >helper.lua
refuse 1 'helper\.lua:1: the helper is broken' semiluna plan wrong.lua
refuse 1 'helper\.lua:1: the helper is broken' semiluna export wrong.lua
: >helper.lua

# All cells are validated before the first one trains.
ablate 'sl.grid { ["data.labeled"] = {0.5, "nowhere.txt"} }'
refuse 1 'nowhere\.txt.*\(cell 2: labeled nowhere\.txt\)' semiluna plan wrong.lua
refuse 1 '^nowhere\.txt: No such file or directory +\(cell 2: labeled nowhere\.txt\)' semiluna sweep wrong.lua
ablate 'sl.grid { ["data.crop"] = {33, 20000000} }'
refuse 2 '^wrong\.lua: cell 2 .*data\.crop: .*GiB' semiluna sweep wrong.lua
ablate 'sl.grid { ["model.pretrained"] = {"nowhere.safetensors"} }'
refuse 2 'nowhere\.safetensors' semiluna sweep wrong.lua
ablate 'sl.grid { seed = {71, 72} }'
refuse 2 '^wrong\.lua: no cell of this script has a .*run in .*kept\.db: `semiluna sweep wrong\.lua` trains them' semiluna compare wrong.lua
refuse 2 'no cell of this script has a ' semiluna plot wrong.lua
refuse 2 'no cell of this script has a ' semiluna export wrong.lua
: >wrong.lua

# ---- expressions ------------------------------------------------------------------------------------------------------------------
# expression COLUMN TEXT: each command that takes one points at that column
expression() {
    local pattern="column $1: "
    refuse 2 "$pattern" semiluna compare "$2"
    refuse 2 "$pattern" semiluna plot "$2"
    refuse 2 "$pattern" semiluna export "$2"
    refuse 2 "$pattern" semiluna plan good.lua --only "$2"
    refuse 2 "$pattern" semiluna sweep good.lua --only "$2"
}
expression 1 'method.treshold > 0.2'
expression 8 'seed = '
expression 12 'seed = 1 or'
expression 10 'seed = 1 ; DROP TABLE run'
expression 9 "seed = x'); DELETE FROM run; --"
expression 8 "seed = 'open"
expression 9 'seed = 1/0'
expression 10 '(seed = 1'
expression 9 'seed = 1)'
expression 6 'seed ~= 1'
expression 1 '= 1'
expression 13 'seed in (1, )'
expression 10 'seed = 1 2'
for text in "seed = 1 and (SELECT 1)" "seed = 1 union select 1" "1 = 1 or seed = 1"; do
    refuse 2 'column [0-9]+: ' semiluna compare "$text"
    refuse 2 'column [0-9]+: ' semiluna export "$text"
done
refuse 2 'column [0-9]+: nested deeper' semiluna export "$(printf '(%.0s' $(seq 100))seed = 1"
refuse 2 'more than 1000 values' semiluna export "seed in (1$(printf ',1%.0s' $(seq 1001)))"
refuse 2 'column ' semiluna export "$(printf 'seed = \033[2J1')"
refuse 2 'column ' semiluna compare "$(printf 'seed = \377\3761')"
refuse 2 'no run in .* is so' semiluna export 'seed = 77'
refuse 2 'no run in .* is so' semiluna plot 'seed = 77'
refuse 2 'none of the 4 cells is so' semiluna plan good.lua --only 'seed = 77'
refuse 2 'none of the 4 cells is so' semiluna sweep good.lua --only 'seed = 77'
# What looks like an attack and is none finds nothing, and does nothing.
refuse 2 'no run in .* is so' semiluna export "name = '''; DROP TABLE run; --'"
refuse 2 'no run in .* is so' semiluna export "tag = 'x' and name ~ '%'"

# ---- runs -------------------------------------------------------------------------------------------------------------------------
for command in 'whatif nowhere' 'diff 1 nowhere' 'diff nowhere 1' 'export nowhere' 'plot nowhere' 'compare nowhere' 'tag nowhere --add x' \
    'note nowhere text' 'rm nowhere' 'rm 1 nowhere' 'tag 1 nowhere --add x'; do
    # shellcheck disable=SC2086
    refuse 1 'there is no run "nowhere"' semiluna $command
    # shellcheck disable=SC2086
    refuse 1 'there is no run "4711"' semiluna ${command//nowhere/4711}
done
refuse 1 'there is no run "  +\[2Jx"' semiluna export "$(printf '\r\n\033[2Jx')"
refuse 1 '^which run\?' semiluna diff 1 ''
refuse 1 'there is no run "seed is 1"' semiluna compare 'seed is 1'
refuse 2 'are the same run, 1' semiluna diff 1 1
refuse 1 'has no confidence on val' semiluna whatif 5
refuse 1 'has no confidence on night' semiluna whatif 1 --split night
refuse 1 'was not evaluated on val at step 7' semiluna whatif 1 --at 7
refuse 2 '"soon"' semiluna whatif 1 --at soon

# ---- values of options ------------------------------------------------------------------------------------------------------------
value() { # PATTERN COMMAND...
    local pattern=$1
    shift
    refuse 2 "$pattern" semiluna "$@"
}
for n in 0 -1 1.5 x '' 99999999999999999999; do
    value '--workers' sweep good.lua --workers "$n"
    value '--workers' plan good.lua --workers "$n"
    value '--threads-per-worker' sweep good.lua --threads-per-worker "$n"
    value '--seeds' noise good.lua --seeds "$n"
done
value '--retry' sweep good.lua --retry -1
value 'nowhere' sweep good.lua --launcher nowhere
value 'no such option' sweep good.lua --set method.treshold=1
value 'no such option' plan good.lua --set nonsense=1
value 'no such option|method\.treshold' compare good.lua --set method.treshold=1
value 'method\.threshold' sweep good.lua --set method.threshold=seven
value 'name=value|KEY=VALUE' sweep good.lua --set threshold
value 'there is no cell "9"' sweep good.lua --task 9
value '--sort|there is no option' compare good --sort up
value 'misspelt|no option|metric' compare good --metric misspelt
value 'misspelt' plot good --metric misspelt
value 'misspelt' export good --metric misspelt
value 'misspelt' export good --options misspelt
value 'misspelt' compare good --rows misspelt
value 'misspelt' compare good --columns misspelt
value 'misspelt' compare good --against misspelt=1
value 'threshold' compare good --against threshold=0.7
value 'misspelt' plot good --by misspelt
value 'misspelt' compare good --convention misspelt
value 'misspelt' compare good --ignore-class misspelt
value 'misspelt' plot good --ignore-class misspelt
value 'misspelt|never' compare good --at never
value 'published' compare good --with published
value 'misspelt' compare good --with misspelt
value '--format' compare good --format misspelt
value '--format' diff 1 2 --format latex
value 'usage|missing' sweep
value 'usage|missing' plan
value 'usage|missing' compare
value 'usage|missing' plot
value 'usage|missing' noise
value 'usage|missing' merge
value 'usage|missing' import
value 'unexpected argument' sweep good.lua good.lua
value 'unexpected argument' plan good.lua good.lua
for command in plan sweep noise; do
    refuse 2 'nowhere\.lua: No such file' semiluna $command nowhere.lua
    refuse 2 '' semiluna $command .
done
refuse 2 'nowhere\.lua: No such file' semiluna compare nowhere.lua
refuse 2 'nowhere\.lua: No such file' semiluna plot nowhere.lua
refuse 2 'nowhere\.lua: No such file' semiluna export nowhere.lua
refuse 1 'nowhere' semiluna merge nowhere
refuse 1 'nowhere' semiluna import nowhere

# ---- databases --------------------------------------------------------------------------------------------------------------------
mkdir bad
cp "$SEMILUNA_DB" bad/fine.db
cp bad/fine.db kept-fine.db
echo 'just a text' >bad/text.db
head -c 9000 "$SEMILUNA_DB" >bad/cut.db
cat >change.lua <<'END_LUA'
local db <close> = require("semiluna.core").db(arg[1], "write")
db:execute(arg[2])
END_LUA
cp bad/fine.db bad/newer.db
cp bad/fine.db bad/foreign.db
holds 'a newer database' semiluna lua change.lua bad/newer.db 'PRAGMA user_version = 99'
holds 'a foreign one' semiluna lua change.lua bad/foreign.db 'PRAGMA application_id = 7'
rm -f bad/*-wal bad/*-shm
mkdir bad/folder.db
keep
reading=('compare good' 'compare good.lua' 'plot good' 'export good' 'diff 1 2' 'whatif 1')
writing=('sweep good.lua --set seed=9' 'noise good.lua --seeds 2' 'tag 1 --add x' 'note 1 text' 'rm 1' 'gc' 'merge bad/fine.db')
everywhere() { # STATUS PATTERN FILE
    local command
    for command in "${reading[@]}" "${writing[@]}"; do
        # shellcheck disable=SC2086
        refuse "$1" "$2" semiluna $command --db "$3"
    done
}
everywhere 1 'text\.db: not an SQLite database' bad/text.db
everywhere 1 'newer\.db: written by a newer Semiluna' bad/newer.db
everywhere 1 'foreign\.db: an SQLite database, but not one of Semiluna.s' bad/foreign.db
everywhere 1 'folder\.db: a folder, not a database' bad/folder.db
for command in "${reading[@]}" 'tag 1 --add x' 'note 1 text' 'rm 1'; do
    # shellcheck disable=SC2086
    refuse 1 'no database none\.db' semiluna $command --db none.db
done
for command in "${reading[@]}"; do
    # shellcheck disable=SC2086
    refuse 1 'cut\.db: .*damaged|cut\.db' semiluna $command --db bad/cut.db
done
expect 1 'nowhere/x\.db: cannot be made' semiluna sweep good.lua --db nowhere/x.db
refuse 1 'nowhere/x\.db: cannot be made' semiluna merge bad/fine.db --db nowhere/x.db

# Locked by another process: those that read go on, those that write wait; a claim's patience is shorter than this test's.
cat >lock.lua <<'END_LUA'
local db <close> = require("semiluna.core").db(arg[1], "write")
db:execute("BEGIN IMMEDIATE")
print "locked" io.stdout:flush()
io.read()
db:execute("COMMIT")
END_LUA
mkfifo say
keep
"$SEMILUNA" lua lock.lua "$SEMILUNA_DB" <say >.said 2>&1 &
holder=$!
exec 4>say
until grep -q locked .said || ! kill -0 $holder 2>/dev/null; do pause 20; done
for command in "${reading[@]}" 'plan good.lua'; do
    # shellcheck disable=SC2086
    holds "reads while it is locked: $command" timeout 60 "$SEMILUNA" $command
done
# A writer waits until the lock is gone, and then does its work.
"$SEMILUNA" tag 2 --add waited >.tagged 2>.tag-errors </dev/null &
tagger=$!
pause 700
holds 'a writer waits for the lock' kill -0 $tagger
echo >&4
exec 4>&-
wait $holder
wait $tagger
holds 'and then does its work' [ "$(sql "SELECT count(*) FROM tag WHERE run = 2 AND tag = 'waited'")" = 1 ]
holds 'all cells are still done' sh -c "$SEMILUNA plan good.lua | grep -q '^4 cells, 4 done'"
keep

# A read-only database: reading works, writing says why not.
if [ "$(id -u)" != 0 ]; then
    mkdir guarded
    cp bad/fine.db guarded/x.db
    chmod 555 guarded && chmod 444 guarded/x.db
    keep
    for command in "${reading[@]}"; do
        # shellcheck disable=SC2086
        holds "reads where nothing may be written: $command" "$SEMILUNA" $command --db guarded/x.db
    done
    for command in "${writing[@]}"; do
        # shellcheck disable=SC2086
        refuse 1 'guarded/x\.db: cannot be written' semiluna $command --db guarded/x.db
    done
    chmod 755 guarded
else
    echo 'skipped: a database without the right to write it (root may write everything)'
fi
# A limit on the size of files looks like a full disk.
limited() { (
    trap '' XFSZ
    ulimit -f 24
    exec timeout 60 "$@"
); }
mkdir full
checks=$((checks + 1))
limited "$SEMILUNA" merge bad/fine.db --db full/x.db >.out 2>.err && wrong 'merging onto a full disk'
grep -qE '^(semiluna: )?(bad/fine\.db: )?.*full/x\.db: the disk is full' .err || wrong 'a full disk is named'
holds 'what was to be merged is as it was' cmp bad/fine.db kept-fine.db

finish

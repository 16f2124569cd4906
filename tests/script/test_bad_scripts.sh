#!/bin/bash
# Scripts that are wrong: one clear error, the right exit status (2: wrong use, 1: failure), and nothing left behind.
set -u
semiluna=${SEMILUNA:?the program to test}
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failures=0 checks=0

# The beginning of a script that would train for a second; what each test adds stands at line 6 of its own.
base='local sl = require "semiluna"
local base = sl.experiment { steps = 4, batch = 2, seed = 1, threads = 1,
  data = { layout = "synthetic", width = 32, height = 32, count = 8, val_count = 2, labeled = 0.5, crop = 32, divisor = 58 },
  model = { "deeplab_v2", backbone = "tiny", base_width = 4 }, method = { "supervised" },
  optimizer = { "sgd", lr = 0.01 } }'

fail() {
    echo "FAIL  $1: $2"
    sed 's/^/      | /' errors
    failures=$((failures + 1))
}

# expect NAME STATUS PATTERN COMMAND...: the status, one line of error that matches, and no database or checkpoint.
expect() {
    local name=$1 status=$2 pattern=$3
    shift 3
    checks=$((checks + 1))
    rm -rf semiluna.db runs
    timeout 100 "$@" >output 2>errors
    local got=$?
    if [ "$got" -ne "$status" ]; then
        fail "$name" "exit status $got, not $status"
    elif ! grep -Eq -- "$pattern" errors; then
        fail "$name" "the error does not match: $pattern"
    elif [ "$(grep -c . errors)" -ne 1 ]; then
        fail "$name" "the error is not one line"
    elif [ -z "${KEEPS:-}" ] && { [ -e semiluna.db ] || [ -e runs ]; }; then
        fail "$name" "a database or a folder of checkpoints was left behind"
    else
        echo "ok    $name: $(cat errors)"
    fi
}

# bad NAME STATUS PATTERN TEXT: the same of a script that ends in TEXT.
bad() {
    printf '%s\n%s\n' "$base" "$4" >bad.lua
    expect "$1" "$2" "$3" "$semiluna" run bad.lua -q
}

bad "unknown option" 2 'bad\.lua:7: method\.lamda_semi: no such option\. Did you mean "lambda_semi"\?' \
    'return sl.experiment(base, { method = { "advsemiseg",
  lamda_semi = 0.1 } })'
bad "unknown section" 2 'bad\.lua:6: modell: no such option\. Did you mean "model"' 'return sl.experiment(base, { modell = {} })'
bad "dotted name" 2 'bad\.lua:7: data\.crops: no such option\. Did you mean "crop"' 'return sl.experiment(base, {
  ["data.crops"] = 3 })'
bad "wrong type" 2 'bad\.lua:6: batch: expected a whole number of at least 1, not the text "four"' 'return sl.experiment(base, { batch = "four" })'
bad "out of range" 2 'bad\.lua:6: batch: expected a whole number of at least 1, not 0' 'return sl.experiment(base, { batch = 0 })'
bad "nan" 2 'data\.divisor: expected a number' 'return sl.experiment(base, { data = { divisor = 0/0 } })'
bad "wrong list" 2 'data\.crop: expected a list of 2 whole numbers' 'return sl.experiment(base, { data = { crop = {1, 2, 3} } })'
bad "schedule for a fixed number" 2 'optimizer\.momentum: .*cannot be a function of the step' \
    'return sl.experiment(base, { optimizer = { momentum = sl.poly(0.9) } })'
bad "choice" 2 'expected one of "labeled", "all", not the text "none"' \
    'return sl.experiment(base, { method = { "advsemiseg", discriminator_sees = "none" } })'
bad "unknown method" 2 'bad\.lua:6: method: no such method "advsemi".*Did you mean "advsemiseg"' 'return sl.experiment(base, { method = { "advsemi" } })'
bad "unknown model" 2 'no such model: "deeplab_v3"\. Did you mean "deeplab_v2"' 'return sl.experiment(base, { model = { "deeplab_v3" } })'
bad "section of another type" 2 'bad\.lua:6: data: expected a table, not 3' 'return sl.experiment(base, { data = 3 })'
bad "missing option" 2 'optimizer: lr is missing' 'return sl.experiment(base, { optimizer = { "adam" } })'
bad "table that holds itself" 2 'data: no such option|data\.data: no such option' 'local t = { layout = "synthetic" } t.data = t
return sl.experiment(base, { data = t })'
bad "error in the script" 1 'bad\.lua:6: attempt to index a nil value' 'return sl.experiment(nothing.here)'
bad "syntax error" 1 'bad\.lua:7: unexpected symbol near <eof>' 'return sl.experiment(base, {'
bad "error in a schedule" 1 'bad\.lua:6: poly: base and power must be numbers' 'return sl.experiment(base, { optimizer = { lr = sl.poly("x") } })'
bad "endless table" 1 'the script used more than 512' 'local t = {} while true do t[#t + 1] = { #t } end'
bad "returns nothing" 1 'bad\.lua: returns nothing' 'local x = 1'
bad "returns a number" 1 'bad\.lua: returns a number' 'return 3'
bad "list with another thing" 1 'item 2 of the list' 'return { base, 3 }'
bad "more branches than weights" 2 'model\.branches: 2 branches' 'return sl.experiment(base, { model = { branches = 2 } })'
bad "no unlabelled images" 1 'all training images are labelled' 'return sl.experiment(base, { data = { labeled = 1 }, method = { "advsemiseg" } })'
bad "split with an unknown id" 1 'list\.txt' 'local f = io.open("list.txt", "w") f:write("nowhere\n") f:close()
return sl.experiment(base, { data = { labeled = "list.txt" } })'
bad "empty split" 1 'list\.txt' 'io.open("list.txt", "w"):close()
return sl.experiment(base, { data = { labeled = "list.txt" } })'
bad "labelled inside unlabelled" 1 'is both labelled .*a\.txt.* and unlabelled .*b\.txt' 'local all = sl.core.synthetic { width = 32, height = 32, classes = 6, count = 8, seed = 1 }
local function list(name, from, to)
  local f = io.open(name, "w")
  for i = from, to do f:write(all:id(i), "\n") end
  f:close()
end
list("a.txt", 1, 3) list("b.txt", 3, 8)
return sl.experiment(base, { data = { labeled = "a.txt", unlabeled = "b.txt" } })'

bad "crop larger than memory" 1 'data\.crop: batches of 2 crops of 300000x300000 need at least .* GiB' 'return sl.experiment(base, { data = { crop = 300000 } })'

printf '%s\nreturn base\n' "$base" >good.lua
expect "no such script" 2 'nowhere\.lua' "$semiluna" run nowhere.lua
expect "--set without a value" 2 'KEY=VALUE|name=value' "$semiluna" run good.lua --set seed
expect "--set of an unknown option" 2 '--set method\.tresh=1: no such option' "$semiluna" run good.lua --set method.tresh=1
expect "--set of a wrong type" 2 '--set seed=x: expected a whole number' "$semiluna" run good.lua --set seed=x
expect "a folder as the script" 2 '\.' "$semiluna" run .

# What goes wrong while a run trains is recorded with it.
state_of() { "$semiluna" sql "SELECT state || ' ' || coalesce(error, '') FROM run ORDER BY id DESC LIMIT 1" --format csv | tail -n 1; }
recorded() {
    KEEPS=1 bad "$1" 1 "$2" "$4"
    local state
    state=$(state_of)
    if ! grep -Eq -- "$3" <<<"$state"; then
        echo "FAIL  $1: the database says: $state"
        failures=$((failures + 1))
    fi
}
method='local bad = { name = "bad", streams = {} }
function bad.new(context) return { step = function(self, step) BODY end } end
return sl.experiment(base, { method = { bad } })'
recorded "loss that is nan" 'diverged: step 3: seg is nan' 'diverged step 3: seg is nan' "${method/BODY/return { seg = step == 2 and 0 / 0 or 1 \}}"
recorded "loss that is infinite" 'diverged: step 1: adv is infinite' 'diverged step 1: adv' "${method/BODY/return { adv = 1 / 0 \}}"
recorded "error in a method" 'failed: .*bad\.lua:7: ' 'failed .*bad\.lua:7' "${method/BODY/return nothing.here}"
recorded "error in an evaluation" 'failed: .*bad\.lua:6: ' 'failed .*bad\.lua:6' 'return sl.experiment(base, { evaluate = { function(e) e:miou("val") local x = nil + 1 end } })'
bad "schedule that gives nothing" 1 'function at bad\.lua:6 gave nil at step 0; a schedule must give a finite number' \
    'return sl.experiment(base, { optimizer = { lr = function() end } })'

# A checkpoint of another model.
rm -rf semiluna.db runs
"$semiluna" run good.lua -q >output 2>errors || fail "a good script" "does not run"
weights=$(ls runs/*/last.safetensors)
cp "$weights" kept.safetensors
sed 's/base_width = 4/base_width = 8/' good.lua >other.lua
expect "checkpoint of another model" 1 'kept\.safetensors: a checkpoint of another model: base_width is 4 there and 8 here' \
    "$semiluna" eval kept.safetensors --script other.lua
head -c 1000 kept.safetensors >cut.safetensors
expect "truncated checkpoint" 1 'cut\.safetensors' "$semiluna" eval cut.safetensors --script good.lua
expect "no such run" 1 'nosuchrun|semiluna\.db' "$semiluna" run --resume nosuchrun

echo "$checks checks, $failures failed"
[ "$checks" -ge 40 ] && [ "$failures" -eq 0 ]

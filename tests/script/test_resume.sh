#!/bin/bash
# A run that is killed at random moments and resumed gives, bit by bit, the numbers of one that never stopped; so does one that was
# stopped by a signal. No row is doubled or missing.
set -u
semiluna=${SEMILUNA:?the program to test}
kills=${KILLS:-20}
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
cat >script.lua <<'L'
local sl = require "semiluna"
return sl.experiment {
  name = "small", steps = 120, batch = 2, threads = 1,
  data = { layout = "synthetic", width = 32, height = 32, count = 12, val_count = 4, labeled = 0.5, crop = 32, divisor = 58 },
  model = { "deeplab_v2", backbone = "tiny", base_width = 4, train_affine = true },
  method = { "advsemiseg", semi_start = 15, semi_adv_start = 5, discriminator_width = 4, discriminator_sees = "all", threshold = 0.48 },
  optimizer = { "sgd", lr = sl.warmup(5, sl.poly(0.01)) },
  evaluate = { every = 15, function(e) e:miou("val") end }, checkpoint = { every = 10 },
}
L
fail() {
    echo "FAIL  $1"
    exit 1
}
metrics="SELECT name, step, printf('%.17g', value) AS value FROM metric ORDER BY name, step"
classes="SELECT split, step, class_index, printf('%.17g', iou) AS iou FROM class_iou ORDER BY 1, 2, 3"
confusion="SELECT split, step, truth, prediction, pixels FROM confusion ORDER BY 1, 2, 3, 4"
artifacts="SELECT kind, step FROM artifact ORDER BY kind"
rows() { for query in "$metrics" "$classes" "$confusion" "$artifacts"; do "$semiluna" sql "$query" --db "$1" --format csv || fail "no rows in $1"; done; }
# All tensors of a checkpoint, as one hash.
cat >weights.lua <<'L'
local core = require "semiluna.core"
local file, parts = core.checkpoint_open(arg[1]), {}
local names = file:names()
table.sort(names)
for i, name in ipairs(names) do
  local values = {}
  for k, value in ipairs(file:tensor(name):table()) do values[k] = ("%a"):format(value) end
  parts[i] = name .. " " .. table.concat(values, ",")
end
print(#names, core.system.sha256(table.concat(parts, "\n")))
L
weights() { "$semiluna" lua weights.lua "$(dirname "$1")/runs/$("$semiluna" sql "SELECT uuid FROM run" --db "$1" --format csv | tail -n 1)/last.safetensors"; }
check() {
    rows "$1" >"$1.rows"
    cmp -s reference.rows "$1.rows" || { diff reference.rows "$1.rows" | head -n 5; fail "$2: the rows differ"; }
    [ "$(weights "$1")" = "$reference" ] || fail "$2: the weights differ"
    [ "$("$semiluna" sql "SELECT state, step FROM run" --db "$1" --format csv | tail -n 1)" = "done,120" ] || fail "$2: not done"
    echo "ok    $2: $(wc -l <reference.rows) rows and $(cut -f 1 <<<"$reference") tensors alike"
}

"$semiluna" run script.lua -q --db whole.db || fail "the script does not run"
rows whole.db >reference.rows
reference=$(weights whole.db)
[ "$(wc -l <reference.rows)" -gt 1000 ] || fail "too few rows to compare"

# Killed at random moments, some of them before the first checkpoint.
done_by=0
"$semiluna" run script.lua -q --db killed.db &
for ((i = 1; i <= kills; i++)); do
    sleep "0.$((RANDOM % 5))$((RANDOM % 10))"
    kill -9 $! 2>/dev/null && wait $! 2>/dev/null
    state=$("$semiluna" sql "SELECT state, step FROM run" --db killed.db --format csv 2>/dev/null | tail -n 1)
    case $state in
    done,*) break ;;
    running,*) "$semiluna" run --resume latest -q --db killed.db & done_by=$i ;;
    *) rm -f killed.db*; "$semiluna" run script.lua -q --db killed.db & ;; # killed before there was a run
    esac
done
wait $! || fail "the last resume does not end well"
check killed.db "killed $done_by times"

# Stopped by SIGINT, then by SIGTERM.
stop() {
    local signal=$1 status=$2 got
    shift 2
    "$@" &
    sleep 0.7
    kill "-$signal" $!
    wait $!
    got=$?
    [ "$got" -eq 0 ] && return # it was faster
    [ "$got" -eq "$status" ] || fail "SIG$signal: exit status $got, not $status"
    echo "ok    SIG$signal: exit status $got, state $("$semiluna" sql "SELECT state, step FROM run" --db stopped.db --format csv | tail -n 1)"
}
sed 's/every = 15, function(e)/every = 15, function(e) local t = os.clock() + 0.1 while os.clock() < t do end/' script.lua >slow.lua
"$semiluna" run slow.lua -q --db stopped.db --dry-run >/dev/null || fail "dry run"
[ -e stopped.db ] && fail "a dry run wrote a database"
stop INT 130 "$semiluna" run slow.lua -q --db stopped.db
[ "$("$semiluna" sql "SELECT state FROM run" --db stopped.db --format csv | tail -n 1)" = done ] || stop TERM 143 "$semiluna" run --resume latest -q --db stopped.db
[ "$("$semiluna" sql "SELECT state FROM run" --db stopped.db --format csv | tail -n 1)" = done ] || "$semiluna" run --resume latest -q --db stopped.db
check stopped.db "stopped by signals"

"$semiluna" run --resume latest -q --db stopped.db 2>errors
[ $? -eq 2 ] && grep -q "is done: there is nothing to go on with" errors || fail "resuming a run that is done"
"$semiluna" run --resume latest -q --db stopped.db --set seed=2 2>errors
[ $? -eq 2 ] && grep -q "goes on with the options" errors || fail "resuming with other options"
echo "ok    what cannot be resumed is refused"

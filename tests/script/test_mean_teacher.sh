#!/bin/bash
# A method that is no part of the library runs from a folder of its own, is evaluated by its teacher, and is resumed with it.
set -eu
semiluna=${SEMILUNA:?the program to test}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/elsewhere"
cp "${SEMILUNA_SOURCE:?}"/experiments/mean_teacher.lua "$SEMILUNA_SOURCE"/experiments/mean_teacher_method.lua "$folder/elsewhere"
cd "$folder"
"$semiluna" run elsewhere/mean_teacher.lua --steps 8 --threads 1 --set log_every=2 --set checkpoint.every=4 >output
query() { "$semiluna" sql "$1" --format csv | tail -n 1 | tr -d '\r'; }
check() {
    if [ "$2" != "$3" ]; then
        echo "FAIL  $1: $2, not $3"
        exit 1
    fi
    echo "ok    $1: $2"
}
check "runs that are done" "$(query "SELECT count(*) FROM run WHERE state = 'done'")" 2
check "the method's name" "$(query "SELECT method FROM run ORDER BY id DESC LIMIT 1")" mean_teacher
check "its options are recorded" "$(query "SELECT count(*) FROM param WHERE name IN ('method.lambda_agree', 'method.decay')")" 2
check "its loss is logged every 2 steps" "$(query "SELECT count(*) FROM metric WHERE name = 'agree'")" 4
check "the table at the end" "$(grep -c '^mean teacher .*[0-9]$' output)" 1
run=$(query "SELECT uuid FROM run ORDER BY id DESC LIMIT 1")
cat >names.lua <<'L'
local core = require "semiluna.core"
local file = core.checkpoint_open(arg[1])
local count = { model = 0, teacher = 0, optimizer = 0 }
for _, name in ipairs(file:names()) do
  local part = name:match("^(%w+)%.")
  count[part] = count[part] + 1
end
local meta = core.system.json_decode(file:meta "semiluna")
print(count.model == count.teacher and count.model > 50 and count.optimizer > 0, meta.evaluated, meta.step)
L
check "what the checkpoint holds" "$("$semiluna" lua names.lua "runs/$run/last.safetensors" | tr '\t' ' ')" "true teacher 8"
check "eval measures the teacher" "$(printf '%.6f' "$("$semiluna" eval latest --format csv | sed -n 's/^miou,//p')")" \
    "$(query "SELECT printf('%.6f', value) FROM final_metric WHERE name = 'miou' AND run = 2")"

#!/usr/bin/env bash
# The CamVid recipe with six seeds and two methods, then the table that holds the results against PyTorch's.
#
#   bench/camvid.sh [DATABASE]        (default build/camvid.db; 12 runs, one thread each, two at a time: about half an hour)
#
# Runs that the database has are not run again.
set -euo pipefail
cd "$(dirname "$0")/.."
db=${1:-build/camvid.db} semiluna=${SEMILUNA:-build/semiluna}

train() { # METHOD SEED
    local trained
    trained=$("$semiluna" sql --db "$db" --format csv "SELECT count(*) FROM run WHERE name = 'camvid-$1' AND seed = $2 AND state = 'done'" 2>/dev/null | tail -n 1)
    [ "${trained:-0}" -gt 0 ] && return
    echo "camvid.sh: $1, seed $2" >&2
    METHOD=$1 "$semiluna" run experiments/camvid.lua --set seed="$2" --threads 1 --db "$db" -q
}
export -f train
export db semiluna
for seed in 1 2 3 4 5 6; do printf '%s\n' "supervised $seed" "semi $seed"; done |
    xargs -P "${WORKERS:-2}" -L 1 bash -c 'train "$@"' train
"$semiluna" lua bench/camvid_table.lua "$db"

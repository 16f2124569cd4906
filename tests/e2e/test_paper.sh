#!/bin/bash
# ctest: slow
# The scripts of the paper's tables, of the differences between paper and code, and of the ablation on CamVid: each is swept whole (of
# one seed, a few steps a cell) at its small scale; published numbers come out beside one's own.
# shellcheck source=tests/e2e/check.sh
. "$(dirname "$0")/check.sh"
export LC_ALL=C.UTF-8
paper=$SEMILUNA_SOURCE/experiments/paper

is() {
    checks=$((checks + 1))
    if [ "$2" != "$3" ]; then
        failures=$((failures + 1))
        printf 'WRONG: %s: got "%s", expected "%s"\n' "$1" "$2" "$3"
    fi
}

# swept SCRIPT CELLS: of seed 1 all are done
swept() {
    holds "$1 is swept" semiluna sweep "$1" --set scale=smoke --set steps=3 --set method.semi_start=1 --only 'seed = 1' \
        --workers 2 --threads-per-worker 1
    is "cells of $1" "$("$SEMILUNA" sql --format csv "SELECT count(*) FROM run WHERE state = 'done' AND step = 3" | tail -n 1)" "$2"
}

SEMILUNA_DB=voc2012.db swept "$paper/voc2012.lua" 11
SEMILUNA_DB=cityscapes.db swept "$paper/cityscapes.lua" 11
SEMILUNA_DB=hyperparameters.db swept "$paper/hyperparameters.lua" 10
SEMILUNA_DB=discriminator.db swept "$paper/discriminator.lua" 13
SEMILUNA_DB=fidelity.db swept "$SEMILUNA_SOURCE/experiments/fidelity.lua" 10

# the published numbers, each where it belongs and no other
compared() {
    semiluna compare "$paper/$1.lua" --db "$1.db" --set scale=smoke --set steps=3 --set method.semi_start=1 --rows variant \
        --columns data.labeled --with published --format csv
}
published() {
    compared "$1" | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) place[$i] = i }
        NR > 1 { printf "%s %s=%s ", $place["variant"], $place["data.labeled"], $place["published"] }'
}
is 'published on VOC' "$(published voc2012 2>&1)" \
    'baseline 0.125=0.66 baseline 0.25=0.683 baseline 0.5=0.698 baseline 1=0.736 + adversarial 0.125=0.676 + adversarial 0.25=0.71 + adversarial 0.5=0.726 + adversarial 1=0.749 + semi 0.125=0.695 + semi 0.25=0.721 + semi 0.5=0.738 '
is 'published on Cityscapes' "$(published cityscapes 2>&1)" \
    'baseline 0.125=0.555 baseline 0.25=0.599 baseline 0.5=0.641 baseline 1=0.664 + adversarial 0.125= + adversarial 0.25= + adversarial 0.5= + adversarial 1= + semi 0.125=0.588 + semi 0.25=0.623 + semi 0.5=0.657 '

expect 0 '^the runs are of the small scale .* the differences mean nothing$' semiluna compare "$paper/voc2012.lua" --db voc2012.db \
    --set scale=smoke --set steps=3 --set method.semi_start=1 --with published

# at full scale the cells are the table's, whether or not the data is there
expect 0 '^30 cells, ' semiluna plan "$SEMILUNA_SOURCE/experiments/fidelity.lua" --db none.db --set scale=smoke
expect 2 'the experiment has no table .smoke' semiluna plan "$SEMILUNA_SOURCE/experiments/camvid_ablation.lua" --db none.db --set scale=smoke

# the ablation on CamVid
cd "$SEMILUNA_SOURCE" || exit 1
if [ -n "${SEMILUNA_SANITIZED:-}" ]; then
    echo 'skipped under sanitizers: the plan of camvid_ablation.lua, which times steps of the full size'
elif [ -f ../shared/data/camvid/classes.txt ]; then
    expect 0 '^30 cells, 0 done; the first 400 steps are shared by 4 cells each: 7,200 of 24,000 steps saved' \
        semiluna plan experiments/camvid_ablation.lua --db "$scratch/none.db"
    expect 0 '^ 7 +[0-9a-f]{6} +\+ adversarial +1/8 +1/8 +1 +to do' semiluna plan experiments/camvid_ablation.lua --db "$scratch/none.db"
else
    echo 'skipped: the plan of camvid_ablation.lua, as ../shared/data/camvid is not there'
fi
finish

#!/bin/bash
# docs/ablations.md: its script is a plan of as many cells as it says, and every command in it works as it stands. The training is made
# short: smaller scenes and fewer steps.
. "$SEMILUNA_SOURCE/tests/e2e/check.sh"
document=$SEMILUNA_SOURCE/docs/ablations.md

sed -n '/^```lua$/,/^```$/p' "$document" | sed '1d; /^```$/,$d' >threshold.lua
short='s/width = 64, height = 64/width = 32, height = 32/; s/crop = 64/crop = 33/; s/count = 96/count = 16, val_count = 2/; s/steps = 300/steps = 6/; s/every = 50/every = 3/; s/semi_start = 100/semi_start = 2/; s/discriminator_width = 16/discriminator_width = 2/; s/"tiny"/"tiny", base_width = 2/; s/batch = 4/batch = 1/'
sed -i "$short" threshold.lua
for word in 'steps = 6' 'every = 3' 'semi_start = 2' 'base_width = 2' 'val_count = 2' 'crop = 33'; do
    holds "the script was made short: $word" grep -q "$word" threshold.lua
done
cells=$(sed -n 's/^`ablate` makes \([0-9]*\) \*cells\*.*/\1/p' "$document")
expect 0 "^$cells cells, 0 done" semiluna plan threshold.lua

# The commands of the blocks, in order, without what is said about them after two spaces.
sed -n 's/^\(\$ \)\{0,1\}\(semiluna .*\)$/\2/p' "$document" | sed 's/  .*//' >commands
holds 'the document shows at least 15 commands' [ "$(wc -l <commands)" -ge 15 ]
PATH=$(dirname "$SEMILUNA"):$PATH
while IFS= read -r command; do
    if [[ $command == *'-o threshold.pdf'* ]] && ! command -v gnuplot >/dev/null; then
        echo "skipped: $command: gnuplot is not installed"
        continue
    fi
    checks=$((checks + 1))
    GOMP_SPINCOUNT=2000 bash -c "$command" >"$scratch/.out" 2>"$scratch/.err" </dev/null || wrong "\"$command\" ended with status $?"
    [[ $command == *compare* ]] && cp .out compared
done <commands
expect 0 "^$cells cells, $((cells - 1)) done" semiluna plan threshold.lua # one went into the bin
holds 'compare --format latex printed a table' grep -q '\\toprule' compared
if command -v gnuplot >/dev/null; then
    holds 'the figure is a PDF' grep -q '^%PDF' threshold.pdf
fi
finish

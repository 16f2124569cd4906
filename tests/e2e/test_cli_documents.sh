#!/bin/bash
# What is made from the tables of commands: docs/commands.md is not stale, the man page and the completion work.
# shellcheck source=tests/e2e/check.sh
. "$(dirname "$0")/check.sh"

semiluna help --markdown >commands.md
holds 'docs/commands.md is stale; run: build/semiluna help --markdown > docs/commands.md' \
    diff -u "$SEMILUNA_SOURCE/docs/commands.md" commands.md

expect 0 '^\.TH SEMILUNA 1' semiluna help --man
for command in $(semiluna help | sed -n 's/^  \([a-z]*\)  .*/\1/p'); do
    expect 0 "^\\.SS \"semiluna $command " semiluna help --man
done
if command -v groff >/dev/null; then
    semiluna help --man | groff -man -Tascii -ww >out 2>complaints
    holds 'groff reads the man page without complaint' diff /dev/null complaints
else
    echo "skipped: reading the man page with groff (it is not installed)"
fi

# ---- completion ---------------------------------------------------------------------------------------------------------------
mkdir here bin
cp "$SEMILUNA" bin/semiluna 2>/dev/null || exit 1
PATH=$scratch/bin:$PATH
semiluna completion bash >completion.bash
# shellcheck disable=SC1091
. ./completion.bash
touch here/script.lua

# completes EXPECTED WORDS...: what is offered for the last word, sorted
completes() {
    local expected=$1
    shift
    checks=$((checks + 1))
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    _semiluna
    local got
    got=$(printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' ')
    if [ "$got" != "$expected " ]; then
        echo "WRONG: \"$*\" completes to \"$got\", not \"$expected \""
        failures=$((failures + 1))
    fi
}
completes 'repl rm run runs' semiluna r
completes 'diff doctor' semiluna d
completes '--version' semiluna --v
completes '--format' semiluna runs --f
completes 'csv json markdown table' semiluna runs --format ''
completes 'csv' semiluna runs -f c
completes 'csv' semiluna runs --format = c
completes 'csv json markdown table' semiluna runs --format =
completes '--set --show-options --steps' semiluna run --s
completes 'here/script.lua' semiluna run here/s
completes 'here/script.lua' semiluna run --set a=1 here/s
completes 'here' semiluna show --db h
completes 'diff doctor' semiluna d
completes 'ablate' semiluna help a
# every topic that help knows is offered, in the order of the alphabet
topics=$(semiluna help no.topic 2>&1 | sed -n 's/.*(sections: \(.*\))$/\1/p' | tr -d , | tr ' ' '\n' | sort | tr '\n' ' ')
commands=$(semiluna help | sed -n 's/^  \([a-z]*\)  .*/\1/p')
# shellcheck disable=SC2086
completes "$(printf '%s\n' $topics $commands | sort | tr '\n' ' ' | sed 's/ $//')" semiluna help ''
completes 'latest' semiluna run --resume l
completes 'bash' semiluna completion ''

# Runs of a database, by number and name.
cat >runs.lua <<'END'
local core = require "semiluna.core"
local db <close> = core.db(arg[1], "write")
for _, name in ipairs { "first", "second one" } do db:run_new { name = name, experiment = "e", seed = 1, steps = 1 } end
END
holds 'runs can be recorded' semiluna lua runs.lua recorded.db
completes '1 2 first latest' semiluna run --db recorded.db --resume ''
completes 'first' semiluna show --db recorded.db f

finish

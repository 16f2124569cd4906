# shellcheck shell=bash
# For the end-to-end tests of the command line, to be sourced: a scratch folder that is the current one and goes away at the end, and
# the comparison of what the program printed.
: "${SEMILUNA:?}" "${SEMILUNA_SOURCE:?}"
unset SEMILUNA_DB
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
checks=0
failures=0

semiluna() { "$SEMILUNA" "$@"; }

wrong() {
    failures=$((failures + 1))
    printf 'WRONG: %s\n' "$1"
    head -n 30 "$scratch/.out" | sed 's/^/  out: /'
    head -n 30 "$scratch/.err" | sed 's/^/  err: /'
}

# expect STATUS PATTERN COMMAND...: the command ends with STATUS and prints a line that matches PATTERN (an extended regular expression),
# on standard output where STATUS is 0, else as its only line on standard error.
expect() {
    local status=$1 pattern=$2 got stream=.out
    shift 2
    checks=$((checks + 1))
    "$@" >"$scratch/.out" 2>"$scratch/.err" </dev/null
    got=$?
    [ "$status" = 0 ] || stream=.err
    if [ "$got" != "$status" ]; then
        wrong "\"$*\" ended with status $got, not $status"
    elif ! grep -qE -- "$pattern" "$scratch/$stream"; then
        wrong "\"$*\" printed no line that matches: $pattern"
    elif [ "$status" != 0 ] && [ "$(wc -l <"$scratch/.err")" != 1 ]; then
        wrong "\"$*\" printed more than one line of error"
    elif [ "$status" = 0 ] && [ -s "$scratch/.err" ]; then
        wrong "\"$*\" succeeded, but complained"
    fi
}

# holds WHAT COMMAND...: the command succeeds, or WHAT is reported as wrong
holds() {
    local what=$1
    shift
    checks=$((checks + 1))
    "$@" >"$scratch/.out" 2>"$scratch/.err" </dev/null || wrong "$what"
}

# finish: prints the sum and gives the status of the test
finish() {
    echo "$checks checks, $failures failures"
    [ "$checks" -gt 0 ] && [ "$failures" = 0 ]
    exit
}

# shellcheck shell=bash disable=SC2154
# For tests that drive the dashboard in a real terminal (tmux), to be sourced: a terminal with a shell in it, keys, and what its screen
# shows. Everything is waited for, up to half a minute, as machines may be busy.
command -v tmux >/dev/null || {
    echo "skipped: tmux is not installed"
    exit 77
}
utf8=$(locale -a 2>/dev/null | grep -iE '^(C|en_US)\.utf-?8$' | head -n 1)
if [ -z "$utf8" ]; then
    echo "skipped: there is no UTF-8 locale"
    exit 77
fi
program=${SEMILUNA:?}
scratch=$(mktemp -d)
export SEMILUNA_DB=$scratch/runs.db XDG_CONFIG_HOME=$scratch/config TMUX_TMPDIR=$scratch HOME=$scratch
unset TMUX NO_COLOR COLORTERM COLORFGBG LC_ALL LC_CTYPE
checks=0
failed=0
background=() # processes to be ended at the end
tm() { tmux -f /dev/null -L dashboard "$@"; }
ends() {
    local one
    for one in "${background[@]}"; do kill -9 "$one" 2>/dev/null; done
    tm kill-server 2>/dev/null
    wait 2>/dev/null
    rm -rf "$scratch" 2>/dev/null || { sleep 0.5; rm -rf "$scratch"; } # what was just killed may still write
}
trap ends EXIT

# opens [WIDTH HEIGHT]: the terminal
opens() { tm new-session -d -x "${1:-100}" -y "${2:-30}" "env PS1='$ ' LANG=$utf8 bash --norc --noprofile"; }
screen() { tm capture-pane -p -t 0; }
# waits PATTERN: until the screen shows it
waits() {
    local i
    for ((i = 0; i < 600; i++)); do
        screen | grep -qE -- "$1" && return 0
        sleep 0.05
    done
    return 1
}
fail() {
    echo "FAILED: $*"
    screen 2>/dev/null | sed 's/^/  | /'
    failed=1
}
# What comes next would go wrong as well, and each of it slowly.
give_up() {
    fail "$@"
    exit 1
}
# sees WHAT PATTERN
sees() {
    checks=$((checks + 1))
    waits "$2" || give_up "$1: \"$2\" does not appear"
}
# lacks WHAT PATTERN: after something else was seen
lacks() {
    checks=$((checks + 1))
    screen | grep -qE -- "$2" && fail "$1: \"$2\" is shown"
}
# is WHAT GOT WANTED
is() {
    checks=$((checks + 1))
    [ "$2" = "$3" ] || fail "$1: $2, not $3"
}
# becomes WHAT WANTED COMMAND...: until the command prints it
becomes() {
    local what=$1 wanted=$2 got i
    shift 2
    checks=$((checks + 1))
    for ((i = 0; i < 600; i++)); do
        got=$("$@" 2>/dev/null)
        [ "$got" = "$wanted" ] && return 0
        sleep 0.05
    done
    give_up "$what: $got, not $wanted"
}
keys() { tm send-keys -t 0 "$@"; }
flags() { tm display -p -t 0 '#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{keypad_flag}'; }
# back WHAT: the shell has the terminal again, as it was
back() {
    becomes "$1: alternate screen, cursor, mouse, keypad" '0 1 0 0' flags
    keys "" "stty -a | tr ' ;' '\n\n' | grep -cxE 'icanon|echo|isig|icrnl|ixon'" Enter
    sees "$1: modes" '^5$'
    blank
}
# blank: an empty screen
blank() {
    keys clear Enter
    becomes blank '$' screen_text
}
screen_text() { screen | tr -d '\n '; }
# start [ENVIRONMENT...] -- [ARGUMENTS...]
start() {
    local environment=()
    while [ "$1" != -- ]; do
        environment+=("$1")
        shift
    done
    shift
    keys "env LANG=$utf8 TERM=xterm-256color ${environment[*]} $program watch $*; echo \"ended \$?\"" Enter
}
# The process of the dashboard.
pid() { pgrep -P "$(tm display -p -t 0 '#{pane_pid}')"; }
# record [FILE]: six runs into the database
record() { "$program" lua "$SEMILUNA_SOURCE/tests/ui/watch_runs.lua" "${1:-$SEMILUNA_DB}" || failed=1; }
# finish: says what was checked, and ends the test
finish() {
    echo "made $checks checks"
    exit $failed
}

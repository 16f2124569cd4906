#!/bin/sh
# Brings Semiluna from a fresh clone to a program that runs. See --help.
set -u

usage() {
    cat <<'END'
usage: ./bootstrap.sh COMMAND

  build          install what is missing and build the program, build/semiluna, and its tests
  test [ARGS]    the same, then run all tests; ARGS go to ctest, for example: -L unit, -R golden, --rerun-failed
  demo           the same, then train a small network three ways on synthetic scenes, and compare them (about three minutes)

Every step may be repeated; what is there already is kept. On Debian and Ubuntu missing packages are installed with apt-get, as root or
through sudo; elsewhere what is missing is listed. oneDNN is the system's where that is version 3.2 or later, else it is fetched with pip
into build/deps. Nothing else outside this folder is touched. Details of every step are kept in build/bootstrap.log.

environment:
  JOBS           compilers and tests that run at once (default: the number of processors)
  CC, CFLAGS     as CMake takes them, for the first build
END
}

root=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
cd "$root" || exit 1
log=build/bootstrap.log
onednn=build/deps/onednn
jobs=${JOBS:-$(nproc 2>/dev/null || echo 2)}

# ---- what people see ----------------------------------------------------------------------------------------------------------

step() { printf 'semiluna: %s ' "$(printf '%-20.20s' "$1 ....................")"; }
ok() { printf 'ok%s\n' "${1:+ ($1)}"; }

# Ends with the reason and the end of the log.
fail() {
    printf 'failed\n\n'
    if [ -s "$log" ]; then
        tail -n "${2:-25}" "$log" | sed 's/^/  | /'
        printf '\n'
    fi
    printf 'semiluna: %s (all of it: %s)\n' "$1" "$log" >&2
    exit 1
}

# Runs a command with its output going to the log.
logged() {
    printf '\n$ %s\n' "$*" >>"$log"
    "$@" >>"$log" 2>&1 </dev/null
}

have() { command -v "$1" >/dev/null 2>&1; }

# ---- packages -----------------------------------------------------------------------------------------------------------------

# What is needed: TEST PACKAGE WHAT. TEST is a program, or a module of pkg-config after "pc:", or "file:" and a file.
needed='cc            gcc              a C compiler with OpenMP (gcc)
file:stdlib.h libc6-dev        the headers of the C library
make          make             make
cmake         cmake            CMake 3.18 or later
pkg-config    pkg-config       pkg-config
pc:lua5.4     liblua5.4-dev    Lua 5.4, with its headers
pc:sqlite3    libsqlite3-dev   SQLite 3, with its headers
pc:libpng     libpng-dev       libpng, with its headers
pc:libjpeg    libjpeg-dev      libjpeg-turbo, with its headers
pc:jansson    libjansson-dev   jansson, with its headers
pc:libmd      libmd-dev        libmd (SHA-256), with its headers
pc:ncursesw   libncurses-dev   ncursesw, with its headers
pc:cmocka     libcmocka-dev    cmocka, with its headers (for the tests)
gnuplot       gnuplot-nox      gnuplot (for `semiluna plot`)'
needed_for_tests='
tmux          tmux             tmux (for the tests of the dashboard)
sqlite3       sqlite3          the program sqlite3 (for tests that lock a database)'

is_there() {
    case $1 in
    pc:lua5.4) have pkg-config && { pkg-config --exists lua5.4 || pkg-config --exists lua-5.4 || pkg-config --exists lua54 || pkg-config --exists 'lua >= 5.4'; } ;;
    pc:*) have pkg-config && pkg-config --exists "${1#pc:}" ;;
    file:*) printf '#include <%s>\n' "${1#file:}" | cc -E - >/dev/null 2>&1 ;;
    *) have "$1" ;;
    esac
}

# Prints the packages (or, with "what", the descriptions) of what is missing.
missing() {
    printf '%s\n' "$needed" | while read -r test package what; do
        is_there "$test" || if [ "${1:-}" = what ]; then printf '  %s\n' "$what"; else printf '%s ' "$package"; fi
    done
}

on_debian() { have apt-get && have dpkg-query; }

# As root, or through sudo; without a terminal sudo must not ask.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        logged "$@"
    elif [ -t 0 ] && [ -t 2 ]; then
        printf '\n$ sudo %s\n' "$*" >>"$log"
        # shellcheck disable=SC2024 # the log is the caller's, not root's
        sudo "$@" >>"$log" 2>&1
    else
        logged sudo -n "$@"
    fi
}

apt_updated=
apt_install() {
    if [ "$(id -u)" != 0 ] && ! have sudo; then
        printf 'missing\n\nsemiluna: packages are missing and this is not root. Please run\n\n  apt-get update && apt-get install -y --no-install-recommends %s\n\nas root, then this script again.\n' "$*" >&2
        exit 1
    fi
    if [ -z "$apt_updated" ]; then
        as_root apt-get update || fail "apt-get update failed; please run: apt-get update && apt-get install -y --no-install-recommends $*"
        apt_updated=yes
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" ||
        fail "apt-get could not install the packages; please run: apt-get update && apt-get install -y --no-install-recommends $*"
}

packages() {
    step packages
    names=$(missing)
    if [ -n "$names" ]; then
        if ! on_debian; then
            printf 'missing\n\nsemiluna: please install these with the package manager of this system, then run this script again:\n\n' >&2
            missing what >&2
            exit 1
        fi
        # shellcheck disable=SC2086 # one word a package
        apt_install $names
        left=$(missing)
        [ -z "$left" ] || fail "installed, but still not found: $left"
        # shellcheck disable=SC2086
        set -- $names
        ok "installed $#: $*"
    else
        ok
    fi
}

# ---- oneDNN -------------------------------------------------------------------------------------------------------------------

wheel_library=onednn_cpu_gomp-2023.2.0-py2.py3-none-manylinux1_x86_64.whl
wheel_headers=onednn_devel_cpu_gomp-2023.2.0-py2.py3-none-manylinux1_x86_64.whl
wheel_sums="2f22a54d6a890ed14bfa185d42a4be65d8b5b1df85dc1f0f3a9abe31620416fb  $wheel_library
9763c69e8c907e119056bd52ad918ca84ac9ba939d130a99dfa95ccca3e5e284  $wheel_headers"

# "MAJOR.MINOR" of the oneDNN whose headers the compiler finds by itself; nothing when there is none.
system_onednn() {
    for header in oneapi/dnnl/dnnl_version.h dnnl_version.h; do
        version=$(printf '#include <%s>\nsemiluna DNNL_VERSION_MAJOR DNNL_VERSION_MINOR\n' "$header" | cc -E -P - 2>/dev/null |
            sed -n 's/^semiluna \([0-9][0-9]*\) \([0-9][0-9]*\)$/\1.\2/p')
        if [ -n "$version" ]; then
            echo "$version"
            return
        fi
    done
}

# Is version MAJOR.MINOR... 3.2 or later, but still 3?
suits() {
    case $1 in
    3.[01] | 3.[01].*) return 1 ;;
    3.*) return 0 ;;
    *) return 1 ;;
    esac
}

# The version of libdnnl-dev that apt would install, without epoch.
apt_onednn() { LC_ALL=C apt-cache policy libdnnl-dev 2>/dev/null | sed -n 's/^ *Candidate: *\([0-9]*:\)\{0,1\}//p'; }

fetch_wheels() {
    wheels=build/deps/wheels
    mkdir -p "$wheels" || fail "cannot write to build/deps"
    if ! (cd "$wheels" && printf '%s\n' "$wheel_sums" | sha256sum -c >/dev/null 2>&1); then
        if ! python3 -m pip --version >/dev/null 2>&1; then
            if on_debian; then
                apt_install python3-pip ca-certificates
            else
                fail "python3 with pip is needed to fetch oneDNN; please install it, or oneDNN 3.2 or later itself" 0
            fi
        fi
        rm -f "$wheels"/*.whl
        logged python3 -m pip download --disable-pip-version-check --no-cache-dir --no-deps --only-binary :all: -d "$wheels" \
            onednn-cpu-gomp==2023.2.0 onednn-devel-cpu-gomp==2023.2.0 || fail "pip could not fetch oneDNN"
    fi
    (cd "$wheels" && printf '%s\n' "$wheel_sums" | logged_sums) || fail "the wheels of oneDNN are not the expected ones (SHA-256)"
    rm -rf build/deps/unpacked "$onednn"
    for wheel in "$wheel_library" "$wheel_headers"; do
        logged python3 -m zipfile -e "$wheels/$wheel" build/deps/unpacked || fail "could not unpack $wheel"
    done
    mkdir -p build/deps/unpacked/onednn
    for data in build/deps/unpacked/*.data/data; do
        cp -R "$data/." build/deps/unpacked/onednn/ || fail "could not unpack oneDNN into build/deps"
    done
    # A wheel holds no links: the library is in it three times.
    ln -sf libdnnl.so.3.2 build/deps/unpacked/onednn/lib/libdnnl.so.3
    ln -sf libdnnl.so.3 build/deps/unpacked/onednn/lib/libdnnl.so
    mv build/deps/unpacked/onednn "$onednn" || fail "could not unpack oneDNN into build/deps"
    rm -rf build/deps/unpacked "$wheels"
}
logged_sums() { sha256sum -c >>"$root/$log" 2>&1; }

# Sets onednn_option for CMake.
get_onednn() {
    step oneDNN
    onednn_option=-DSEMILUNA_ONEDNN=ON
    version=$(system_onednn)
    if suits "$version"; then
        ok "version $version of the system"
        return
    fi
    if [ -f $onednn/lib/libdnnl.so.3 ] && [ -f $onednn/lib/cmake/dnnl/dnnl-config.cmake ]; then
        ok "version 3.2, build/deps"
        return
    fi
    if on_debian && suits "$(apt_onednn)"; then
        apt_install libdnnl-dev
        version=$(system_onednn)
        if suits "$version"; then
            ok "version $version, installed libdnnl-dev"
            return
        fi
    fi
    if [ "$(uname -s)-$(uname -m)" = Linux-x86_64 ]; then
        fetch_wheels
        ok "version 3.2, wheel, build/deps"
        return
    fi
    onednn_option=-DSEMILUNA_ONEDNN=OFF
    echo "none"
    echo "semiluna: note: there is no oneDNN 3.2 or later for $(uname -m) here, so only the slow reference backend is built."
    echo "semiluna:       Install oneDNN (libdnnl-dev where it is version 3) and run this script again for the fast one."
}

# ---- build --------------------------------------------------------------------------------------------------------------------

# build [TARGET]: all, or one target
build() {
    step build
    began=$(date +%s)
    if [ -f build/CMakeCache.txt ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" build/CMakeCache.txt; then
        rm -rf build/CMakeCache.txt build/CMakeFiles # the folder was moved or copied
    fi
    generator=
    if [ ! -f build/CMakeCache.txt ] && have ninja; then generator=-GNinja; fi
    # shellcheck disable=SC2086 # no word where it is empty
    logged cmake -S . -B build $generator $onednn_option || fail "CMake could not configure the build"
    # shellcheck disable=SC2086
    logged cmake --build build -j "$jobs" ${1:+--target $1} || fail "the build failed" 40
    ok "$(($(date +%s) - began)) s"
}

set_up() {
    mkdir -p build || exit 1
    printf '%s\n' "./bootstrap.sh $command, $(date)" >"$log" || exit 1
    [ "$command" != test ] || needed=$needed$needed_for_tests
    packages
    get_onednn
    build "${1:-}"
}

# ctest shows nothing of tests that pass, so what they left out, and why, is shown at the end.
run_tests() {
    cd build || exit 1
    ctest --output-on-failure -j "$jobs" "$@"
    status=$?
    notes=$(grep -E '^(SKIPPED|skipped|with SLURM|WITHOUT SLURM)|: skipped' Testing/Temporary/LastTest.log 2>/dev/null | sort -u)
    [ -z "$notes" ] || printf '\nWhat these tests left out, and how they tested SLURM:\n%s\n' "$notes"
    exit $status
}

run_demo() {
    echo
    build/semiluna run experiments/demo.lua || exit
    cat <<'END'

semiluna is build/semiluna here; PATH=$PWD/build:$PATH finds it. Then:
  semiluna sql "select name, miou from run_summary"
  $EDITOR experiments/demo.lua       change it, then: semiluna run experiments/demo.lua
END
}

command=${1:-help}
[ $# -eq 0 ] || shift
case $command in
build | demo)
    if [ $# -gt 0 ]; then
        echo "semiluna: ./bootstrap.sh $command takes no arguments, but \"$1\" was given" >&2
        exit 2
    fi
    ;;
esac
case $command in
build) set_up ;;
test) set_up && run_tests "$@" ;;
demo) set_up documents && run_demo ;;
help | -h | --help) usage ;;
*)
    echo "semiluna: ./bootstrap.sh has no command \"$command\"; it has build, test and demo (./bootstrap.sh --help)" >&2
    exit 2
    ;;
esac

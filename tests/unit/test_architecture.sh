#!/bin/bash
# The rooms and the arrows between them, as the #include lines show them: ui -> lua -> core, ui -> db, lua -> db; core and db know
# nobody, except that db uses core/base. Libraries stay in their rooms, and each public header compiles alone.
set -u
source=${SEMILUNA_SOURCE:?}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# includes ROOT FOLDER: "file:line:included" of each include in the sources of the folder, quoted and angular ones alike
includes() {
    (cd "$1" && find "$2" -name '*.[ch]' -o -name '*.cu' -o -name '*.cuh' 2>/dev/null | sort | xargs -r grep -HnE '^[[:space:]]*#[[:space:]]*include' |
        sed -E 's/^([^:]*:[0-9]+):[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]([^>"]*)[>"].*/\1:\2/')
}

# may ROOT FOLDER PATTERN WHY: what starts with a room's name and is included in FOLDER must match PATTERN
may() {
    includes "$1" "$2" | grep -E ':(core|db|lua|ui|tests|bench)/' | grep -vE ":[0-9]+:($3)" | sed "s|\$|  ($4)|"
}

# only_in ROOT HEADERS FOLDERS WHY: headers that match HEADERS are included only in files whose path matches FOLDERS
only_in() {
    includes "$1" . | sed 's|^\./||' | grep -E '^(core|db|lua|ui)/' | grep -E ":[0-9]+:($2)" | grep -vE "^($3)" | sed "s|\$|  ($4)|"
}

# check ROOT: prints what is wrong
check() {
    may "$1" core 'core/' 'core knows only core'
    may "$1" core/base 'core/base/' 'core/base is the foundation'
    may "$1" db '(db|core/base)/' 'db knows only db and core/base'
    may "$1" lua '(lua|db|core)/' 'lua knows lua, db and core'
    may "$1" ui '(ui/|db/|core/|lua/host\.h|lua/embedded\.h)' 'ui sees lua through lua/host.h'
    may "$1" ui/tui '(ui|db|core/base)/' 'the dashboard reads only the database'
    only_in "$1" '(oneapi/)?dnnl' 'core/backend/cpu/' 'oneDNN stays in core/backend/cpu'
    only_in "$1" '(lua|lauxlib|lualib|luaconf)\.h' 'lua/' 'the Lua API stays in lua'
    only_in "$1" 'sqlite3\.h' 'db/' 'SQLite stays in db'
    only_in "$1" '(n?curses|panel)' 'ui/tui/' 'ncurses stays in ui/tui'
    only_in "$1" '(cuda|cudnn|cublas)' 'core/backend/cuda/' 'CUDA stays in core/backend/cuda'
    only_in "$1" '(png|jpeglib|jerror|turbojpeg)\.h' 'core/(data|io)/' 'libpng and libjpeg stay in core/data and core/io'
    for room in core db lua ui; do
        only_in "$1" "$room/.*_impl\\.h" "$room/" 'details of a room (_impl.h) stay in it'
    done
    # a library's types in a header that other rooms include
    includes "$1" . | sed 's|^\./||' | grep -E '^(core|db)/[^:]*\.h:|^lua/[a-z]+\.h:' | grep -vE '^core/backend/(cpu|cuda)/|_impl\.h:' |
        grep -E ':[0-9]+:((oneapi/)?dnnl|lua\.h|lauxlib|lualib|sqlite3|n?curses|cuda|cudnn|png\.h|jpeglib)' |
        sed 's|$|  (a public header shows no library type)|'
}

failed=0
expect_caught() { # FILE INCLUDE: the check must find this arrow
    rm -rf "$scratch/tree"
    mkdir -p "$scratch/tree/$(dirname "$1")"
    printf '#include %s\n' "$2" >"$scratch/tree/$1"
    if [ -z "$(check "$scratch/tree")" ]; then
        echo "the check is blind: $2 in $1 was not found"
        failed=1
    fi
}
expect_caught core/tensor/a.c '"lua/host.h"'
expect_caught core/tensor/a.h '"db/db.h"'
expect_caught core/base/a.c '"core/tensor/tensor.h"'
expect_caught db/a.c '"core/tensor/tensor.h"'
expect_caught db/a.c '"ui/cli/command.h"'
expect_caught lua/bind/a.c '"ui/cli/command.h"'
expect_caught ui/cli/a.c '"lua/bind/bind.h"'
expect_caught ui/tui/a.c '"lua/host.h"'
expect_caught ui/tui/a.c '"core/tensor/tensor.h"'
expect_caught core/tensor/a.c '<dnnl.h>'
expect_caught core/nn/a.c '<oneapi/dnnl/dnnl.h>'
expect_caught ui/cli/a.c '<lua.h>'
expect_caught lua/bind/a.c '<sqlite3.h>'
expect_caught ui/cli/a.c '<ncurses.h>'
expect_caught core/backend/cpu/a.c '<cuda_runtime.h>'
expect_caught core/tensor/a.c '<png.h>'
expect_caught ui/cli/a.c '"db/db_impl.h"'
expect_caught db/a.h '<sqlite3.h>'
expect_caught core/io/a.h '<png.h>'
echo "the check finds 19 of 19 planted arrows"

wrong=$(check "$source")
if [ -n "$wrong" ]; then
    echo "arrows that run backwards:"
    echo "$wrong"
    failed=1
fi
echo "compared $(includes "$source" . | sed 's|^\./||' | grep -cE '^(core|db|lua|ui)/') include lines"

compiled=0
while read -r header; do
    compiled=$((compiled + 1))
    if ! ${CC:-cc} -std=gnu11 -fsyntax-only -Wall -Wextra -Wpedantic -Werror -x c -I"$source" "$source/$header" 2>"$scratch/errors"; then
        echo "$header does not compile alone:"
        cat "$scratch/errors"
        failed=1
    fi
done < <(cd "$source" && find core db lua ui -name '*.h' ! -name '*_impl.h' ! -path 'core/backend/cpu/*' ! -path 'core/backend/cuda/*' ! -path 'lua/bind/*' | sort)
echo "compiled $compiled public headers alone"
[ "$compiled" -gt 20 ] || failed=1
exit $failed

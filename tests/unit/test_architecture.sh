#!/bin/bash
# The rooms and the arrows between them, as the #include lines show them: ui -> lua -> core, ui -> db, lua -> db; core and db know
# nobody, except that db uses core/base. Libraries stay in their rooms, and each public header compiles alone.
set -u
source=${SEMILUNA_SOURCE:?}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# includes ROOT: "file:line:included" of each include in the rooms' sources, quoted and angular ones alike
includes() {
    (cd "$1" && grep -rHnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' --include='*.[ch]' --include='*.cu' --include='*.cuh' \
        core db lua ui 2>/dev/null) |
        sed -E 's/^([^:]*:[0-9]+):[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]([^>"]*)[>"].*/\1:\2/'
}

# check ROOT: prints what is wrong
check() {
    includes "$1" | awk -F: '
        function wrong(why) { print $0 "  (" why ")" }
        # What starts with a room and is included by a file in `folder` must match `pattern`.
        function may(folder, pattern, why) {
            if (index(file, folder) == 1 && used ~ /^(core|db|lua|ui|tests|bench)\// && used !~ "^(" pattern ")") wrong(why)
        }
        # Headers that match are included only by files in `folders`.
        function only_in(headers, folders, why) { if (used ~ "^(" headers ")" && file !~ "^(" folders ")") wrong(why) }
        {
            file = $1
            used = $3
            may("core/", "core/", "core knows only core")
            may("core/base/", "core/base/", "core/base is the foundation")
            may("db/", "(db|core/base)/", "db knows only db and core/base")
            may("lua/", "(lua|db|core)/", "lua knows lua, db and core")
            may("ui/", "(ui/|db/|core/|lua/host[.]h|lua/embedded[.]h)", "ui sees lua through lua/host.h")
            may("ui/tui/", "(ui|db|core/base)/", "the dashboard reads only the database")
            may("ui/tui/collect/", "(ui/tui/(collect/|model[.]h|arena[.]h|thread[.]h)|ui/[a-z_]+[.]h|db/|core/base/)",
                "what reads knows nothing that draws")
            may("ui/tui/tell/", "(ui/tui/(tell/|thread[.]h)|db/|core/base/)", "what tells runs knows nothing that draws")
            may("ui/tui/frame/", "(ui/tui/(frame/|model[.]h)|ui/health[.]h|core/base/)", "frames know no chart and no screen")
            may("ui/tui/chart/", "(ui/tui/(chart/|frame/|model[.]h)|core/base/)", "charts know no screen")
            may("ui/tui/terminal/", "(ui/tui/(terminal/|frame/|input[.]h)|core/base/)", "the terminal shows frames alone")
            only_in("(oneapi/)?dnnl", "core/backend/cpu/", "oneDNN stays in core/backend/cpu")
            only_in("(lua|lauxlib|lualib|luaconf)[.]h", "lua/", "the Lua API stays in lua")
            only_in("sqlite3[.]h", "db/", "SQLite stays in db")
            only_in("(n?curses|panel)", "ui/tui/terminal/", "ncurses stays in ui/tui/terminal")
            only_in("(cuda|cudnn|cublas)", "core/backend/cuda/", "CUDA stays in core/backend/cuda")
            only_in("(png|jpeglib|jerror|turbojpeg)[.]h", "core/(data|io)/", "libpng and libjpeg stay in core/data and core/io")
            if (used ~ /^(core|db|lua|ui)\/.*_impl[.]h/ && substr(used, 1, index(used, "/")) != substr(file, 1, index(file, "/")))
                wrong("details of a room (_impl.h) stay in it")
            if (file ~ /^((core|db)\/.*|lua\/[a-z]+)[.]h$/ && file !~ /^core\/backend\/(cpu|cuda)\/|_impl[.]h$/ &&
                used ~ /^((oneapi\/)?dnnl|lua[.]h|lauxlib|lualib|sqlite3|n?curses|cuda|cudnn|png[.]h|jpeglib)/)
                wrong("a public header shows no library type")
        }'
}

# The check itself: each of these arrows, planted in a tree of its own, must be found.
planted='core/tensor/a.c "lua/host.h"
core/tensor/b.h "db/db.h"
core/base/c.c "core/tensor/tensor.h"
db/d.c "core/tensor/tensor.h"
db/e.c "ui/cli/command.h"
lua/bind/f.c "ui/cli/command.h"
ui/cli/g.c "lua/bind/bind.h"
ui/tui/h.c "lua/host.h"
ui/tui/i.c "core/tensor/tensor.h"
ui/tui/collect/t.c "ui/tui/frame/frame.h"
ui/tui/tell/u.c "ui/tui/app.h"
ui/tui/frame/v.c "ui/tui/chart/chart.h"
ui/tui/chart/w.c "ui/tui/app.h"
ui/tui/terminal/x.c "ui/tui/model.h"
ui/tui/screens/y.c <curses.h>
core/tensor/j.c <dnnl.h>
core/nn/k.c <oneapi/dnnl/dnnl.h>
ui/cli/l.c <lua.h>
lua/bind/m.c <sqlite3.h>
ui/cli/n.c <ncurses.h>
core/backend/cpu/o.c <cuda_runtime.h>
core/tensor/p.c <png.h>
ui/cli/q.c "db/db_impl.h"
db/r.h <sqlite3.h>
core/io/s.h <png.h>'
failed=0
while read -r file included; do
    mkdir -p "$scratch/tree/${file%/*}"
    printf '#include %s\n' "$included" >"$scratch/tree/$file"
done <<<"$planted"
check "$scratch/tree" >"$scratch/found"
while read -r file included; do
    grep -q "^$file:" "$scratch/found" && continue
    echo "the check is blind: $included in $file was not found"
    failed=1
done <<<"$planted"
echo "the check was tried on $(wc -l <<<"$planted") planted arrows"

wrong=$(check "$source")
if [ -n "$wrong" ]; then
    echo "arrows that run backwards:"
    echo "$wrong"
    failed=1
fi
lines=$(includes "$source" | wc -l)
echo "compared $lines include lines"
[ "$lines" -gt 100 ] || failed=1

compiled=0
while read -r header; do
    compiled=$((compiled + 1))
    if ! ${CC:-cc} -std=gnu11 -fsyntax-only -Wall -Wextra -Wpedantic -Werror -x c -I"$source" "$source/$header" 2>"$scratch/errors"; then
        echo "$header does not compile alone:"
        cat "$scratch/errors"
        failed=1
    fi
done < <(cd "$source" && find core db lua ui -name '*.h' ! -name '*_impl.h' ! -path 'core/backend/cpu/*' ! -path 'core/backend/cuda/*' \
    ! -path 'lua/bind/*' | sort)
echo "compiled $compiled public headers alone"
[ "$compiled" -gt 20 ] || failed=1
exit $failed

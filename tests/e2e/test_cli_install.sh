#!/bin/bash
# The installed program works by itself, with its own oneDNN; so does the built one when it is copied elsewhere with a script.
# shellcheck source=tests/e2e/check.sh
. "$(dirname "$0")/check.sh"
: "${SEMILUNA_BUILD:?}"
unset SEMILUNA_LUA # the library is in the program
cat >tiny.lua <<'END'
local sl = require "semiluna"
return sl.experiment {
  name = "tiny",
  data = { layout = "synthetic", width = 32, height = 32, classes = 3, count = 8, val_count = 2, labeled = 1/2, crop = 32 },
  model = { "deeplab_v2", backbone = "tiny", base_width = 4 },
  method = { "advsemiseg", semi_start = 1, discriminator_width = 4 },
  optimizer = { "sgd", lr = 0.01 },
  batch = 2, steps = 2,
  evaluate = { function(e) e:miou("val") end },
}
END

# ---- copied -------------------------------------------------------------------------------------------------------------------
mkdir copied
cp "$SEMILUNA" copied/semiluna
expect 0 'Recorded in semiluna\.db as run 1' copied/semiluna run tiny.lua --threads 1
expect 0 ',tiny,' copied/semiluna runs --format csv

# ---- installed ----------------------------------------------------------------------------------------------------------------
if ! command -v cmake >/dev/null; then
    echo "skipped: the installed program (cmake is not installed)"
    finish
fi
expect 0 'bin/semiluna' cmake --install "$SEMILUNA_BUILD" --prefix "$scratch/to"
installed=$scratch/to/bin/semiluna
expect 0 '^semiluna [0-9]' "$installed" --version
expect 0 'Recorded in semiluna\.db as run 2' "$installed" run tiny.lua --threads 1
expect 0 '^database +ok  semiluna\.db, 2 runs' "$installed" doctor
for file in share/man/man1/semiluna.1 share/bash-completion/completions/semiluna share/semiluna/experiments/demo.lua \
    share/doc/semiluna/commands.md share/doc/semiluna/README.md; do
    holds "to/$file is installed" [ -s "to/$file" ]
done
# An experiment with a method beside it, as installed
expect 0 'Recorded in semiluna\.db as runs 3 to 4' "$installed" run to/share/semiluna/experiments/mean_teacher.lua --threads 1 --steps 1 \
    --set data.crop=33 --set data.count=16 --set data.val_count=1 --set model.base_width=2 --set batch=2
# Nothing of the build folder is needed.
ldd "$installed" >needs
holds 'every library is found' [ "$(grep -c 'not found' needs)" = 0 ]
holds 'no library comes from the build folder' [ "$(grep -cF "$SEMILUNA_SOURCE" needs)" = 0 ]
if grep -q 'onednn/lib/libdnnl' <(ldd "$SEMILUNA"); then
    holds 'oneDNN was installed along' grep -qF "to/bin/../lib" needs
fi

finish

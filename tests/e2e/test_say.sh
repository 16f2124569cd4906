#!/bin/bash
# What a script says while it trains: printed, kept in the run's history, shown by `show` and the dashboard.
# shellcheck source=tests/e2e/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/e2e/training.sh
. "$SEMILUNA_SOURCE/tests/e2e/training.sh" || exit 1

write_tiny say.lua 'return sl.experiment(tiny, { name = "talker", evaluate = { every = 10, function(e)
  e:miou("val")
  e:say(("looked at %d: \27[31mred"):format(e.step))
end } })'
expect 0 '^looked at 10: ' semiluna run say.lua --db said.db
expect 0 '^log,30,looked at 30: ' semiluna sql "SELECT kind, step, text FROM event WHERE kind = 'log' AND step = 30" --format csv --db said.db
expect 0 '^3$' semiluna sql "SELECT count(*) FROM event WHERE kind = 'log'" --format csv --db said.db
expect 0 'looked at 30' semiluna show 1 --db said.db
expect 0 'looked at 30: .*red' semiluna watch --snapshot --screen run --size 160x50 --db said.db
holds 'escape sequences are shown, not passed on' sh -c "! '$SEMILUNA' watch --snapshot --screen run --size 160x50 --db said.db | grep -q \$'\\033'"
holds 'quiet runs print nothing' [ -z "$(semiluna run say.lua --db quiet.db --quiet)" ]
write_tiny wrong.lua 'return sl.experiment(tiny, { name = "wrong", evaluate = { every = 10, function(e) e:say(7) end } })'
expect 1 'say: a text is needed, not number' semiluna run wrong.lua --db said.db

finish

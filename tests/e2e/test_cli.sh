#!/bin/bash
# Wrong and right use of the command line: one clear line and status 2 for wrong use, 1 for failures.
# shellcheck source=tests/e2e/check.sh
. "$(dirname "$0")/check.sh"

# ---- commands -----------------------------------------------------------------------------------------------------------------
expect 0 '^semiluna [0-9]+\.[0-9]+\.[0-9]+$' semiluna --version
expect 0 '^semiluna [0-9]' semiluna version
expect 0 '^  run  ' semiluna --help
expect 0 '^  run  ' semiluna help
expect 2 'no command "rum"\. Did you mean "run"\?' semiluna rum
expect 2 'no command "xyzzyxyzzy"  \(semiluna help' semiluna xyzzyxyzzy
expect 2 'options follow the command: semiluna COMMAND --db' semiluna --db x.db runs
semiluna >out 2>err
holds 'no command at all is wrong use' [ $? = 2 ]
holds 'no command at all prints nothing on standard output' [ ! -s out ]
holds 'no command at all prints the list' grep -q '^usage: semiluna COMMAND' err

# ---- options ------------------------------------------------------------------------------------------------------------------
expect 2 '^semiluna runs: there is no option --fromat\. Did you mean --format\?' semiluna runs --fromat csv
expect 2 'there is no option --fromat\. Did you mean' semiluna runs --fromat=csv
expect 2 'there is no option -Z' semiluna runs -Z
expect 2 '--format "xml" is not one of table\|csv\|json\|markdown' semiluna runs --format xml
expect 2 '--format "" is not one of' semiluna runs --format=
expect 2 '--format "cs" is not one of' semiluna runs -fcs
expect 2 '--db needs a value: --db FILE' semiluna runs --db
expect 2 '--dry-run takes no value' semiluna run --dry-run=yes x.lua
expect 2 '--help takes no value' semiluna run --help=yes
expect 2 '--steps "ten" is not a whole number' semiluna run --steps ten x.lua
expect 2 '--steps "0" is not a whole number from 1' semiluna run --steps 0 x.lua
expect 2 '--steps "5x" is not a whole number' semiluna run --steps 5x x.lua
expect 2 '--threads "99999999999999999999" is not a whole number' semiluna run --threads 99999999999999999999 x.lua
expect 2 '--set "seed" is not of the form KEY=VALUE' semiluna run x.lua --set seed
expect 2 'unexpected argument "seed=2"; write --set before each' semiluna run x.lua --set seed=1 seed=2
expect 2 'which script\?' semiluna run
expect 2 'leave out "x\.lua"' semiluna run --resume latest x.lua
expect 2 '--backend "cuda" is not one of cpu\|reference' semiluna run --backend cuda x.lua
expect 2 'usage: semiluna show .*RUN' semiluna show
expect 2 'unexpected argument "x"' semiluna version x
expect 2 'usage: semiluna lua FILE' semiluna lua
expect 2 'usage: semiluna new ' semiluna new
expect 2 'completion for bash, not for "fish"' semiluna completion fish

# ---- help ---------------------------------------------------------------------------------------------------------------------
for command in $(semiluna help | sed -n 's/^  \([a-z]*\)  .*/\1/p'); do
    expect 0 "^usage: semiluna $command( |\$)" semiluna help "$command"
    expect 0 "^usage: semiluna $command( |\$)" semiluna "$command" --help
    expect 0 "^usage: semiluna $command( |\$)" semiluna "$command" -h
done
for command in $(semiluna help | sed -n 's/^  \([a-z]*\)  .*/\1/p'); do
    holds "the description of $command is broken into lines" \
        [ "$(semiluna help "$command" | sed '/^examples:/,$d' | wc -L)" -le 100 ]
done
expect 0 'lambda_semi' semiluna help method.advsemiseg
for topic in ablate sl.grid leave_one_out; do expect 0 'semiluna plan my\.lua' semiluna help $topic; done
for topic in schedule sl.poly; do expect 0 '^Schedules: ' semiluna help $topic; done
for topic in prune sl.median; do expect 0 '^Early stopping: ' semiluna help $topic; done
expect 0 'momentum' semiluna help optimizer.sgd
expect 2 'method\.advsemisegg.*Did you mean "method\.advsemiseg"' semiluna help method.advsemisegg

# ---- files --------------------------------------------------------------------------------------------------------------------
expect 1 'no/such\.db' semiluna runs --db no/such.db
expect 1 'absent\.db' semiluna show latest --db absent.db
expect 1 'absent\.db' semiluna sql 'select 1' --db absent.db
expect 1 'absent\.db' env SEMILUNA_DB=absent.db "$SEMILUNA" runs
expect 1 'semiluna\.db' semiluna runs
holds 'reading makes no database' [ ! -e absent.db ]
holds 'reading makes no database' [ ! -e semiluna.db ]
echo "this is no database, only a text of some length that ends here" >text.db
expect 1 'text\.db' semiluna runs --db text.db
holds 'text.db is as it was' grep -q '^this is no database, only a text' text.db
expect 2 'absent\.lua' semiluna run absent.lua
expect 1 'absent\.lua' semiluna lua absent.lua

# ---- output -------------------------------------------------------------------------------------------------------------------
if [ -w /dev/full ]; then
    semiluna help >/dev/full 2>err
    holds 'output on a full disk is a failure' [ $? = 1 ]
    holds 'output on a full disk is reported' grep -q 'could not write the output' err
else
    echo "skipped: writing to a full disk (there is no /dev/full)"
fi

# ---- Lua ----------------------------------------------------------------------------------------------------------------------
cat >hello.lua <<'END'
local sl = require "semiluna"
print(#arg, arg[0], arg[1], arg[2], type(sl.experiment))
os.exit(tonumber(arg[3]) or 0)
END
expect 0 '^2	hello\.lua	--set	-x	function$' semiluna lua hello.lua --set -x
semiluna lua hello.lua a b 7 >out
holds 'os.exit(7) ends the program with 7' [ $? = 7 ]
echo 'local x = = 1' >broken.lua
expect 1 'broken\.lua:1:' semiluna lua broken.lua
echo 'error "this went wrong"' >failing.lua
expect 1 'failing\.lua:1: this went wrong' semiluna lua failing.lua
printf '1 + 2\nsl ~= nil\n' | semiluna repl >out 2>err
holds 'the interpreter reads standard input' grep -q '3$' out
holds 'the interpreter knows the library' grep -q 'true$' out

finish

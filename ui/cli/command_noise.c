#include "ui/cli/forward.h"

#include <string.h>

static int run(const sl_arguments *arguments) {
    long long number = 0;
    if (!sl_arguments_number(arguments, "seeds", 2, 1000, &number)) return SL_EXIT_USAGE;
    if (!sl_arguments_number(arguments, "workers", 1, 1000, &number)) return SL_EXIT_USAGE;
    if (!sl_arguments_number(arguments, "threads-per-worker", 1, 4096, &number)) return SL_EXIT_USAGE;
    for (size_t i = 0; i < arguments->given_count; i++)
        if (!strcmp(arguments->given[i].option->name, "set") && !strchr(arguments->given[i].value, '='))
            return sl_usage_error(arguments->command, "--set \"%s\" is not of the form KEY=VALUE", arguments->given[i].value);
    return sl_forward(arguments, "noise", (const char *const[]){"script"});
}

static const sl_option options[] = {
    {"seeds", 'n', "K", "so many seeds, from the script's own on (default 5)", NULL, false},
    {"workers", 'w', "N", "runs that are trained at a time (default: one for each 4 processors)", NULL, false},
    {"threads-per-worker", 't', "T", "threads of each (default: the script's `threads`, else the processors shared out)", NULL,
     false},
    {"set", 's', "KEY=VALUE", "change an option of the baseline", NULL, true},
    {"metric", 'm', "NAME", "whose noise it is: miou (default) or any metric that runs log", NULL, false},
    {"split", 0, "NAME", "the split whose mean IoU it is (default val)", NULL, false},
    {"at", 0, "last|best|STEP", "at the last evaluation (default), each run's best by mean IoU, or a step", NULL, false},
    {"convention", 0, "NAME", "how classes that do not occur or are never hit count in the mean (default standard)",
     "standard|authors|absent-zero", false},
    {"ignore-class", 0, "NAME", "leave a class out of the mean; its pixels stay", NULL, true},
    {"quiet", 'q', NULL, "show no progress", NULL, false},
    {"format", 'f', "FORMAT", "how to print it: table (default), csv, json, markdown or latex (booktabs)",
     "table|csv|json|markdown|latex", false},
    SL_OPTION_DB,
    SL_OPTION_END,
};

const sl_command sl_command_noise = {
    .name = "noise",
    .summary = "Train the baseline with several seeds, and say which differences noise alone explains",
    .usage = "[OPTIONS] SCRIPT",
    .description =
        "The baseline is the script's first experiment without its ablation. Seeds that are done are read, the others are\n"
        "trained, as `semiluna sweep` does; all get the tag \"noise\". From their spread follows the noise floor: the\n"
        "difference between two results that noise alone exceeds in 5 % of cases. `semiluna compare` prints the floor of an\n"
        "experiment that has such runs, and marks differences below it.",
    .examples = "semiluna noise threshold.lua --seeds 5\n"
                "semiluna noise threshold.lua --seeds 8 --workers 2 --at best\n",
    .options = options,
    .least = 1,
    .most = 1,
    .operand = "FILE",
    .run = run,
};

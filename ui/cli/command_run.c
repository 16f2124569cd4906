#include "ui/cli/forward.h"
#include "ui/cli/watched.h"

#include <string.h>

static int run(const sl_arguments *arguments) {
    long long number = 0;
    if (!sl_arguments_number(arguments, "steps", 1, 1000000000000LL, &number)) return SL_EXIT_USAGE;
    if (!sl_arguments_number(arguments, "threads", 1, 4096, &number)) return SL_EXIT_USAGE;
    for (size_t i = 0; i < arguments->given_count; i++)
        if (!strcmp(arguments->given[i].option->name, "set") && !strchr(arguments->given[i].value, '='))
            return sl_usage_error(arguments->command, "--set \"%s\" is not of the form KEY=VALUE", arguments->given[i].value);
    bool resume = sl_arguments_get(arguments, "resume") != NULL;
    if (!resume && !arguments->operand_count)
        return sl_usage_error(arguments->command, "which script? semiluna run SCRIPT, or semiluna run --resume RUN");
    if (resume && arguments->operand_count)
        return sl_usage_error(arguments->command, "--resume goes on with the script recorded in the run: leave out \"%s\"",
                              arguments->operands[0]);
    if (sl_arguments_get(arguments, "watch")) return sl_watch_command(arguments);
    return sl_forward(arguments, "run", (const char *const[]){"script"});
}

static const sl_option options[] = {
    {"set", 's', "KEY=VALUE", "change an option of the script, for example method.threshold=0.3", NULL, true},
    {"steps", 0, "N", "train N steps, whatever the script says", NULL, false},
    {"name", 'n', "NAME", "the run's name in the database", NULL, false},
    {"cell", 0, "N", "train one cell of an ablation: its number in `semiluna plan`, or the beginning of its hash", NULL, false},
    {"dry-run", 0, NULL, "check the script, its options and all its data, and train nothing", NULL, false},
    {"resume", 0, "RUN", "go on with a run from its last checkpoint, as if it had never stopped", NULL, false},
    {"threads", 't', "N", "threads for the kernels (default: all processors)", NULL, false},
    {"backend", 0, "NAME", "cpu (oneDNN, the default where built) or reference (plain C, slow)", "cpu|reference", false},
    SL_OPTION_WATCH,
    {"quiet", 'q', NULL, "print no progress", NULL, false},
    {"show-options", 0, NULL, "print the resolved options and stop", NULL, false},
    SL_OPTION_DB,
    SL_OPTION_END,
};

const sl_command sl_command_run = {
    .name = "run",
    .summary = "Train what a script describes, evaluate it and record it",
    .usage = "[OPTIONS] SCRIPT",
    .description =
        "Ctrl-C (or SIGTERM) finishes the step, writes a checkpoint and marks the run as stopped; a second one ends the\n"
        "program at once. `--resume` continues so that losses and weights are those of a run that was never stopped.\n"
        "\n"
        "With --watch the dashboard is shown as soon as it trains. q leaves it, and the progress is shown as usual; training "
        "goes "
        "on\n"
        "meanwhile, also where the terminal is closed. Ctrl-C leaves the dashboard as well; it stops the training after that.",
    .examples = "semiluna run experiments/demo.lua\n"
                "semiluna run experiments/camvid.lua --set method.lambda_semi=0.2 --set seed=7 --name more-semi\n"
                "semiluna run experiments/camvid.lua --dry-run\n"
                "semiluna run experiments/camvid.lua --watch\n"
                "semiluna run --resume latest\n",
    .options = options,
    .most = 1,
    .operand = "FILE",
    .run = run,
};

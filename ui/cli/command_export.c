#include "ui/cli/forward.h"

#include <stdlib.h>

static int run(const sl_arguments *arguments) {
    const char **names = calloc((size_t)arguments->operand_count + 1, sizeof *names);
    if (!names) {
        fprintf(stderr, "semiluna: out of memory\n");
        return SL_EXIT_FAILURE;
    }
    for (int i = 0; i < arguments->operand_count; i++) names[i] = "what";
    int status = sl_forward(arguments, "export", names);
    free(names);
    return status;
}

static const sl_option options[] = {
    {"format", 'f', "FORMAT", "csv (default), json or sqlite; else what the ending of FILE says", "csv|json|sqlite", false},
    {"output", 'o', "FILE", "write to FILE rather than to standard output", NULL, false},
    {"wide", 0, NULL, "a line for each run, with its last and best values, rather than one for each value", NULL, false},
    {"metric", 'm', "NAMES", "only these metrics, such as miou,seg; iou is that of the classes", NULL, false},
    {"options", 0, "NAMES", "options with a column: all, or names such as batch,method.threshold (default: those that differ)",
     NULL, false},
    {"state", 0, "STATE", "only runs in this state, such as done", "running|done|stopped|failed|diverged|dead", false},
    {"set", 's', "KEY=VALUE", "change an option of a SCRIPT before its runs are looked for", NULL, true},
    {"any-version", 0, NULL, "let a SCRIPT's cells take runs of the same options by an older version of it", NULL, false},
    SL_OPTION_DB,
    SL_OPTION_END,
};

const sl_command sl_command_export = {
    .name = "export",
    .summary = "Write what runs have recorded as CSV, JSON or an SQLite database of their own",
    .usage = "[OPTIONS] RUN|SCRIPT|EXPRESSION...",
    .description =
        "csv is one long table: a line for each value that was logged, with the run, its options, the split, the step and the\n"
        "name; --wide has a line for each run. json and sqlite hold everything that the database has of the runs, and\n"
        "`semiluna import` reads them back, as it does the long table. Numbers are exact to the last bit. In csv, what is not\n"
        "a number is nan, and infinity inf or -inf; in json they are null and 1e999.",
    .examples = "semiluna export latest > latest.csv\n"
                "semiluna export threshold.lua --wide -o threshold.csv\n"
                "semiluna export \"tag = 'paper'\" --metric miou,seg -o paper.csv\n"
                "semiluna export \"id > 0\" -o everything.json\n"
                "semiluna export 12 17 -o two-runs.db\n",
    .options = options,
    .least = 1,
    .most = -1,
    .operand = "RUN",
    .run = run,
};

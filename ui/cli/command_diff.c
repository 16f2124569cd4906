#include "ui/cli/forward.h"

static int run(const sl_arguments *arguments) {
    return sl_forward(arguments, "diff", (const char *const[]){"a", "b"});
}

static const sl_option options[] = {
    {"format", 'f', "FORMAT", "how to print it: table (default), json or markdown", "table|json|markdown", false},
    SL_OPTION_DB,
    SL_OPTION_END,
};

const sl_command sl_command_diff = {
    .name = "diff",
    .summary = "Why two runs differ: options, script, code, data, seed, environment, and where their losses part",
    .usage = "[OPTIONS] RUN RUN",
    .description =
        "What differs is listed by how likely it explains a different result: what decides the result first, then what can\n"
        "change the last digits (threads, backend, libraries), then what should change nothing. Then the first step at which\n"
        "each loss differs at all, and by more than 1 %, and the results of both. Everything is read from the database: no\n"
        "script is run.",
    .examples = "semiluna diff 3 7\n"
                "semiluna diff latest best-so-far --format markdown\n",
    .options = options,
    .least = 2,
    .most = 2,
    .operand = "RUN",
    .run = run,
};

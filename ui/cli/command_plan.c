#include "ui/cli/forward.h"

#include <string.h>

static int plan(const sl_arguments *arguments) {
    long long number = 0;
    if (!sl_arguments_number(arguments, "workers", 1, 4096, &number)) return SL_EXIT_USAGE;
    for (size_t i = 0; i < arguments->given_count; i++)
        if (!strcmp(arguments->given[i].option->name, "set") && !strchr(arguments->given[i].value, '='))
            return sl_usage_error(arguments->command, "--set \"%s\" is not of the form KEY=VALUE", arguments->given[i].value);
    return sl_forward(arguments, "plan", (const char *const[]){"script"});
}

static const sl_option options[] = {
    {"set", 's', "KEY=VALUE", "change an option of every cell, for example steps=100", NULL, true},
    {"only", 0, "EXPR", "show the cells for which this is true, for example \"seed = 1 and state != 'done'\"", NULL, false},
    {"curves", 0, NULL, "draw every weight, threshold and learning rate as declared over the steps", NULL, false},
    {"workers", 'w', "N", "for the time in total: so many cells train side by side", NULL, false},
    SL_OPTION_FORMAT,
    SL_OPTION_DB,
    SL_OPTION_END,
};

const sl_command sl_command_plan = {
    .name = "plan",
    .summary = "List the cells of an ablation: what varies, what is done, what the rest will take",
    .usage = "[OPTIONS] SCRIPT",
    .description = "A cell is one run of an ablation (`ablate = sl.grid{...}` in the script, see `semiluna help ablate`). Its "
                   "hash stands for\n"
                   "all that decides its result: options, the script's and the library's text, the lists of images. Times are "
                   "those of earlier\n"
                   "runs on this machine; where there is none, about ten steps are taken, and nothing is recorded. Cells that "
                   "begin alike train\n"
                   "that part once.",
    .examples = "semiluna plan threshold.lua\n"
                "semiluna plan threshold.lua --only \"method.threshold > 0\" --workers 2\n"
                "semiluna plan threshold.lua --curves\n",
    .options = options,
    .least = 1,
    .most = 1,
    .operand = "FILE",
    .run = plan,
};

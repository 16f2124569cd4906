#include "ui/cli/forward.h"

static int run(const sl_arguments *arguments) {
    return sl_forward(arguments, "new", (const char *const[]){"name"});
}

static const sl_option options[] = {
    {"method", 'm', NULL, "write a training method to change as well, NAME_method.lua, which the script uses", NULL, false},
    SL_OPTION_END,
};

const sl_command sl_command_new = {
    .name = "new",
    .summary = "Write a commented experiment script to start from",
    .usage = "[OPTIONS] NAME",
    .description =
        "Writes NAME.lua in the current folder, or in the one that NAME begins with; a file that exists is never overwritten.\n"
        "A method next to a script is found by its name: `method = { \"NAME_method\" }`.",
    .examples = "semiluna new first\n"
                "semiluna new mine --method\n",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};

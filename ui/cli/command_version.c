#include "ui/cli/command.h"

static int run(const sl_arguments *arguments) {
    printf("semiluna %s\n", SEMILUNA_VERSION);
    return SL_EXIT_OK;
}

const sl_command sl_command_version = {
    .name = "version",
    .summary = "Print the version (--version does the same; doctor prints those of the libraries)",
    .usage = "",
    .run = run,
};

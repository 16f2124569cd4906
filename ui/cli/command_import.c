#include "ui/cli/forward.h"

#include <stdlib.h>

static int run(const sl_arguments *arguments) {
    const char **names = calloc((size_t)arguments->operand_count + 1, sizeof *names);
    if (!names) {
        fprintf(stderr, "semiluna: out of memory\n");
        return SL_EXIT_FAILURE;
    }
    for (int i = 0; i < arguments->operand_count; i++) names[i] = "file";
    int status = sl_forward(arguments, "import", names);
    free(names);
    return status;
}

static const sl_option options[] = {
    SL_OPTION_DB,
    SL_OPTION_END,
};

const sl_command sl_command_import = {
    .name = "import",
    .summary = "Read runs that `semiluna export` wrote into the database",
    .usage = "[OPTIONS] FILE...",
    .description =
        "FILE is a database, JSON, or the long table of CSV; what it is shows in its first bytes. Runs are known by their\n"
        "uuid: importing a file again changes nothing, a later state of a run takes the place of an earlier one, and tags and\n"
        "notes come together. States and times stay as they were. A file that is damaged or of another kind is an error that\n"
        "says where, and then nothing is imported, of the other files neither. A long table holds less than the others: values\n"
        "and IoU of classes, and those options that it has columns for.",
    .examples = "semiluna import colleague.db\n"
                "semiluna import results/*.json --db all.db\n",
    .options = options,
    .least = 1,
    .most = -1,
    .operand = "FILE",
    .run = run,
};

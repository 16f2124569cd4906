#include "ui/cli/forward.h"
#include "ui/cli/watched.h"

#include <string.h>

static int run(const sl_arguments *arguments) {
    const sl_command *command = arguments->command;
    long long number = 0;
    if (!sl_arguments_number(arguments, "workers", 1, 1000, &number)) return SL_EXIT_USAGE;
    if (!sl_arguments_number(arguments, "threads-per-worker", 1, 4096, &number)) return SL_EXIT_USAGE;
    if (!sl_arguments_number(arguments, "retry", 0, 1000, &number)) return SL_EXIT_USAGE;
    for (size_t i = 0; i < arguments->given_count; i++)
        if (!strcmp(arguments->given[i].option->name, "set") && !strchr(arguments->given[i].value, '='))
            return sl_usage_error(command, "--set \"%s\" is not of the form KEY=VALUE", arguments->given[i].value);
    const char *launcher = sl_arguments_get(arguments, "launcher");
    bool slurm = launcher && !strcmp(launcher, "slurm");
    if (!slurm && sl_arguments_get(arguments, "print"))
        return sl_usage_error(command, "--print shows a job's script: it goes with --launcher slurm");
    if (!slurm && sl_arguments_get(arguments, "folder"))
        return sl_usage_error(command, "--folder is where a job's databases go: it goes with --launcher slurm; use --db FILE");
    static const char *const local[] = {"task", "retry", "keep-going", "dry-run"};
    for (size_t i = 0; slurm && i < sizeof local / sizeof *local; i++)
        if (sl_arguments_get(arguments, local[i]))
            return sl_usage_error(command, "--%s does not go with --launcher slurm: SLURM decides when a task is run", local[i]);
    if (sl_arguments_get(arguments, "expect") && !sl_arguments_get(arguments, "task"))
        return sl_usage_error(command, "--expect goes with --task");
    if (sl_arguments_get(arguments, "watch")) return sl_watch_command(arguments);
    return sl_forward(arguments, "sweep", (const char *const[]){"script"});
}

static const sl_option options[] = {
    {"workers", 'w', "N", "cells that are trained at a time (default: one for each 4 processors; all that SLURM gives)", NULL,
     false},
    {"threads-per-worker", 't', "T", "threads of each (default: the script's `threads`, else the processors shared out)", NULL,
     false},
    {"set", 's', "KEY=VALUE", "change an option of every cell, for example steps=100; seed=1..5 makes five of each", NULL, true},
    {"only", 0, "EXPR", "only cells for which this holds, for example \"method.threshold = 0.2 and seed in (1, 2)\"", NULL,
     false},
    {"retry", 0, "K", "try a cell that fails up to K more times (default: 0)", NULL, false},
    {"keep-going", 'k', NULL, "begin further cells even after three failed one after another", NULL, false},
    {"dry-run", 0, NULL, "check all cells, show what would be trained, and train nothing", NULL, false},
    {"no-forks", 0, NULL, "train each cell from its first step, even where cells begin the same", NULL, false},
    SL_OPTION_DB,
    {"launcher", 0, "NAME", "local (the default), or slurm: a job array, one task for each cell", "local|slurm", false},
    {"folder", 0, "FOLDER", "where the tasks of a job array keep a database each (default: SCRIPT-slurm)", NULL, false},
    {"print", 0, NULL, "show the job array's script, and submit nothing", NULL, false},
    {"task", 0, "CELL", "train this cell alone, by its number or hash: what workers and tasks of a job array do", NULL, false},
    {"expect", 0, "HASH", "with --task: the cell's hash; where the script has changed, nothing is trained", NULL, false},
    SL_OPTION_WATCH,
    {"quiet", 'q', NULL, "print failures alone", NULL, false},
    SL_OPTION_END,
};

const sl_command sl_command_sweep = {
    .name = "sweep",
    .summary = "Train every cell of an ablation that is not done, several at a time",
    .usage = "[OPTIONS] SCRIPT",
    .description =
        "All cells are checked before the first one trains. Cells that are done, diverged or pruned are skipped; one that was\n"
        "stopped or killed goes on from its checkpoint; one that failed is tried again. Cells that begin the same train that "
        "part\n"
        "once. The same command in another terminal shares the work: no cell is trained twice, and the cell of a process that\n"
        "died is taken over.\n"
        "\n"
        "A cell that fails does not stop the others. When three cells fail one after another, something is likely wrong with "
        "all:\n"
        "no more are begun, unless --keep-going says so. A cell that diverged is a result; `semiluna rm RUN` and the same "
        "command\n"
        "train it again. What a cell printed stands in runs/sweep-logs beside the database.\n"
        "\n"
        "Ctrl-C lets each cell finish its step and write a checkpoint, and the same command goes on; a second one ends at once.\n"
        "Where the script is edited meanwhile, cells that the edit changes are not begun. With --watch the dashboard is shown\n"
        "meanwhile, as `semiluna help run` says.\n"
        "\n"
        "Exit status: 0 all cells are done; 1 some failed or are left; 2 wrong use, or a cell that cannot be trained; 130 or "
        "143\n"
        "after a signal. With --task: 0 done, 1 failed, 3 stopped by a command, 4 another process has it, 5 the script has "
        "changed.",
    .examples = "semiluna sweep experiments/camvid_ablation.lua --workers 2 --threads-per-worker 1\n"
                "semiluna sweep threshold.lua --only \"seed = 1\" --set steps=100\n"
                "semiluna sweep threshold.lua --launcher slurm --threads-per-worker 8 --print\n",
    .options = options,
    .least = 1,
    .most = 1,
    .operand = "FILE",
    .run = run,
};

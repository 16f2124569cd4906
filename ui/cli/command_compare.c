#include "ui/cli/forward.h"

static int run(const sl_arguments *arguments) {
    return sl_forward(arguments, "compare", (const char *const[]){"what"});
}

static const sl_option options[] = {
    {"rows", 'r', "OPTION,...", "the options that make the rows (default: those in which the runs differ)", NULL, false},
    {"columns", 'c', "OPTION,...", "the options that make the columns", NULL, false},
    {"metric", 'm', "NAME", "what is compared: miou (default) or any metric that runs log", NULL, false},
    {"split", 0, "NAME", "the split whose mean IoU it is (default val)", NULL, false},
    {"at", 0, "last|best|STEP", "at the last evaluation (default), each run's best by mean IoU, or a step", NULL, false},
    {"against", 'a', "OPTION=VALUE,...", "the baseline: differences from it are paired by seed and split, and tested", NULL,
     false},
    {"per-class", 0, NULL, "a table of the classes", NULL, false},
    {"convention", 0, "NAME", "how classes that do not occur or are never hit count in the mean (default standard)",
     "standard|authors|absent-zero", false},
    {"ignore-class", 0, "NAME", "leave a class out of the mean; its pixels stay", NULL, true},
    {"with", 0, "published", "print the script's published numbers and the difference beside one's own", "published", false},
    {"any-version", 0, NULL, "let a script's cells take runs of the same options by an older version of it", NULL, false},
    {"set", 's', "KEY=VALUE", "change an option of the script, as it was changed for the sweep", NULL, true},
    {"format", 'f', "FORMAT", "how to print it: table (default), csv, json, markdown or latex (booktabs)",
     "table|csv|json|markdown|latex", false},
    SL_OPTION_DB,
    SL_OPTION_END,
};

const sl_command sl_command_compare = {
    .name = "compare",
    .summary = "Compare runs in a table: means over seeds, and which differences are more than noise",
    .usage = "[OPTIONS] SCRIPT|EXPRESSION",
    .description =
        "Takes the runs that are done: of the cells of a script, of an experiment by its name, or those that an expression\n"
        "selects, such as \"method.threshold >= 0.2 and tag = 'paper'\" (operators = != < <= > >= ~ in and or not; names of\n"
        "options, of metrics, of columns of run_summary; tag and note). Runs that differ in their seeds alone share a cell.\n"
        "\n"
        "A difference from --against is bold (* without a terminal) when the exact sign-flip test of the paired differences\n"
        "gives p < 0.05 and the bootstrap interval of their mean leaves out 0; that takes at least 6 seeds. Mean IoU is worked\n"
        "out anew from the stored confusion matrices. The formats csv and json hold every value, run, p and interval, with\n"
        "IoU from 0 to 1.\n"
        "\n"
        "Texts stand in the order of a script's cells, numbers by size. Lists of images are called by what tells them apart:\n"
        "1/8 and 1/4 for camvid/1_8_labeled.txt and camvid/1_4_labeled.txt.",
    .examples = "semiluna compare threshold.lua --rows method.threshold --columns data.labeled --against method.threshold=0\n"
                "semiluna compare threshold.lua --per-class --convention authors --ignore-class background\n"
                "semiluna compare \"experiment = 'threshold' and seed <= 3\" --format latex > threshold.tex\n",
    .options = options,
    .least = 1,
    .most = 1,
    .operand = "FILE",
    .run = run,
};

#include "ui/cli/forward.h"

static int run(const sl_arguments *arguments) {
    return sl_forward(arguments, "whatif", (const char *const[]){"what"});
}

static const sl_option options[] = {
    {"split", 0, "NAME", "a split that was evaluated (default: val)", NULL, false},
    {"at", 0, "WHEN", "the evaluation: last (default), best (by mean IoU), or a step", NULL, false},
    {"per-class", 0, NULL, "for each predicted class, too", NULL, false},
    {"format", 'f', "FORMAT", "how to print it: table (default), csv, json, markdown or latex", "table|csv|json|markdown|latex",
     false},
    SL_OPTION_DB,
    SL_OPTION_END,
};

const sl_command sl_command_whatif = {
    .name = "whatif",
    .summary = "What any threshold on the confidence would keep, and how much of it is right",
    .usage = "[OPTIONS] RUN",
    .description =
        "At each evaluation of a method that has a confidence, such as advsemiseg, the database keeps how many pixels were\n"
        "how confident, and whether they were right. From that alone: for thresholds from 0 to 1 the share of pixels kept and\n"
        "the share of these that are right, the area under the ROC curve of confidence for being right (AUROC), the expected\n"
        "calibration error, and a reliability curve. Confidence is known to a hundredth; a threshold of 1 counts as keeping\n"
        "nothing.",
    .examples = "semiluna whatif latest\n"
                "semiluna whatif 12 --at best --per-class\n"
                "semiluna whatif latest --format csv\n",
    .options = options,
    .least = 1,
    .most = 1,
    .operand = "RUN",
    .run = run,
};

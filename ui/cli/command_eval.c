#include "ui/cli/forward.h"

static int run(const sl_arguments *arguments) {
    return sl_forward(arguments, "eval", (const char *const[]){"what"});
}

static const sl_option options[] = {
    {"script", 0, "FILE", "the script that describes the model, where WEIGHTS is a file", NULL, false},
    {"set", 's', "KEY=VALUE", "change an option of the script", NULL, true},
    {"data", 'd', "ROOT", "the folder of a data set in the VOC layout (default: the run's own data)", NULL, false},
    {"list", 'l', "FILE", "a file with the ids of the images to use", NULL, false},
    {"split", 0, "NAME", "a split of the data set, for example val or train", NULL, false},
    SL_OPTION_FORMAT,
    SL_OPTION_DB,
    SL_OPTION_END,
};

const sl_command sl_command_eval = {
    .name = "eval",
    .summary = "Measure a stored model on a split: mean IoU and IoU of each class",
    .usage = "[OPTIONS] RUN|WEIGHTS",
    .description =
        "RUN takes the last checkpoint of a recorded run; WEIGHTS is a checkpoint or a safetensors file. Mean IoU is given\n"
        "under the standard convention and under the authors' (classes never hit are left out).",
    .examples = "semiluna eval latest\n"
                "semiluna eval runs/UUID/best.safetensors --data data/camvid --split val\n",
    .options = options,
    .least = 1,
    .most = 1,
    .operand = "RUN",
    .run = run,
};

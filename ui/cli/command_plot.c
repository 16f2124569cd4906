#include "ui/cli/forward.h"

static int run(const sl_arguments *arguments) {
    return sl_forward(arguments, "plot", (const char *const[]){"what"});
}

static const sl_option options[] = {
    {"metric", 'm', "NAMES", "what to plot (default: miou); several, with commas between, below each other", NULL, true},
    {"kind", 'k', "KIND", "curve (default): over the steps; bars: at one step; heatmap: of two options; classes; confusion",
     "curve|bars|heatmap|classes|confusion", false},
    {"by", 'b', "OPTIONS", "a line, bar or cell for each value of these options (default: those in which the runs differ)", NULL,
     true},
    {"split", 0, "NAME", "the split that was measured (default: val)", NULL, false},
    {"convention", 0, "NAME", "which classes the mean IoU is over (default: standard)", "standard|authors|absent-zero", false},
    {"ignore-class", 0, "NAME", "leave this class out of the mean", NULL, true},
    {"at", 0, "STEP", "last (default), best (each run's best mean IoU) or a step; not for curves", NULL, false},
    {"smooth", 0, "STEPS", "curves of means over so many steps", NULL, false},
    {"log-y", 0, NULL, "curves with a logarithmic y axis", NULL, false},
    {"output", 'o', "FILE", "draw into FILE.png, .svg or .pdf by gnuplot (without it: in the terminal)", NULL, false},
    {"script", 0, "FILE", "keep gnuplot's script, with the data in it: `gnuplot FILE` makes the picture again", NULL, false},
    {"title", 0, "TEXT", "what stands above the picture", NULL, false},
    {"size", 0, "WxH", "the picture's size in pixels (default: 840x560 for curves; 200 pixels are an inch of a PDF)", NULL,
     false},
    {"state", 0, "STATE", "only runs in this state (default: done, where any is)", "any|running|done|stopped|failed|diverged",
     false},
    {"set", 's', "KEY=VALUE", "change an option of the script that names the runs", NULL, true},
    {"any-version", 0, NULL, "take runs of other versions of the script, library or data lists too", NULL, false},
    SL_OPTION_DB,
    SL_OPTION_END,
};

const sl_command sl_command_plot = {
    .name = "plot",
    .summary = "Draw curves, bars, heat maps and confusion matrices of runs",
    .usage = "[OPTIONS] SCRIPT|EXPRESSION|RUN",
    .description =
        "SCRIPT means the runs of its cells; EXPRESSION is as for `compare`; the name of an experiment or a run will do too.\n"
        "Curves show the mean over seeds, with a band from the least to the greatest run; bars show the mean, the sample\n"
        "standard deviation and the single runs. Files need the program gnuplot (Debian: gnuplot-nox). Mean IoU is worked\n"
        "out from the stored confusion matrices, so any convention can be had of any run.",
    .examples = "semiluna plot threshold.lua\n"
                "semiluna plot threshold.lua --kind bars --by method.threshold,data.labeled -o threshold.pdf\n"
                "semiluna plot \"experiment = 'threshold' and seed = 1\" --metric seg,semi --smooth 50 -o losses.png\n"
                "semiluna plot latest --kind confusion -o confusion.svg --script confusion.gp\n",
    .options = options,
    .least = 1,
    .most = 1,
    .operand = "RUN",
    .run = run,
};

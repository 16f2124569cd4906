#include "core/base/text.h"
#include "ui/cli/command.h"
#include "ui/cli/forward.h"

static int run(const sl_arguments *arguments) {
    long long wait = 0;
    if (!sl_arguments_number(arguments, "wait", 0, 1000000, &wait)) return SL_EXIT_USAGE;
    // What follows the command is one text, as a row of the database has it.
    sl_text text = {0};
    sl_status status = sl_text_append(&text, "%s", "");
    for (int i = 2; i < arguments->operand_count && status == SL_OK; i++)
        status = sl_text_append(&text, "%s%s", i > 2 ? " " : "", arguments->operands[i]);
    if (status != SL_OK) return sl_failure();
    sl_arguments passed = *arguments;
    passed.operands = (char *[]){arguments->operands[0], arguments->operands[1], text.data};
    passed.operand_count = 3;
    int result = sl_forward(&passed, "tell", (const char *const[]){"run", "command", "argument"});
    sl_text_free(&text);
    return result;
}

static const sl_option options[] = {
    {"yes", 'y', NULL, "ask nothing before the run is stopped", NULL, false},
    {"no-wait", 0, NULL, "send the command and do not wait for the answer", NULL, false},
    {"wait", 'w', "SECONDS", "wait so long for the answer at most (default 60)", NULL, false},
    {"quiet", 'q', NULL, "print no answer; the exit status tells", NULL, false},
    SL_OPTION_DB,
    SL_OPTION_END,
};

const sl_command sl_command_tell = {
    .name = "tell",
    .summary = "Pause, stop, measure, change or fork a run that is being trained",
    .usage = "[OPTIONS] RUN COMMAND [ARGUMENT...]",
    .description =
        "The run's process answers after the step that it is at; the answer is printed and kept in the run's history (`show`).\n"
        "The exit status is 0 where it was done, 1 where it was refused or no answer came. The commands:\n"
        "\n"
        "    pause               stands still after the step, until `continue` or `stop`\n"
        "    continue            goes on after `pause`\n"
        "    stop                writes a checkpoint and ends the run as stopped; `run --resume` goes on with it\n"
        "    checkpoint          writes a checkpoint now\n"
        "    evaluate            measures the network now and records it under this step\n"
        "    extend STEPS        trains to step STEPS, or with +N for N steps more; schedules are stretched over the new length\n"
        "    set NAME=VALUE      gives a schedule (learning rate, weight, threshold) this number or schedule from now on\n"
        "    fork NAME=VALUE...  begins a new run, a process of its own, that goes on from this step with options changed\n"
        "    tag TAG             gives the run a tag; also one that is not being trained\n"
        "    note TEXT           writes a note to it; also to one that is not being trained\n"
        "\n"
        "A run that was extended or given another value is tagged `steered` and is no cell of its script's ablation any more.\n"
        "docs/steering.md has the details.",
    .examples = "semiluna tell latest pause\n"
                "semiluna tell latest set method.threshold=0.3\n"
                "semiluna tell 12 set \"optimizer.lr=linear(0.001, 0, 5000, 10000)\"\n"
                "semiluna tell 12 fork method.lambda_semi=0.2 seed=2\n"
                "semiluna tell 12 stop --yes && semiluna run --resume 12\n",
    .options = options,
    .least = 2,
    .most = -1,
    .operand = "RUN",
    .run = run,
};

#include "lua/host.h"
#include "ui/cli/document.h"

#include <string.h>

// A section of a script, such as method.advsemiseg: the Lua library knows its options.
static int section(const char *topic) {
    lua_State *state = NULL;
    if (sl_host_new(&state) != SL_OK) return sl_failure();
    sl_host_argument argument = {"topic", topic};
    int status = sl_host_call(state, "semiluna.cli", "help", &argument, 1);
    sl_host_free(state);
    return status;
}

static int run(const sl_arguments *arguments) {
    if (sl_arguments_get(arguments, "markdown")) {
        sl_document_markdown(stdout);
    } else if (sl_arguments_get(arguments, "man")) {
        sl_document_man(stdout);
    } else if (arguments->operand_count) {
        const sl_command *command = sl_command_find(arguments->operands[0]);
        if (!command) return section(arguments->operands[0]);
        sl_document_command(command, stdout);
    } else {
        sl_document_list(stdout);
    }
    return SL_EXIT_OK;
}

static const sl_option options[] = {
    {"markdown", 0, NULL, "print docs/commands.md", NULL, false},
    {"man", 0, NULL, "print the man page", NULL, false},
    SL_OPTION_END,
};

const sl_command sl_command_help = {
    .name = "help",
    .summary = "Explain a command, or the options of a section of a script",
    .usage = "[COMMAND | SECTION]",
    .examples = "semiluna help run\n"
                "semiluna help method.advsemiseg\n",
    .options = options,
    .most = 1,
    .operand = "COMMAND",
    .run = run,
};

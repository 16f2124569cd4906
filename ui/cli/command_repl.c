#include "lua/host.h"
#include "ui/cli/command.h"

static int run(const sl_arguments *arguments) {
    lua_State *state = NULL;
    if (sl_host_new(&state) != SL_OK) return sl_failure();
    int status = sl_host_repl(state);
    sl_host_free(state);
    return status;
}

const sl_command sl_command_repl = {
    .name = "repl",
    .summary = "Type Lua line by line, with the library loaded as sl",
    .usage = "",
    .description = "An expression prints its value; Ctrl-D ends.",
    .run = run,
};

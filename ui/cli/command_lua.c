#include "lua/host.h"
#include "ui/cli/command.h"

static int run(const sl_arguments *arguments) {
    lua_State *state = NULL;
    if (sl_host_new(&state) != SL_OK) return sl_failure();
    int status = sl_host_file(state, arguments->operands[0], arguments->operand_count - 1, arguments->operands + 1);
    sl_host_free(state);
    return status;
}

const sl_command sl_command_lua = {
    .name = "lua",
    .summary = "Run a Lua file with the library at hand: require \"semiluna\"",
    .usage = "FILE [ARGUMENTS]",
    .description = "The plain Lua interpreter: the arguments stand in the table `arg`.",
    .examples = "semiluna lua table.lua results.csv\n",
    .least = 1,
    .most = -1,
    .operand = "FILE",
    .first_ends = true,
    .run = run,
};

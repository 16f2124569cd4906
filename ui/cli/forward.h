// Commands whose work is done in Lua: hands their options and operands to the library's module semiluna.cli.
#ifndef SL_UI_CLI_FORWARD_H
#define SL_UI_CLI_FORWARD_H

#include "ui/cli/command.h"

// Calls semiluna.cli[function]{option = value, ..., operand_names[i] = operand i} and returns its exit status. Hyphens of option
// names become underscores.
int sl_forward(const sl_arguments *arguments, const char *function, const char *const *operand_names);

#endif

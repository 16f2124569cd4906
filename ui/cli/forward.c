#include "ui/cli/forward.h"
#include "lua/host.h"

#include <stdlib.h>

enum { LONGEST = 32 };

int sl_forward(const sl_arguments *arguments, const char *function, const char *const *operand_names) {
    size_t most = arguments->given_count + (size_t)arguments->operand_count + 1;
    sl_host_argument *passed = calloc(most, sizeof *passed);
    char(*names)[LONGEST] = calloc(most, sizeof *names);
    int status = SL_EXIT_FAILURE;
    lua_State *state = NULL;
    if (!passed || !names) {
        fprintf(stderr, "semiluna: out of memory\n");
    } else if (sl_host_new(&state) != SL_OK) {
        status = sl_failure();
    } else {
        size_t count = 0;
        for (size_t i = 0; i < arguments->given_count; i++, count++) {
            snprintf(names[count], LONGEST, "%s", arguments->given[i].option->name);
            for (char *c = names[count]; *c; c++)
                if (*c == '-') *c = '_';
            passed[count] = (sl_host_argument){names[count], arguments->given[i].value};
        }
        for (int i = 0; i < arguments->operand_count; i++, count++)
            passed[count] = (sl_host_argument){operand_names[i], arguments->operands[i]};
        status = sl_host_call(state, "semiluna.cli", function, passed, count);
    }
    if (state) sl_host_free(state);
    free(names);
    free(passed);
    return status;
}

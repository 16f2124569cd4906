#include "ui/tui/model.h"

#include <string.h>

bool sl_state_trains(sl_run_state state) {
    return state == SL_STATE_RUNNING || state == SL_STATE_PAUSED;
}

const char *sl_run_called(const sl_run_row *run) {
    if (run->varies && *run->varies) return run->varies;
    return run->name ? run->name : "";
}

const char *sl_run_option(const sl_run_detail *detail, const char *name) {
    for (size_t i = 0; i < detail->option_count; i++)
        if (!strcmp(detail->option_names[i], name)) return detail->option_values[i];
    return NULL;
}

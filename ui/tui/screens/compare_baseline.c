#include "ui/tui/screens/compare_baseline.h"

#include <stdio.h>
#include <string.h>

enum { VALUES_MOST = 24 };

// What is no part of a cell, or says the same again.
static bool is_left_out(const char *name) {
    static const char *const names[] = {"seed", "data.split_seed", "name", "origin", "threads", "backend", "data.unlabeled"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(name, names[i])) return true;
    return !strncmp(name, "checkpoint.", 11);
}

// The different values of an option, in the order of the runs; 0: too many, or runs without it.
static size_t values_of(const sl_snapshot *snapshot, const char *name, const char *values[VALUES_MOST], int counts[VALUES_MOST]) {
    size_t count = 0;
    for (size_t i = 0; i < snapshot->detail_count; i++) {
        const char *value = sl_run_option(&snapshot->details[i], name);
        size_t at = 0;
        if (!value) continue;
        while (at < count && strcmp(values[at], value) != 0) at++;
        if (at == VALUES_MOST) return 0;
        if (at == count) {
            values[count] = value;
            counts[count++] = 0;
        }
        counts[at]++;
    }
    return count;
}

static size_t put(const sl_snapshot *snapshot, const char *name, const char *word, sl_choice *out, size_t count, size_t most) {
    const char *values[VALUES_MOST];
    int counts[VALUES_MOST];
    size_t different = values_of(snapshot, name, values, counts);
    for (size_t i = 0; different > 1 && i < different && count < most; i++) {
        sl_choice *choice = &out[count];
        int length = snprintf(choice->text, sizeof choice->text, "%s=%s", name, values[i]);
        if (length < 0 || (size_t)length >= sizeof choice->text || !strstr(choice->text, word)) continue;
        snprintf(choice->about, sizeof choice->about, "%d run%s", counts[i], counts[i] == 1 ? "" : "s");
        count++;
    }
    return count;
}

static size_t choices(sl_app *app, int64_t run, const char *word, sl_choice *out, size_t most) {
    const sl_snapshot *snapshot = app->snapshot;
    size_t count = 0;
    if (!snapshot || snapshot->detail_count == 0) return 0;
    const sl_run_detail *first = &snapshot->details[0];
    count = put(snapshot, "variant", word, out, count, most);
    for (size_t i = 0; i < first->option_count; i++)
        if (strcmp(first->option_names[i], "variant") != 0 && !is_left_out(first->option_names[i]))
            count = put(snapshot, first->option_names[i], word, out, count, most);
    return count;
}

static void answered(sl_app *app, int64_t run, const char *text) {
    snprintf(app->baseline, sizeof app->baseline, "%s", text);
}

void sl_compare_ask_baseline(sl_app *app) {
    sl_app_ask(app, "against (OPTION=VALUE, nothing for none)", app->baseline, 0, answered);
    sl_app_offer(app, choices, false);
}

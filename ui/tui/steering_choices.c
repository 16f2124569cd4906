// The numbers and options of a run, as choices.
#include "ui/tui/steering.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What a number was set to last: the run's parameter `steered` is "812: method.threshold = 0.3; 900: steps = 30000". Else what it
// began with. In a buffer of its own.
static const char *declared(const sl_run_detail *detail, const sl_number_row *number, char out[SL_CHOICE_BYTES]) {
    const char *steered = sl_run_option(detail, "steered"), *at = steered;
    size_t length = strlen(number->name);
    snprintf(out, SL_CHOICE_BYTES, "%s", number->value);
    for (; at && *at; at = strstr(at, "; ") ? strstr(at, "; ") + 2 : NULL) {
        const char *name = strstr(at, ": ");
        if (!name || strncmp(name + 2, number->name, length) != 0 || strncmp(name + 2 + length, " = ", 3) != 0) continue;
        const char *value = name + 2 + length + 3, *end = strstr(value, "; ");
        snprintf(out, SL_CHOICE_BYTES, "%.*s", (int)(end ? end - value : (long)strlen(value)), value);
    }
    return out;
}

// "0.2", or of a schedule "0.00734  poly(0.01, 0.9)"; and what it is now.
static void describe(const sl_run_detail *detail, const sl_number_row *number, sl_choice *out, char value[SL_CHOICE_BYTES]) {
    char *end;
    *out = (sl_choice){0};
    snprintf(out->text, sizeof out->text, "%s", number->name);
    declared(detail, number, value);
    strtod(value, &end);
    bool is_schedule = end == value || *end;
    if (!is_schedule || !isfinite(number->present)) {
        snprintf(out->about, sizeof out->about, "%s", value);
        return;
    }
    snprintf(out->about, sizeof out->about, "%.6g  %.100s", number->present, value);
    snprintf(value, SL_CHOICE_BYTES, "%.6g", number->present);
}

size_t sl_steering_numbers(sl_app *app, int64_t run, const char *word, sl_choice *out, size_t most) {
    const sl_run_detail *detail = sl_app_detail(app, run);
    size_t count = 0;
    char value[SL_CHOICE_BYTES];
    for (size_t i = 0; detail && i < detail->number_count && count < most; i++)
        if (strstr(detail->numbers[i].name, word)) describe(detail, &detail->numbers[i], &out[count++], value);
    return count;
}

size_t sl_steering_options(sl_app *app, int64_t run, const char *word, sl_choice *out, size_t most) {
    const sl_run_detail *detail = sl_app_detail(app, run);
    size_t count = 0;
    for (size_t i = 0; detail && *word && i < detail->option_count && count < most; i++) {
        const char *name = detail->option_names[i];
        if (!strstr(name, word) || !strcmp(name, "origin") || !strcmp(name, "steered")) continue;
        snprintf(out[count].text, SL_CHOICE_BYTES, "%s", name);
        snprintf(out[count++].about, SL_CHOICE_BYTES, "%s", detail->option_values[i]);
    }
    return count;
}

bool sl_steering_number(sl_app *app, int64_t run, const char *name, sl_choice *out, char value[SL_CHOICE_BYTES]) {
    const sl_run_detail *detail = sl_app_detail(app, run);
    const sl_number_row *found = NULL;
    int fitting = 0;
    for (size_t i = 0; detail && i < detail->number_count; i++) {
        const sl_number_row *number = &detail->numbers[i];
        const char *dot = strrchr(number->name, '.');
        if (!strcmp(number->name, name)) {
            describe(detail, number, out, value);
            return true;
        }
        if (!dot || strcmp(dot + 1, name) != 0) continue;
        found = number;
        fitting++;
    }
    if (fitting == 1) describe(detail, found, out, value);
    return fitting == 1;
}

// The table of runs on paper, and what screen and paper share of measuring it.
#include "core/base/memory.h"
#include "ui/tui/frame/print.h"
#include "ui/tui/screens/runs_table.h"

#include <stdio.h>

double sl_runs_best(const sl_snapshot *snapshot) {
    double most = -1;
    for (size_t i = 0; i < snapshot->run_count; i++)
        if (snapshot->runs[i].best_miou > most) most = snapshot->runs[i].best_miou;
    return most > 0 && snapshot->run_count > 1 ? most : 2;
}

int sl_runs_name_width(const sl_app *app, const sl_runs_view *view, size_t from, size_t count) {
    int longest = 0;
    for (size_t i = from; i < view->count && i - from < count; i++) {
        const sl_runs_line *line = &view->lines[i];
        const sl_run_row *row = &app->snapshot->runs[line->row];
        char label[128];
        if (line->kind == SL_RUNS_RUN)
            sl_runs_label(view, row, label, sizeof label);
        else
            snprintf(label, sizeof label, "%s", row->experiment && line->kind == SL_RUNS_GROUP ? row->experiment : "");
        int columns = sl_text_columns(label, app->utf8);
        if (columns > longest) longest = columns;
    }
    return longest;
}

int sl_runs_step_width(const sl_snapshot *snapshot) {
    int longest = 4;
    for (size_t i = 0; i < snapshot->run_count; i++) {
        const sl_run_row *row = &snapshot->runs[i];
        int length = row->steps > 0 ? snprintf(NULL, 0, "%lld/%lld", (long long)row->step, (long long)row->steps)
                                    : snprintf(NULL, 0, "%lld", (long long)row->step);
        if (length > longest) longest = length;
    }
    return longest;
}

static sl_status append_line(const sl_frame *frame, sl_theme theme, bool colored, sl_text *out) {
    return colored ? sl_frame_as_ansi(frame, theme, out) : sl_frame_as_text(frame, out);
}

static sl_status print_lines(const sl_app *app, const sl_runs_view *view, sl_frame *frame, sl_theme theme, bool colored,
                             sl_text *out) {
    sl_runs_table table = {.step_width = sl_runs_step_width(app->snapshot)};
    sl_runs_table_place(&table, (sl_rect){0, 0, frame->width, 1}, sl_runs_name_width(app, view, 0, view->count));
    table.best = sl_runs_best(app->snapshot);
    sl_runs_table_titles(&table, app, frame);
    SL_TRY(append_line(frame, theme, colored, out));
    for (size_t i = 0; i < view->count; i++) {
        sl_frame_clear(frame);
        sl_runs_table_line(&table, app, view, &view->lines[i], frame, 0, false);
        SL_TRY(append_line(frame, theme, colored, out));
    }
    return SL_OK;
}

sl_status sl_runs_table_print(const sl_app *app, sl_theme theme, bool colored, int width, sl_text *out) {
    const sl_snapshot *snapshot = app->snapshot;
    sl_runs_view view = {0};
    sl_frame frame = {.utf8 = app->utf8};
    sl_status status = sl_frame_resize(&frame, width, 1);
    if (status == SL_OK) status = sl_runs_view_make(&view, snapshot->runs, snapshot->run_count, false, NULL, NULL);
    if (status == SL_OK && view.groups > 1)
        status = sl_runs_view_make(&view, snapshot->runs, snapshot->run_count, true, NULL, NULL);
    if (status == SL_OK) status = print_lines(app, &view, &frame, theme, colored, out);
    sl_runs_view_free(&view);
    sl_frame_free(&frame);
    return status;
}

// The parts of the Run screen beside its charts. All of them draw what they are given and keep nothing.
#ifndef SL_UI_TUI_RUN_PARTS_H
#define SL_UI_TUI_RUN_PARTS_H

#include "ui/tui/app.h"
#include "ui/tui/chart/heat.h"

// ---- run_header.c -----------------------------------------------------------------------------------------------------------

// Up to three rows: what it is and how far; how good and how fast; where. What there is no room for is left out, least telling
// first. `words` stand at the right end of the last row.
void sl_run_header_draw(const sl_app *app, const sl_run_detail *detail, sl_frame *frame, sl_rect area, const char *words);

// The greatest mean over classes, and its step; false: there is no evaluation.
bool sl_run_best(const sl_run_detail *detail, double *miou, int64_t *step);

// Rows that the error and the worst two findings take, wrapped.
int sl_run_alarm_rows(const sl_run_detail *detail, int width, bool utf8);
void sl_run_alarms_draw(const sl_run_detail *detail, sl_frame *frame, sl_rect area);

// ---- run_lists.c ------------------------------------------------------------------------------------------------------------

// The title of a part; returns the column after it.
int sl_run_title_draw(sl_frame *frame, sl_rect row, const char *title, bool selected);

// Text over at most `most` rows of the area, broken at blanks where it can be; what is more is cut. Returns the rows. frame NULL:
// only counts.
int sl_run_wrap(sl_frame *frame, sl_rect area, int most, bool utf8, sl_style style, const char *text);

// Names and values, those that vary first; a title above. Returns the rows that all of them take: *scroll is moved so that none
// stays empty.
int sl_run_options_draw(const sl_run_detail *detail, sl_frame *frame, sl_rect area, bool selected, int *scroll);
// What happened, newest first: events, commands with their answers, notes. `whole`: long texts are wrapped.
int sl_run_history_draw(const sl_app *app, const sl_run_detail *detail, sl_frame *frame, sl_rect area, bool selected, bool whole,
                        int *scroll);
int sl_run_history_count(const sl_run_detail *detail);

// ---- run_classes.c ----------------------------------------------------------------------------------------------------------

// IoU by class over the evaluations, the worst first, under a title that names the worst. `evaluation`: the one that is read, or
// -1 for the newest. *strip and *at receive what sl_heat_strip_at needs.
typedef struct sl_run_classes {
    sl_heat_strip_layout at;
    bool drawn;
} sl_run_classes;
void sl_run_classes_draw(const sl_app *app, const sl_run_detail *detail, sl_frame *frame, sl_rect area, bool selected, bool alone,
                         long evaluation, int *scroll, sl_run_classes *classes);
// The columns that it would take.
int sl_run_class_columns(const sl_run_detail *detail, int most, bool utf8);
// The worst of them in a row or two.
void sl_run_worst_draw(const sl_run_detail *detail, sl_frame *frame, sl_rect area);
// The evaluation at a step or the last before it; the first where there is none before. -1: there is none at all.
long sl_run_evaluation_at(const sl_run_detail *detail, double step);

#endif

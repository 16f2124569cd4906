// Charts and heats of anything: random areas, in and out of the frame, and data with values that are huge, tiny, infinite or no
// numbers. Nothing is written outside of the area, whatever is drawn is a character, and (with sanitizers) nothing else is hurt.
#include "tests/support/cells.h"
#include "tests/support/cmocka.h"
#include "ui/tui/chart/chart.h"
#include "ui/tui/chart/heat.h"
#include "ui/tui/frame/unicode.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { DRAWINGS = 20000, COLUMNS = 60, LINES = 12, CELLS = 400, FRAME = 90 };

static uint64_t state_of_random = 88172645463325252u;
static uint64_t next(void) {
    state_of_random ^= state_of_random << 13, state_of_random ^= state_of_random >> 7, state_of_random ^= state_of_random << 17;
    return state_of_random;
}
static int below(int limit) {
    return (int)((next() >> 11) % (uint64_t)limit);
}
static bool maybe(int in) {
    return below(in) == 0;
}

static double any_value(void) {
    static const double odd[] = {NAN, INFINITY, -INFINITY, 0, -0.0, DBL_MAX, -DBL_MAX, DBL_MIN, 5e-324, 1e300, -1e300, 1, -1};
    if (maybe(8)) return odd[below(sizeof odd / sizeof *odd)];
    double value = below(2000001) / 1e6 - 1;
    return maybe(4) ? value * pow(10, below(600) - 300) : value;
}

static sl_rect any_area(void) {
    if (maybe(50)) return (sl_rect){below(2000) - 1000, below(2000) - 1000, below(4000) - 100, below(4000) - 100};
    int size = maybe(3) ? 8 : 100;
    return (sl_rect){below(60) - 20, below(60) - 20, below(size + 20), below(size)};
}

static const char *any_text(void) {
    static const char *const texts[] = {NULL,        "",         "loss", "a title that is longer than most areas are wide",
                                        "\033[1m\n", "月光の神", "\xFF"};
    return texts[below(sizeof texts / sizeof *texts)];
}

static size_t any_columns(sl_series_column *out) {
    size_t count = (size_t)below(maybe(3) ? 4 : COLUMNS + 1);
    bool wild = maybe(4), sorted = !maybe(5);
    double x = wild ? any_value() : below(1000);
    for (size_t i = 0; i < count; i++) {
        double a = any_value(), b = any_value();
        x = sorted ? x + below(100) : any_value();
        out[i] = (sl_series_column){x, fmin(a, b), fmax(a, b), maybe(3) ? any_value() : a};
        if (!wild && maybe(2)) out[i].low = out[i].high = out[i].last;
    }
    return count;
}

static void check(const sl_frame *frame, sl_rect area, int drawing) {
    if (!sl_test_clean_outside(frame, area)) fail_msg("drawing %d: something lies outside of its area", drawing);
    for (int i = 0; i < frame->width * frame->height; i++) {
        uint32_t character = frame->cells[i].character;
        if (character && (sl_unicode_width(character) == 0 || (!frame->utf8 && character > 0x7E)))
            fail_msg("drawing %d: U+%04x was put", drawing, character);
    }
}

static void draw_chart(sl_frame *frame, sl_rect area) {
    static sl_series_column columns[LINES][3][COLUMNS];
    sl_series series[LINES];
    sl_chart_line lines[LINES];
    sl_chart chart = {.title = any_text(), .lines = lines, .count = (size_t)below(maybe(4) ? LINES + 1 : 3)};
    for (size_t i = 0; i < chart.count; i++) {
        series[i] = (sl_series){.name = any_text(), .columns = columns[i][0], .count = any_columns(columns[i][0])};
        if (maybe(3)) {
            series[i].declared = columns[i][1];
            series[i].declared_count = any_columns(columns[i][1]);
        }
        lines[i] = (sl_chart_line){.series = maybe(20) ? NULL : &series[i],
                                   .label = any_text(),
                                   .steps = maybe(4),
                                   .color = maybe(5) ? (int)next() : (int)i};
        if (maybe(3)) {
            lines[i].band = columns[i][2];
            lines[i].band_count = any_columns(columns[i][2]);
        }
    }
    if (maybe(4)) chart.x_low = any_value(), chart.x_high = any_value();
    if (maybe(4)) chart.y_low = any_value(), chart.y_high = any_value();
    chart.now = maybe(4) ? any_value() : 0;
    chart.smooth = maybe(3) ? below(100) / 100.0 : 0;
    chart.has_cursor = maybe(2);
    chart.cursor = any_value() * (maybe(2) ? 1000 : 1);
    chart.log = maybe(3);
    chart.by_time = maybe(3);
    chart.percent = maybe(3);
    chart.letters = maybe(3);
    chart.quiet = maybe(5);
    chart.best = (sl_best)below(3);
    sl_chart_draw(frame, area, &chart);
}

static void draw_heat(sl_frame *frame, sl_rect area) {
    static double values[CELLS];
    static int64_t numbers[CELLS];
    const char *names[CELLS], *others[CELLS];
    for (int i = 0; i < CELLS; i++) {
        values[i] = maybe(3) ? any_value() : below(1001) / 1000.0;
        numbers[i] = maybe(3) ? (int64_t)next() : below(100000);
        names[i] = any_text();
        others[i] = maybe(9) ? any_text() : names[i];
    }
    size_t rows = (size_t)below(21), columns = (size_t)below(maybe(3) && rows < 2 ? CELLS / 2 : 21);
    sl_depth depth = (sl_depth)below(4);
    if (maybe(2)) {
        sl_heat_strip strip = {.title = any_text(),
                               .names = maybe(9) ? NULL : names,
                               .values = values,
                               .rows = rows,
                               .columns = columns,
                               .steps = maybe(4) ? NULL : numbers,
                               .depth = depth,
                               .worst_first = maybe(2),
                               .has_selected = maybe(2),
                               .selected = (size_t)below(300),
                               .scroll = maybe(5) ? (int)next() : below(9),
                               .widest = maybe(3) ? (int)next() : 0};
        sl_heat_strip_draw(frame, area, &strip);
    } else {
        sl_heat_matrix matrix = {.title = any_text(),
                                 .row_names = maybe(9) ? NULL : names,
                                 .column_names = maybe(3) ? others : names,
                                 .values = values,
                                 .rows = rows,
                                 .columns = columns,
                                 .depth = depth,
                                 .has_selected = maybe(2),
                                 .row = (size_t)below(30),
                                 .column = maybe(9) ? SIZE_MAX : (size_t)below(30),
                                 .scroll_row = maybe(5) ? (int)next() : below(9),
                                 .scroll_column = maybe(5) ? (int)next() : below(9),
                                 .diagonal = maybe(2),
                                 .counts = maybe(3) ? numbers : NULL,
                                 .tallest = maybe(3) ? (int)next() : 0};
        sl_heat_matrix_draw(frame, area, &matrix);
    }
}

static void test_any(void **state) {
    sl_frame frames[2] = {sl_test_blank(FRAME, FRAME / 2, false), sl_test_blank(FRAME, FRAME / 2, true)};
    for (int i = 0; i < DRAWINGS; i++) {
        sl_frame *frame = &frames[below(2)];
        sl_rect area = any_area();
        sl_frame_clear(frame);
        if (i % 2)
            draw_heat(frame, area);
        else
            draw_chart(frame, area);
        check(frame, area, i);
    }
    printf("%d charts and heats\n", DRAWINGS);
    sl_frame_free(&frames[0]);
    sl_frame_free(&frames[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

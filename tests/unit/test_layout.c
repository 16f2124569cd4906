// Where things stand: for every size of area, every part lies inside of it and on no other; grids scroll to all that they hold.
#include "tests/support/cmocka.h"
#include "ui/tui/chart/chart.h"
#include "ui/tui/chart/heat.h"
#include "ui/tui/frame/layout.h"

#include <math.h>
#include <stdio.h>

enum { MOST_WIDTH = 250, MOST_HEIGHT = 80 };

static uint64_t random_state = 88172645463325252u;
static int random_below(int limit) {
    random_state ^= random_state << 13, random_state ^= random_state >> 7, random_state ^= random_state << 17;
    return (int)(random_state % (uint64_t)limit);
}

static bool contains(sl_rect outer, sl_rect inner) {
    return inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.width <= outer.x + outer.width &&
           inner.y + inner.height <= outer.y + outer.height;
}

// Parts of no size may lie anywhere.
static void check_parts(const char *what, sl_rect area, const sl_rect *parts, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (parts[i].width < 0 || parts[i].height < 0)
            fail_msg("%s in %dx%d: part %zu is %dx%d", what, area.width, area.height, i, parts[i].width, parts[i].height);
        if (sl_rect_is_empty(parts[i])) continue;
        if (!contains(area, parts[i]))
            fail_msg("%s in %dx%d at %d,%d: part %zu, %dx%d at %d,%d, is not inside", what, area.width, area.height, area.x,
                     area.y, i, parts[i].width, parts[i].height, parts[i].x, parts[i].y);
        for (size_t j = 0; j < i; j++)
            if (!sl_rect_is_empty(sl_rect_common(parts[i], parts[j])))
                fail_msg("%s in %dx%d: parts %zu and %zu overlap", what, area.width, area.height, j, i);
    }
}

static void check_rect(sl_rect got, int x, int y, int width, int height) {
    if (got.x != x || got.y != y || got.width != width || got.height != height)
        fail_msg("%dx%d at %d,%d, expected %dx%d at %d,%d", got.width, got.height, got.x, got.y, width, height, x, y);
}

static void test_sides(void **state) {
    sl_rect rest = {10, 20, 30, 40};
    check_rect(sl_rect_take_top(&rest, 3), 10, 20, 30, 3);
    check_rect(sl_rect_take_bottom(&rest, 4), 10, 56, 30, 4);
    check_rect(sl_rect_take_left(&rest, 5), 10, 23, 5, 33);
    check_rect(sl_rect_take_right(&rest, 6), 34, 23, 6, 33);
    check_rect(rest, 15, 23, 19, 33);
    check_rect(sl_rect_take_left(&rest, -5), 15, 23, 0, 33);
    check_rect(sl_rect_take_right(&rest, 99), 15, 23, 19, 33);
    check_rect(rest, 15, 23, 0, 33);
    rest = (sl_rect){3, 4, -1, -1};
    check_rect(sl_rect_take_top(&rest, 2), 3, 4, -1, 0);
    assert_true(sl_rect_is_empty(rest));
    assert_true(sl_rect_holds((sl_rect){1, 2, 3, 4}, 3, 5));
    assert_false(sl_rect_holds((sl_rect){1, 2, 3, 4}, 4, 5));
    assert_false(sl_rect_holds((sl_rect){1, 2, 3, 4}, 3, 6));
    assert_false(sl_rect_holds((sl_rect){1, 2, 3, 4}, 0, 2));
}

static void check_grid(int width, int height, int count, int columns, int rows, int total_rows) {
    sl_grid grid = sl_grid_new((sl_rect){0, 0, width, height}, count, 36, 9);
    if (grid.columns != columns || grid.rows != rows || grid.total_rows != total_rows)
        fail_msg("%d charts in %dx%d: %d columns, %d of %d rows, expected %d, %d of %d", count, width, height, grid.columns,
                 grid.rows, grid.total_rows, columns, rows, total_rows);
}

static void test_grids(void **state) {
    check_grid(80, 20, 1, 1, 1, 1);
    check_grid(80, 20, 2, 2, 1, 1);
    check_grid(80, 20, 4, 2, 2, 2);
    check_grid(80, 20, 5, 2, 2, 3);
    check_grid(240, 60, 6, 3, 2, 2);
    check_grid(240, 60, 5, 3, 2, 2); // 3 + 2
    check_grid(20, 5, 3, 1, 1, 3);   // smaller than one: one at a time
    check_grid(0, 5, 3, 0, 0, 0);
    check_grid(80, 20, 0, 0, 0, 0);
    sl_grid grid = sl_grid_new((sl_rect){2, 3, 80, 20}, 5, 36, 9);
    check_rect(sl_grid_cell(&grid, 0, 0), 2, 3, 39, 10);
    check_rect(sl_grid_cell(&grid, 1, 0), 43, 3, 39, 10);
    check_rect(sl_grid_cell(&grid, 3, 0), 43, 13, 39, 10);
    check_rect(sl_grid_cell(&grid, 4, 0), 0, 0, 0, 0); // below
    check_rect(sl_grid_cell(&grid, 0, 1), 0, 0, 0, 0); // above
    check_rect(sl_grid_cell(&grid, 4, 1), 2, 13, 39, 10);
    check_rect(sl_grid_cell(&grid, 4, 99), 2, 13, 39, 10);
    check_rect(sl_grid_cell(&grid, -1, 0), 0, 0, 0, 0);
    assert_int_equal(sl_grid_scroll(&grid, -7), 0);
    assert_int_equal(sl_grid_scroll(&grid, 99), 1);
}

static void test_any_grid(void **state) {
    enum { CHARTS = 40 };
    int checked = 0;
    for (int width = 0; width <= MOST_WIDTH; width++)
        for (int height = 0; height <= MOST_HEIGHT; height++) {
            sl_rect area = {random_below(9) - 4, random_below(9) - 4, width, height};
            int count = random_below(CHARTS + 1), least_width = random_below(60), least_height = random_below(16);
            sl_grid grid = sl_grid_new(area, count, least_width, least_height);
            int last = sl_grid_scroll(&grid, count);
            bool seen[CHARTS] = {false};
            for (int scroll = 0; scroll <= last; scroll++) {
                sl_rect cells[CHARTS];
                int shown = 0;
                for (int i = 0; i < count; i++) {
                    cells[i] = sl_grid_cell(&grid, i, scroll);
                    shown += cells[i].height > 0;
                    seen[i] |= cells[i].height > 0;
                    if (cells[i].height > 0 && width >= least_width && cells[i].width < least_width)
                        fail_msg("%d charts in %dx%d: %d is %d wide, less than %d", count, width, height, i, cells[i].width,
                                 least_width);
                }
                check_parts("grid", area, cells, (size_t)count);
                assert_true(shown > 0 || count == 0 || width == 0 || height == 0);
            }
            for (int i = 0; i < count && width > 0 && height > 0; i++)
                if (!seen[i]) fail_msg("%d charts in %dx%d: %d is never seen", count, width, height, i);
            checked++;
        }
    printf("%d grids\n", checked);
}

static void test_any_chart(void **state) {
    static const char *const titles[] = {NULL, "", "loss", "a title that is longer than many a chart is wide"};
    int checked = 0;
    for (int width = 0; width <= MOST_WIDTH; width++)
        for (int height = 0; height <= MOST_HEIGHT; height++) {
            sl_series_column columns[2] = {{random_below(1000), 0.5, 0.5, 0.5}, {1000 + random_below(1000000), 0, 900000, 0.7}};
            sl_series series = {.name = "a series", .columns = columns, .count = (size_t)random_below(3)};
            sl_chart_line lines[9];
            for (int i = 0; i < 9; i++) lines[i] = (sl_chart_line){.series = &series, .color = i};
            sl_chart chart = {.title = titles[random_below(4)],
                              .lines = lines,
                              .count = (size_t)random_below(10),
                              .log = random_below(2),
                              .percent = random_below(2),
                              .by_time = random_below(2),
                              .quiet = random_below(2)};
            sl_rect area = {random_below(9) - 4, random_below(9) - 4, width, height};
            sl_chart_layout at;
            sl_chart_place(&chart, area, random_below(2), &at);
            const sl_rect parts[] = {at.title, at.legend, at.numbers, at.plot, at.axis};
            check_parts("chart", area, parts, 5);
            // A plot is where there is any room.
            if (width > 0 && height > 0 && sl_rect_is_empty(at.plot)) fail_msg("chart in %dx%d: no plot", width, height);
            if (!at.empty && at.y_ticks.count < 1) fail_msg("chart in %dx%d: no tick", width, height);
            checked++;
        }
    printf("%d charts\n", checked);
}

static void test_any_heat(void **state) {
    enum { ROWS = 40, COLUMNS = 400 };
    static const char *const words[] = {"", "sky", "car", "a long name of a class", "月光", "tree"};
    static double values[ROWS * COLUMNS];
    static int64_t steps[COLUMNS];
    const char *names[COLUMNS], *others[ROWS];
    for (int i = 0; i < COLUMNS; i++) steps[i] = 250 * i;
    int checked = 0;
    for (int width = 0; width <= MOST_WIDTH; width++)
        for (int height = 0; height <= MOST_HEIGHT; height++) {
            sl_rect area = {random_below(9) - 4, random_below(9) - 4, width, height};
            size_t rows = (size_t)random_below(ROWS + 1), columns = (size_t)random_below(random_below(2) ? 20 : COLUMNS);
            for (int i = 0; i < COLUMNS; i++) names[i] = words[random_below(6)];
            for (int i = 0; i < ROWS; i++) others[i] = random_below(2) ? names[i] : words[random_below(6)];
            bool utf8 = random_below(2);
            sl_heat_strip strip = {.title = random_below(2) ? "IoU" : NULL,
                                   .names = names,
                                   .values = values,
                                   .rows = rows,
                                   .columns = columns,
                                   .steps = random_below(2) ? steps : NULL,
                                   .scroll = random_below(60) - 9,
                                   .widest = random_below(9)};
            sl_heat_strip_layout s;
            sl_heat_strip_place(&strip, area, utf8, &s);
            const sl_rect strips[] = {s.title, s.names, s.cells, s.numbers, s.axis};
            check_parts("strip", area, strips, 5);
            assert_true(s.first >= 0 && (size_t)(s.first + s.rows) <= rows);
            for (int i = -2; i < width + 2; i++) { // ascending, the last one at last
                long here = sl_heat_strip_at(&s, area.x + i), next = sl_heat_strip_at(&s, area.x + i + 1);
                assert_true(here < (long)columns && (here < 0 || next < 0 || here <= next));
                if (here >= 0 && next < 0) assert_int_equal(here, (long)columns - 1);
            }

            sl_heat_matrix matrix = {.title = random_below(2) ? "truth down" : NULL,
                                     .row_names = random_below(2) ? names : others,
                                     .column_names = names,
                                     .values = values,
                                     .rows = rows,
                                     .columns = columns > 40 ? 40 : columns,
                                     .has_selected = random_below(2),
                                     .row = (size_t)random_below(50),
                                     .column = (size_t)random_below(50),
                                     .scroll_row = random_below(60) - 9,
                                     .scroll_column = random_below(60) - 9,
                                     .tallest = random_below(4)};
            sl_heat_matrix_layout m;
            sl_heat_matrix_place(&matrix, area, utf8, &m);
            const sl_rect matrices[] = {m.title, m.heads, m.names, m.cells, m.list};
            check_parts("matrix", area, matrices, 5);
            assert_true(m.first_row >= 0 && (size_t)(m.first_row + m.rows) <= matrix.rows);
            assert_true(m.first_column >= 0 && (size_t)(m.first_column + m.columns) <= matrix.columns);
            if (matrix.has_selected && matrix.row < matrix.rows && m.rows > 0)
                assert_true((int)matrix.row >= m.first_row && (int)matrix.row < m.first_row + m.rows);
            if (matrix.has_selected && matrix.column < matrix.columns && m.columns > 0)
                assert_true((int)matrix.column >= m.first_column && (int)matrix.column < m.first_column + m.columns);
            size_t row = 99, column = 99;
            if (sl_heat_matrix_at(&m, m.cells.x + m.cells.width - 1, m.cells.y + m.cells.height - 1, &row, &column)) {
                assert_int_equal(row, m.first_row + m.rows - 1);
                assert_int_equal(column, m.first_column + m.columns - 1);
            } else
                assert_true(sl_rect_is_empty(m.cells));
            checked++;
        }
    printf("%d strips and matrices\n", checked);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sides),     cmocka_unit_test(test_grids),    cmocka_unit_test(test_any_grid),
        cmocka_unit_test(test_any_chart), cmocka_unit_test(test_any_heat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

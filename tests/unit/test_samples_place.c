// Where the pictures of a sample stand: nothing overlaps or leaves the area, shapes are kept, the larger arrangement is chosen.
#include "tests/support/cmocka.h"
#include "ui/tui/chart/picture.h"
#include "ui/tui/frame/layout.h"
#include "ui/tui/screens/samples_place.h"

static bool inside(sl_rect a, sl_rect area) {
    return a.width == 0 || a.height == 0 ||
           (a.x >= area.x && a.y >= area.y && a.x + a.width <= area.x + area.width && a.y + a.height <= area.y + area.height);
}

static void assert_apart(const sl_rect *parts, int count, sl_rect area) {
    for (int i = 0; i < count; i++) {
        if (!inside(parts[i], area))
            fail_msg("part %d, %d, %d %dx%d, is not in %dx%d", i, parts[i].x, parts[i].y, parts[i].width, parts[i].height,
                     area.width, area.height);
        for (int k = 0; k < i; k++) {
            sl_rect common = sl_rect_common(parts[i], parts[k]);
            if (common.width > 0 && common.height > 0)
                fail_msg("parts %d and %d of %dx%d overlap", k, i, area.width, area.height);
        }
    }
}

static int check(sl_rect area, const sl_samples_shape *shape, sl_samples_layout *at) {
    sl_rect parts[5 + SL_SAMPLES_RUNS * SL_SAMPLE_KINDS];
    int count = 0, panels = 0;
    sl_samples_place(area, shape, at);
    parts[count++] = at->head;
    parts[count++] = at->track;
    parts[count++] = at->legend;
    for (int run = 0; run < SL_SAMPLES_RUNS; run++) {
        parts[count++] = at->lines[run];
        for (int kind = 0; kind < SL_SAMPLE_KINDS; kind++) {
            sl_rect panel = at->panels[run][kind];
            parts[count++] = panel;
            if (panel.width == 0) continue;
            panels++;
            assert_true(shape->kinds[kind] && run < shape->runs);
            // A picture of that shape fills it, but for a row or for what a column more would be.
            sl_rect_take_top(&panel, 1);
            double rows = 0.5 * panel.width * shape->height / shape->width;
            double columns = 2.0 * panel.height * shape->width / shape->height;
            if (!(rows - panel.height <= 1 && panel.height - rows <= 1) &&
                !(columns - panel.width <= 1 && panel.width - columns <= 1))
                fail_msg("%dx%d cells for %dx%d", panel.width, panel.height, shape->width, shape->height);
        }
    }
    assert_apart(parts, count, area);
    return panels;
}

static void test_all_sizes(void **state) {
    static const int shapes[][2] = {{160, 120}, {64, 64}, {160, 80}, {60, 160}, {160, 10}};
    int frames = 0;
    for (int width = 60; width <= 250; width += 3)
        for (int height = 14; height <= 80; height += 2)
            for (int s = 0; s < 5; s++)
                for (int mask = 1; mask < 32; mask += 3)
                    for (int runs = 1; runs <= 2; runs++)
                        for (int alone = -1; alone < 5; alone += 3) {
                            sl_samples_shape shape = {
                                .width = shapes[s][0], .height = shapes[s][1], .runs = runs, .alone = alone, .classes = 11};
                            sl_samples_layout at;
                            int kinds = 0;
                            for (int i = 0; i < 5; i++) kinds += shape.kinds[i] = mask >> i & 1;
                            int panels = check((sl_rect){0, 1, width, height}, &shape, &at),
                                shared = (mask & 1) + (mask >> 1 & 1);
                            int all = runs == 1 ? kinds : 2 * kinds - shared;
                            if (panels != (at.alone ? runs : all)) fail_msg("%d panels of %d kinds", panels, kinds);
                            frames++;
                        }
    print_message("%d layouts: nothing overlaps, nothing is outside\n", frames);
}

static void test_choices(void **state) {
    sl_samples_shape shape = {.width = 160, .height = 120, .kinds = {1, 1, 1, 1, 1}, .runs = 1, .alone = -1, .classes = 11};
    sl_samples_layout at;
    check((sl_rect){0, 1, 60, 14}, &shape, &at); // one alone
    assert_true(at.alone && at.tabs.width == 58 && at.listed);
    assert_int_equal(at.panels[0][SL_SAMPLE_IMAGE].height, 12);
    check((sl_rect){0, 1, 80, 22}, &shape, &at); // three and two, and the classes where a sixth would be
    assert_false(at.alone);
    assert_int_equal(at.panels[0][SL_SAMPLE_PREDICTION].y, at.panels[0][SL_SAMPLE_IMAGE].y);
    assert_true(at.panels[0][SL_SAMPLE_CONFIDENCE].y > at.panels[0][SL_SAMPLE_IMAGE].y);
    assert_true(at.listed && at.legend.x == at.panels[0][SL_SAMPLE_PREDICTION].x && at.legend.width >= 22);
    check((sl_rect){0, 1, 240, 20}, &shape, &at); // all in a row
    assert_int_equal(at.panels[0][SL_SAMPLE_KEPT].y, at.panels[0][SL_SAMPLE_IMAGE].y);
    shape.alone = SL_SAMPLE_TRUTH;
    check((sl_rect){0, 1, 120, 38}, &shape, &at);
    assert_true(at.alone && at.panels[0][SL_SAMPLE_TRUTH].width > 70 && at.panels[0][SL_SAMPLE_IMAGE].width == 0);
    shape.alone = -1;
    shape.runs = 2;
    check((sl_rect){0, 1, 120, 38}, &shape, &at); // the second below the first, without what both share
    assert_int_equal(at.panels[1][SL_SAMPLE_PREDICTION].x, at.panels[0][SL_SAMPLE_PREDICTION].x);
    assert_true(at.panels[1][SL_SAMPLE_IMAGE].width == 0 && at.lines[1].y > at.lines[0].y);
    assert_int_equal(at.panels[0][SL_SAMPLE_TRUTH].x, at.panels[0][SL_SAMPLE_IMAGE].x);
    assert_int_equal(at.panels[0][SL_SAMPLE_TRUTH].y, at.panels[1][SL_SAMPLE_PREDICTION].y);
    check((sl_rect){0, 1, 60, 14}, &shape, &at); // side by side
    assert_true(at.alone && at.panels[1][0].x > at.panels[0][0].x && at.panels[1][0].y == at.panels[0][0].y);
    check((sl_rect){0, 1, 60, 14}, &(sl_samples_shape){.runs = 1, .alone = -1}, &at); // nothing yet
    assert_int_equal(at.legend.width, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_sizes), cmocka_unit_test(test_choices)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

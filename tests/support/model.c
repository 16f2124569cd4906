// The dashboard's model as tests draw it.
#include "tests/support/frames.h"

#include <math.h>

#define RUN(number, id8, named, of, by, differs, is, at, all, seeded, m, b, g, e, d, k, speed, left, ...)              \
    {                                                                                                                  \
        .id = number, .uuid = id8 "-0000-4000-8000-000000000000", .name = named, .experiment = of, .method = by,       \
        .varies = differs, .state = is, .step = at, .steps = all, .seed = seeded, .miou = m, .best_miou = b, .seg = g, \
        .semi = e, .discriminator = d, .kept = k, .steps_per_second = speed, .images_per_second = 4 * (speed),         \
        .seconds_left = left, .heartbeat_age = (is) == SL_STATE_RUNNING ? 1 : 4000,                                    \
        .started = SL_TEST_TIME - 1000 * (20 - (number)), .duration = 60.0 * (number), .host = "atlas",                \
        .device = "cpu (2 threads, avx512)", __VA_ARGS__                                                               \
    }
#define WELL .alarm_severity = -1
#define T "threshold"
#define LONG_NAME "a name that goes on and on and on and on and on and on and on and on and on and on and on and on and on"

// clang-format off
static const sl_run_row rows[] = {
    RUN(12, "9f31c2aa", T, T, "advsemiseg", "T=.5 1/8 s3", SL_STATE_RUNNING, 812, 1200, 3, 0.279, 0.283, 0.9131, 0.44, 0.49, 0.61, 3.1, 125,
        .alarm = "bicyclist starved", .alarm_severity = 1),
    RUN(11, "1b80aa00", T, T, "advsemiseg", "T=.5 1/8 s2", SL_STATE_RUNNING, 640, 1200, 2, 0.26, 0.26, 0.981, 0.47, 0.47, 0.58, 3.0, 186, WELL),
    RUN(10, "c2d90100", T, T, "advsemiseg", "T=.5 1/8 s1", SL_STATE_DONE, 1200, 1200, 1, 0.274, 0.276, 0.846, 0.39, 0.5, 0.97, 3.2, NAN,
        .tags = "paper, best", WELL),
    RUN(9, "77e0f300", T, T, "advsemiseg", "T=.2 1/4 s2", SL_STATE_DIVERGED, 203, 1200, 2, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN,
        .error = "the loss seg is nan at step 203", .alarm = "diverged", .alarm_severity = 2),
    RUN(8, "aa55d000", T, T, "advsemiseg", "T=.2 1/4 s1", SL_STATE_DONE, 1200, 1200, 1, 0.331, 0.34, 0.7, 0.3, 0.52, 0.9, 3.3, NAN, WELL),
    RUN(7, "0badcafe", T, T, "advsemiseg", "T=0 1/8 s2", SL_STATE_PAUSED, 400, 1200, 2, 0.2, 0.21, 1.2, 0.5, 0.4, 1, 0.9, NAN, WELL),
    RUN(6, "5ca1ab1e", T, T, "advsemiseg", "T=0 1/8 s1", SL_STATE_DEAD, 1100, 1200, 1, 0.22, 0.25, 0.93, 0.41, 0.44, 1, NAN, NAN,
        .alarm = "heartbeat lost", .alarm_severity = 2),
    RUN(5, "deadbeef", "\u6708\u5149 mean teacher", "other", "mean_teacher", "", SL_STATE_STOPPED, 12345, 20000, 1, 0.4512, 0.4513, 0.4,
        NAN, NAN, 0.5, 12.5, NAN, WELL),
    RUN(4, "feedface", "esc \033[31m red\nnew line \xff\xfe", "other", "supervised", "", SL_STATE_FAILED, 17, 20000, 1, NAN, NAN, 3.25,
        NAN, NAN, NAN, NAN, NAN, .error = "no space left on the device\033[2J while writing checkpoint", WELL),
    RUN(3, "abad1dea", LONG_NAME, "other", "supervised", "", SL_STATE_DONE, 20000, 20000, 1, 0.39, 0.4, 0.00004, NAN, NAN, NAN, 150, NAN, WELL),
    RUN(2, "b16b00b5", "plain", "other", "supervised", "", SL_STATE_DONE, 20000, 20000, 1, 0.41, 0.41, 123456, INFINITY, NAN, 0, 0.004, NAN, WELL),
    RUN(1, "c0ffee00", "plain", "other", "supervised", "", SL_STATE_DONE, 3000000, 4000000, 1, 0, 0, 0, 0, 0, 0, 0, NAN, WELL),
};
// clang-format on

enum { POINTS = 120, EVALUATIONS = 6, CLASSES = 5 };

static void fill_series(sl_series *series, sl_series_column *columns, const char *name, double scale, double spread) {
    for (int i = 0; i < POINTS; i++) {
        double x = (i + 1) * 812.0 / POINTS, value = scale / (1 + x / 150);
        columns[i] = (sl_series_column){x, value * (1 - spread), value * (1 + spread), value};
    }
    *series = (sl_series){.name = name, .columns = columns, .count = POINTS};
}

const sl_snapshot *sl_test_snapshot(void) {
    static sl_series_column columns[4][POINTS];
    static sl_series series[4];
    static const char *const names[CLASSES] = {"sky", "road", "car", "pole", "bicyclist"};
    static double iou[EVALUATIONS * CLASSES];
    static int64_t steps[EVALUATIONS];
    static sl_run_detail detail;
    static sl_snapshot snapshot;
    fill_series(&series[0], columns[0], "seg", 3, 0.2);
    fill_series(&series[1], columns[1], "D", 0.7, 0.1);
    fill_series(&series[2], columns[2], "semi", 0.9, 0.3);
    for (int i = 0; i < EVALUATIONS; i++) {
        static const double final[CLASSES] = {0.9, 0.7, 0.31, 0.05, 0};
        steps[i] = 130 * (i + 1);
        columns[3][i] = (sl_series_column){(double)steps[i], 0.28 - 0.03 * (5 - i), 0.28 - 0.03 * (5 - i), 0.28 - 0.03 * (5 - i)};
        for (int k = 0; k < CLASSES; k++) iou[i * CLASSES + k] = final[k] * (i + 1) / EVALUATIONS;
    }
    series[3] = (sl_series){.name = "miou", .columns = columns[3], .count = EVALUATIONS};
    detail = (sl_run_detail){.run = rows[0],
                             .series = series,
                             .series_count = 4,
                             .class_names = names,
                             .evaluation_steps = steps,
                             .iou = iou,
                             .classes = CLASSES,
                             .evaluations = EVALUATIONS};
    snapshot = (sl_snapshot){.database = "/data/semiluna.db",
                             .time = SL_TEST_TIME,
                             .complete = true,
                             .total = 12,
                             .disk_free = 4e11,
                             .disk_total = 1e12,
                             .runs = rows,
                             .run_count = sizeof rows / sizeof *rows,
                             .running = 2,
                             .done = 5,
                             .failed = 2,
                             .stopped = 1,
                             .dead = 1,
                             .details = &detail,
                             .detail_count = 1};
    return &snapshot;
}

#include "tests/support/model_compare.h"
#include "tests/support/frames.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS = 100, EVALUATIONS = 8, SERIES = 7, OPTIONS = 3, STEPS = 1200, TEXT = 20000, CELLS = 200 };

typedef struct run {
    char uuid[40], varies[160], threshold[16], seed[8];
    sl_series series[SERIES];
    sl_series_column columns[SERIES][POINTS];
    const char *names[OPTIONS], *values[OPTIONS];
} run;

// The same at each time: a number from -1 to 1.
static double noise(int a, int b, int c) {
    uint32_t value = (uint32_t)a * 2654435761u ^ (uint32_t)b * 2246822519u ^ (uint32_t)c * 3266489917u;
    value ^= value >> 15;
    value *= 2246822519u;
    value ^= value >> 13;
    return (double)(value % 20001) / 10000 - 1;
}

static void fill_series(run *r, int index, const char *name, int number, int points, double (*value)(int number, double x)) {
    sl_series *series = &r->series[index];
    for (int i = 0; i < points; i++) {
        double x = (i + 1) * (double)STEPS / (points == EVALUATIONS ? EVALUATIONS : POINTS), at = value(number, x);
        double spread = points == EVALUATIONS ? 0 : 0.1 * at;
        r->columns[index][i] = (sl_series_column){x, at - spread, at + spread, at + spread * noise(number, index, i)};
    }
    *series = (sl_series){.name = name, .columns = r->columns[index], .count = (size_t)points};
}

static double miou_at(int number, double x) {
    return 0.1 + 0.03 * (number / 3 % 5) + 0.2 * x / STEPS + 0.015 * (number % 3);
}
static double seg_at(int number, double x) {
    return (2.5 + 0.1 * (number % 3)) / (1 + x / 100) + 0.1 * (number / 3 % 4);
}
static double loss_at(int number, double x) {
    return 0.7 - 0.3 * x / STEPS + 0.02 * (number % 7);
}
static double kept_at(int number, double x) {
    return 0.9 - 0.2 * (number / 3 % 5) + 0 * x;
}
static double threshold_at(int number, double x) {
    return 0.1 * (number / 3) + 0 * x;
}
static double rate_at(int number, double x) {
    return 0.01 * (1 - x / (STEPS + 1)) + 0 * number;
}

static const char *cell_name(int cell, char out[128]) {
    static const char *const hostile = "\u6708\u5149 \033[31m\xff a name that goes on and on and on and on and on and on";
    if (cell == 3)
        snprintf(out, 128, "%s", hostile);
    else
        snprintf(out, 128, "T=.%d 1/%d", cell, cell % 2 ? 8 : 4);
    return out;
}

static void fill_run(run *r, sl_run_detail *detail, int number, bool last) {
    char cell[128];
    int part = last ? 3 : 4; // of four of its steps
    snprintf(r->uuid, sizeof r->uuid, "%02x%04x00-0000-4000-8000-000000000000", (unsigned)(number * 37 % 256),
             (unsigned)(number * 7919 % 65536));
    snprintf(r->varies, sizeof r->varies, "%s s%d", cell_name(number / 3, cell), number % 3 + 1);
    snprintf(r->threshold, sizeof r->threshold, "0.%d", number / 3);
    snprintf(r->seed, sizeof r->seed, "%d", number % 3 + 1);
    fill_series(r, 0, "seg", number, POINTS * part / 4, seg_at);
    fill_series(r, 1, "D", number, POINTS * part / 4, loss_at);
    fill_series(r, 2, "semi", number, number < 3 ? 0 : POINTS * part / 4, loss_at); // the first cell has none
    fill_series(r, 3, "kept", number, POINTS * part / 4, kept_at);
    fill_series(r, 4, "miou", number, EVALUATIONS * part / 4, miou_at);
    fill_series(r, 5, "option.method.threshold", number, POINTS * part / 4, threshold_at);
    fill_series(r, 6, "lr", number, POINTS * part / 4, rate_at); // the same for all
    for (size_t i = 0; i < r->series[4].count; i++)              // evaluations are at their own steps
        r->columns[4][i].x = (double)(i + 1) * STEPS / EVALUATIONS;
    for (size_t i = 0; i < r->series[6].count; i++) r->columns[6][i].last = rate_at(0, r->columns[6][i].x);
    const char *names[OPTIONS] = {"data.labeled", "method.threshold", "seed"},
               *values[OPTIONS] = {"0.125", r->threshold, r->seed};
    memcpy(r->names, names, sizeof names);
    memcpy(r->values, values, sizeof values);
    *detail = (sl_run_detail){
        .run = {.id = number + 1,
                .uuid = r->uuid,
                .name = "threshold",
                .experiment = "threshold",
                .method = "advsemiseg",
                .varies = r->varies,
                .state = last ? SL_STATE_RUNNING : SL_STATE_DONE,
                .step = STEPS * part / 4,
                .steps = STEPS,
                .seed = number % 3 + 1,
                .miou = miou_at(number, STEPS * part / 4.0),
                .best_miou = miou_at(number, STEPS * part / 4.0),
                .seg = 1,
                .semi = NAN,
                .discriminator = NAN,
                .kept = NAN,
                .steps_per_second = NAN,
                .images_per_second = NAN,
                .seconds_left = NAN,
                .heartbeat_age = NAN,
                .started = SL_TEST_TIME - 4000,
                .duration = 3000,
                .host = "atlas",
                .device = "cpu",
                .tags = "",
                .alarm_severity = -1},
        .series = r->series,
        .series_count = SERIES,
        .option_names = r->names,
        .option_values = r->values,
        .option_count = OPTIONS,
        .confusion_step = -1,
    };
}

static void fill_table(int count, char *text) {
    int at =
        sprintf(text, "mIoU %% (standard), val, step 1200, mean \u00B1 sd (n), n = 1 to 3\nthreshold  labeled  \1\2mIoU %%\n");
    for (int first = 0; first + 1 < count; first += 3) {
        int runs = count - 1 - first < 3 ? count - 1 - first : 3; // the last goes on
        at += sprintf(text + at, "%-9.1f  %-7s  \1", 0.1 * (first / 3), first / 3 % 2 ? "1/8" : "1/4");
        for (int i = 0; i < runs; i++) at += sprintf(text + at, "%s%d", i ? " " : "", first + i + 1);
        at += sprintf(text + at, "\2%.1f", 100 * miou_at(first + 1, STEPS));
        at += runs > 1 ? sprintf(text + at, " \u00B1 1.5 (%d)%s\n", runs, runs < 3 ? "\u2020" : "")
                       : sprintf(text + at, " (1)\u2020\n");
    }
    at += sprintf(text + at, "\u2020 fewer than 3 seeds\n");
    sprintf(text + at, "1 run is not done and left out (1 running)");
}

sl_report sl_test_report(sl_report_kind kind, char *text) {
    static sl_report_cell cells[CELLS];
    static int64_t runs[CELLS * 4];
    size_t count = 0, used = 0, length = 0;
    for (char *p = text; *p;) {
        if (*p != '\1') {
            text[length++] = *p++;
            continue;
        }
        sl_report_cell cell = {length, &runs[used], 0};
        for (p++; *p && *p != '\2';) {
            runs[used++] = strtoll(p, &p, 10);
            cell.run_count++;
        }
        if (*p) p++;
        cells[count++] = cell;
    }
    text[length] = '\0';
    return (sl_report){.kind = kind, .text = text, .cells = cells, .cell_count = count};
}

sl_snapshot *sl_test_compared(int count) {
    static run runs[SL_TEST_COMPARED_MOST];
    static sl_run_detail details[SL_TEST_COMPARED_MOST];
    static sl_run_row rows[SL_TEST_COMPARED_MOST];
    static char text[TEXT];
    static sl_snapshot snapshot;
    for (int i = 0; i < count; i++) {
        fill_run(&runs[i], &details[i], i, i == count - 1 && count > 1);
        rows[count - 1 - i] = details[i].run; // newest first
    }
    fill_table(count == 1 ? 2 : count, text);
    snapshot = (sl_snapshot){.database = "/data/semiluna.db",
                             .time = SL_TEST_TIME + count,
                             .complete = true,
                             .total = (size_t)count,
                             .disk_free = 4e11,
                             .disk_total = 1e12,
                             .runs = rows,
                             .run_count = (size_t)count,
                             .running = count > 1,
                             .done = count > 1 ? count - 1 : count,
                             .details = details,
                             .detail_count = (size_t)count,
                             .report = sl_test_report(SL_REPORT_COMPARE, text)};
    return &snapshot;
}

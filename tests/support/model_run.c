// A run with all that a run can have, as tests draw it.
#include "tests/support/frames.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { STEP = 812, STEPS = 1200, SERIES = 24, COLUMNS = 203, EVALUATIONS = 8, CLASSES = 11 };

static sl_series_column columns[SERIES][COLUMNS], declared[3][64];
static sl_series series[SERIES];
static size_t series_count;

// The same noise everywhere, from -1 to 1.
static double noise(int seed, int at) {
    uint32_t x = (uint32_t)(seed * 7919 + at * 104729 + 12345);
    x = (x ^ x >> 15) * 0x2C1B3C6Du;
    x = (x ^ x >> 12) * 0x297A2D39u;
    return ((x ^ x >> 15) & 0xFFFF) / 32767.5 - 1;
}

// From step `from` on a value that goes from `start` to `end` and shakes by so much of itself.
static sl_series *add(const char *name, int from, double start, double end, double shake) {
    sl_series *s = &series[series_count];
    sl_series_column *c = columns[series_count];
    size_t count = 0;
    for (int i = 0; i < COLUMNS; i++) {
        double x = (i + 1) * (double)STEP / COLUMNS, value = end + (start - end) * exp(-(x - from) / 180);
        if (x < from) continue;
        double low = value * (1 - shake * (1 + noise((int)series_count, i)) / 2);
        double high = value * (1 + shake * (1 + noise((int)series_count + 50, i)) / 2);
        c[count++] = (sl_series_column){x, low, high, low + (high - low) * (1 + noise((int)series_count + 99, i)) / 2};
    }
    *s = (sl_series){.name = name, .columns = c, .count = count};
    series_count++;
    return s;
}

static void add_evaluated(const char *name, const double *values) {
    for (int i = 0; i < EVALUATIONS; i++)
        columns[series_count][i] = (sl_series_column){100 * (i + 1), values[i], values[i], values[i]};
    series[series_count] = (sl_series){.name = name, .columns = columns[series_count], .count = EVALUATIONS};
    series_count++;
}

static void add_rate(const char *name, double rate, int which) {
    sl_series *s = add(name, 1, 0, 0, 0);
    sl_series_column *c = columns[series_count - 1];
    for (int i = 0; i < COLUMNS; i++) c[i].low = c[i].high = c[i].last = rate * pow(1 - c[i].x / STEPS, 0.9);
    for (int i = 0; i < 64; i++) {
        double x = i * (STEPS - 1) / 63.0, value = rate * pow(1 - x / STEPS, 0.9);
        declared[which][i] = (sl_series_column){x, value, value, value};
    }
    s->declared = declared[which];
    s->declared_count = 64;
}

static void add_threshold(void) {
    static const sl_series_column real[] = {{1, 0.5, 0.5, 0.5}, {700, 0.3, 0.3, 0.3}};
    static const sl_series_column plan[] = {{0, 0.5, 0.5, 0.5}, {1199, 0.5, 0.5, 0.5}};
    series[series_count++] =
        (sl_series){.name = "option.method.threshold", .columns = real, .count = 2, .declared = plan, .declared_count = 2};
}

static const char *const class_names[CLASSES] = {"sky",  "building", "pole", "road",       "pavement", "tree",
                                                 "sign", "fence",    "car",  "pedestrian", "bicyclist"};
static double iou[EVALUATIONS * CLASSES], miou[EVALUATIONS], authors[EVALUATIONS], accuracy[EVALUATIONS];
static int64_t evaluation_steps[EVALUATIONS];

static void fill_evaluations(void) {
    static const double final[CLASSES] = {0.89, 0.66, 0.04, 0.84, 0.55, 0.61, 0.07, 0.12, 0.47, 0.09, 0.01};
    for (int i = 0; i < EVALUATIONS; i++) {
        double sum = 0;
        evaluation_steps[i] = 100 * (i + 1);
        for (int k = 0; k < CLASSES; k++) {
            double grown = 1 - exp(-(i + 1) / 2.0) - (i == EVALUATIONS - 1 ? 0.05 : 0);
            iou[i * CLASSES + k] = final[k] * grown;
            sum += final[k] * grown;
        }
        miou[i] = sum / CLASSES;
        authors[i] = miou[i] * 1.06;
        accuracy[i] = 0.4 + miou[i];
    }
}

static const char *const option_names[] = {"batch",
                                           "data.labeled",
                                           "data.root",
                                           "method",
                                           "method.discriminator_lr",
                                           "method.lambda_adv",
                                           "method.lambda_semi",
                                           "method.semi_start",
                                           "method.threshold",
                                           "model.backbone",
                                           "optimizer.lr",
                                           "optimizer.momentum",
                                           "seed",
                                           "steps"};
static const char *const option_values[] = {"4",   "1/8", "/data/camvid", "advsemiseg", "poly(0.0001, 0.9)", "0.01",
                                            "0.1", "400", "0.5",          "tiny",       "poly(0.01, 0.9)",   "0.9",
                                            "3",   "1200"};
static const bool option_varies[] = {false, true, false, false, false, false, false,
                                     false, true, false, false, false, true,  false};
enum { OPTIONS = sizeof option_names / sizeof *option_names };

static const sl_event_row events[] = {
    {.step = 700, .time = SL_TEST_TIME - 33, .kind = "steered", .text = "method.threshold = 0.3"},
    {.step = 640, .time = SL_TEST_TIME - 60, .kind = "warning", .text = "the loader fell behind by 3 batches"},
    {.step = 400, .time = SL_TEST_TIME - 130, .kind = "resumed", .text = "from step 400"},
    {.step = 400, .time = SL_TEST_TIME - 4000, .kind = "forked", .text = "from run 3 (a66c3ac9) at step 400"},
};
static const sl_command_row commands[] = {
    {.id = 3, .step = -1, .time = SL_TEST_TIME - 2, .name = "evaluate", .argument = "", .answer = NULL},
    {.id = 2,
     .step = 701,
     .time = SL_TEST_TIME - 30,
     .name = "set",
     .argument = "method.treshold=0.3",
     .answer = "refused: unknown option \"method.treshold\". Did you mean \"method.threshold\"?"},
    {.id = 1,
     .step = 700,
     .time = SL_TEST_TIME - 34,
     .name = "set",
     .argument = "method.threshold=0.3",
     .answer = "done at step 700: method.threshold is 0.3 from now on"},
};
static const char *const notes[] = {"looks better than seed 2 \xE2\x80\x94 \u6708\u5149"};
static const double note_times[] = {SL_TEST_TIME - 90};
static const char *const findings[] = {
    ("bicyclist gets hardly any pseudo-labels (1.2 k of 1.2 M kept pixels of the last evaluation): lower method.threshold, or "
     "raise method.semi_start until it is known"),
    ("the discriminator guesses: its loss is about 0.68, and a coin has 0.69, so its confidence means nothing: raise "
     "method.discriminator_lr, or let the pseudo-labels wait (method.semi_start)"),
    "only 1.90 GB are left on the disk of the database (98 % in use): remove old checkpoints"};
static const int severities[] = {1, 1, 0};

static void fill_series(void) {
    series_count = 0;
    add("seg", 1, 2.9, 0.62, 0.3);
    add("seg_ema", 1, 2.9, 0.64, 0.01);
    add("adv", 1, 0.72, 0.69, 0.05);
    add("semi", 400, 0.9, 0.42, 0.3);
    add("semi_adv", 400, 0.74, 0.7, 0.04);
    add("kept", 400, 0.92, 0.58, 0.1);
    add("D", 1, 0.72, 0.49, 0.12);
    add("D_labeled", 1, 0.5, 0.58, 0.06);
    add("D_unlabeled", 1, 0.48, 0.44, 0.06);
    add("D_truth", 1, 0.52, 0.66, 0.04);
    add_evaluated("miou", miou);
    add_evaluated("miou_authors", authors);
    add_evaluated("pixel_accuracy", accuracy);
    add("grad_norm", 1, 8, 1.4, 0.5);
    add_rate("lr", 0.01, 0);
    add_rate("lr_discriminator", 0.0001, 1);
    add_threshold();
    add_rate("option.optimizer.lr", 0.01, 2);
}

const sl_snapshot *sl_test_run_snapshot(void) {
    static sl_run_detail detail;
    static sl_snapshot snapshot;
    static sl_run_row rows[16];
    static double clock_steps[COLUMNS], clock_times[COLUMNS];
    if (snapshot.details) return &snapshot;
    fill_evaluations();
    fill_series();
    for (int i = 0; i < COLUMNS; i++) {
        clock_steps[i] = columns[0][i].x;
        clock_times[i] = 10 + columns[0][i].x / 3.1;
    }
    snapshot = *sl_test_snapshot();
    memcpy(rows, snapshot.runs, snapshot.run_count * sizeof *rows);
    rows[0].miou = miou[EVALUATIONS - 1];
    rows[0].best_miou = miou[EVALUATIONS - 2];
    rows[0].memory = 412.0 * 1024 * 1024;
    rows[0].cpu = 1.88;
    rows[0].tags = "paper";
    rows[2].ended = SL_TEST_TIME - 7000;
    snapshot.runs = rows;
    detail = (sl_run_detail){
        .run = rows[0],
        .series = series,
        .series_count = series_count,
        .events = events,
        .event_count = sizeof events / sizeof *events,
        .commands = commands,
        .command_count = sizeof commands / sizeof *commands,
        .notes = notes,
        .note_times = note_times,
        .note_count = 1,
        .option_names = option_names,
        .option_values = option_values,
        .option_varies = option_varies,
        .option_count = OPTIONS,
        .class_names = class_names,
        .evaluation_steps = evaluation_steps,
        .iou = iou,
        .classes = CLASSES,
        .evaluations = EVALUATIONS,
        .split = "val",
        .findings = findings,
        .finding_severities = severities,
        .finding_count = 3,
        .versions = "semiluna 0.1.0, oneDNN 3.2.0",
        .script_path = "experiments/threshold.lua",
        .git_commit = "0af1b96c22d1",
        .threads = 2,
        .pid = 4711,
        .resumes = 1,
        .clock_steps = clock_steps,
        .clock_times = clock_times,
        .clock_count = COLUMNS,
    };
    snapshot.details = &detail;
    return &snapshot;
}

#include "tests/support/watched.h"
#include "core/io/image.h"
#include "tests/support/cmocka.h"
#include "ui/cli/watch_filter.h"
#include "ui/cli/watch_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STEPS = 300, EVERY = 50, CLASSES = 5, BINS = 10 };

static const char *const class_names[CLASSES] = {"sky", "road", "car", "pole", "void"};
static const char *const splits[] = {"val", "train"};
static const char *const losses[] = {"seg", "adv", "D", "semi", "kept", "lr", "confidence_labeled", "confidence_unlabeled"};
enum { LOSSES = sizeof losses / sizeof *losses };

static const char *as_it_is(int number, const char *plain) {
    return plain;
}

static void execute(sl_db *db, const char *sql, int64_t run, const char *first, const char *second) {
    sl_db_value values[] = {sl_db_integer(run), sl_db_text(first), sl_db_text(second)};
    assert_ok(sl_db_execute(db, sql, values, second ? 3 : first ? 2 : 1));
}

// ---- what is logged ---------------------------------------------------------------------------------------------------------

void sl_test_watched_log(sl_writer *writer, int64_t run, int64_t step, sl_test_disguise disguise) {
    int number = (int)run - 1;
    if (!disguise) disguise = as_it_is;
    for (int i = 0; i < LOSSES; i++) {
        double value = (i + 1) / (1 + (double)step / 40) + 0.1 * (double)((step * 7 + run) % 5);
        if (i == 5) value = 1e-3 * (1 - (double)step / (2 * STEPS));
        if (i >= 6 || i == 4) value = fmod(value, 1);
        if (step % 97 == 0) value = run % 3 == 0 ? NAN : 1e6;
        if (i != 3 || step > EVERY) assert_ok(sl_writer_metric(writer, run, step, losses[i], value));
    }
    assert_ok(sl_writer_metric(writer, run, step, disguise(number, "another measure"), (double)step));
    assert_ok(sl_writer_metric(writer, run, step, "option.method.threshold", step < 100 ? 0.2 : 0.3));
    assert_ok(sl_writer_heartbeat(writer, run, step));
}

// Pictures of a sample at a step: image and truth once.
static void add_sample(sl_writer *writer, int64_t run, int64_t step, const char *split, const char *image) {
    enum { WIDTH = 24, HEIGHT = 16 };
    static const struct {
        const char *kind;
        int channels, colors;
    } kinds[] = {{"image", 3, 0}, {"truth", 1, CLASSES}, {"prediction", 1, CLASSES}, {"confidence", 1, 0}, {"kept", 1, 2}};
    uint8_t pixels[WIDTH * HEIGHT * 3], palette[768];
    sl_image_voc_palette(palette);
    for (int kind = step <= EVERY ? 0 : 2; kind < 5; kind++) {
        int channels = kinds[kind].channels, colors = kinds[kind].colors;
        sl_text png = {0};
        for (int i = 0; i < WIDTH * HEIGHT * channels; i++)
            pixels[i] = (uint8_t)(colors ? (i / 7 + (int)step / EVERY + kind) % colors : (i * 5 + (int)step) % 256);
        sl_image picture = {WIDTH, HEIGHT, channels, pixels};
        assert_ok(sl_image_encode_png(kinds[kind].kind, &picture, colors ? palette : NULL, colors, &png));
        assert_ok(sl_writer_sample(writer, run, kind < 2 ? 0 : step, split, image, kinds[kind].kind, WIDTH, HEIGHT, png.data,
                                   png.length));
        sl_text_free(&png);
    }
}

void sl_test_watched_evaluate(sl_writer *writer, int64_t run, int64_t step, sl_test_disguise disguise) {
    int number = (int)run - 1;
    if (!disguise) disguise = as_it_is;
    for (int s = 0; s < 3; s++) {
        int64_t counts[CLASSES * CLASSES], sure[CLASSES * 2 * BINS];
        for (int i = 0; i < CLASSES * CLASSES; i++)
            counts[i] = i % (CLASSES + 1) == 0 ? 1000 + step : (i * 37 + run * 11 + step) % 90;
        for (int i = 0; i < CLASSES * 2 * BINS; i++) sure[i] = (i * 13 + run) % 50;
        for (int i = 0; i < CLASSES; i++) {
            const char *split = s < 2 ? splits[s] : disguise(number, "a split"), *name = disguise(number, class_names[i]);
            double iou = i == 4 ? NAN : 0.1 * i + 0.3 * (double)step / STEPS;
            assert_ok(sl_writer_class_iou(writer, run, step, split, i, name, iou));
        }
        const char *split = s < 2 ? splits[s] : disguise(number, "a split");
        assert_ok(sl_writer_confusion(writer, run, step, split, CLASSES, counts));
        assert_ok(sl_writer_confidence(writer, run, step, split, CLASSES, BINS, sure));
    }
    add_sample(writer, run, step, "val", disguise(number, "an image"));
    add_sample(writer, run, step, "val", disguise(number, "another image"));
    add_sample(writer, run, step, disguise(number, "unlabeled"), disguise(number, "a third"));
    assert_ok(sl_writer_metric(writer, run, step, "miou", 0.2 + 0.3 * (double)step / STEPS));
    assert_ok(sl_writer_event(writer, run, step, disguise(number, "evaluation"), disguise(number, "mIoU is better")));
}

// ---- runs -------------------------------------------------------------------------------------------------------------------

static void add_options(sl_db *db, int64_t run, sl_test_disguise disguise) {
    int number = (int)run - 1;
    char seed[24];
    snprintf(seed, sizeof seed, "%d", number % 3);
    const char *const options[][3] = {{"seed", "integer", seed},
                                      {"method.threshold", "schedule", number % 2 ? "0.2" : "0.5"},
                                      {"method.semi_start", "integer", "50"},
                                      {"method.lambda_semi", "schedule", "0.1"},
                                      {"optimizer.lr", "schedule", "poly(0.001, 0.9)"},
                                      {"evaluate.every", "integer", "50"},
                                      {"batch", "integer", "4"},
                                      {"steered", "text", "100: method.threshold = 0.3"}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        assert_ok(sl_db_run_param(db, run, options[i][0], options[i][1], options[i][2]));
    assert_ok(sl_db_run_param(db, run, disguise(number, "some.option"), "text", disguise(number, "an option's value")));
    assert_ok(sl_db_run_param(db, run, "data.labeled", "split", disguise(number, "splits/1_8.txt")));
    execute(db, "INSERT INTO curve(run, name, step, value) VALUES(?1, 'optimizer.lr', 0, 0.001), (?1, 'optimizer.lr', 300, 0)",
            run, NULL, NULL);
    execute(db, "INSERT INTO curve(run, name, step, value) VALUES(?1, ?2, 0, 0.2), (?1, ?2, 300, 0.4)", run,
            disguise(number, "curve"), NULL);
}

static void add_words(sl_db *db, int64_t run, sl_test_disguise disguise) {
    int number = (int)run - 1;
    execute(db, "INSERT INTO tag(run, tag) VALUES(?1, ?2)", run, disguise(number, "tag"), NULL);
    execute(db, "INSERT INTO note(run, time, text) VALUES(?1, 1.7e9, ?2)", run, disguise(number, "note"), NULL);
    execute(db, "INSERT INTO event(run, step, time, kind, text) VALUES(?1, 7, 1.7e9, ?2, ?3)", run, disguise(number, "kind"),
            disguise(number, "event"));
    execute(db, "INSERT INTO event(run, step, time, kind, text) VALUES(?1, 300, 1.8e9, 'warning', ?2)", run,
            disguise(number, "warning"), NULL);
    execute(db, "INSERT INTO command(run, time, name, argument) VALUES(?1, 1.7e9, ?2, ?3)", run, disguise(number, "command"),
            disguise(number, "argument"));
    execute(db, "INSERT INTO command(run, time, name, argument, step, answer, answered) VALUES(?1, 1.7e9, ?2, '', 9, ?3, 1.7e9)",
            run, disguise(number, "command"), disguise(number, "answer"));
    execute(db, "INSERT OR IGNORE INTO split(sha256, text) VALUES(?2, ?3)", run, disguise(number, "hash"),
            disguise(number, "images"));
    execute(db, "INSERT INTO run_split(run, name, images, sha256) VALUES(?1, ?3, 46, ?2)", run, disguise(number, "hash"),
            disguise(number, "labeled"));
    execute(db, "INSERT INTO environment(run, name, value) VALUES(?1, ?2, ?3)", run, disguise(number, "VARIABLE"),
            disguise(number, "environment"));
}

static int64_t add_run(sl_db *db, int number, sl_test_disguise disguise) {
    int64_t run;
    char uuid[37], host[256] = "";
    gethostname(host, sizeof host - 1);
    sl_run_info info = {.experiment = disguise(number % 2, number % 2 ? "second" : "first"),
                        .name = "name",
                        .script_text = "return sl.experiment {}\n",
                        .method = "advsemiseg",
                        .git_dirty = number % 3 - 1,
                        .seed = number % 3,
                        .steps = STEPS,
                        .host = host,
                        .pid = getppid(), // another process than the one that tells it something
                        .threads = 2};
    assert_ok(sl_db_run_new(db, &info, &run, uuid));
    static const char *const columns[] = {"name", "script_path", "git_commit", "device", "versions", "method"};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        char sql[80];
        bool method = i == 5; // some stay what they are, as health asks for adversarial runs
        if (method && number % 2 == 0) continue;
        snprintf(sql, sizeof sql, "UPDATE run SET %s = ?2 WHERE id = ?1", columns[i]);
        execute(db, sql, run, disguise(number, columns[i]), NULL);
    }
    return run;
}

static void finish(sl_db *db, int64_t run, sl_test_disguise disguise) {
    int number = (int)run - 1;
    static const char *const states[] = {"running", "done", "stopped", "failed", "diverged", "running"};
    const char *state = states[number % 6];
    bool failed = number % 6 == 3 || number % 6 == 4;
    if (number % 6 == 5)
        execute(db, "UPDATE run SET heartbeat = heartbeat - 7200, pid = 0 WHERE id = ?1", run, NULL, NULL);
    else if (number % 6 != 0)
        assert_ok(sl_db_run_finish(db, run, state, STEPS, failed ? disguise(number, "error") : NULL));
    // The host is what tells whether the process can be looked for: only runs that have ended may have another.
    if (number % 6 != 0) execute(db, "UPDATE run SET host = ?2 WHERE id = ?1", run, disguise(number, "host"), NULL);
}

void sl_test_watched_fill(const char *path, int runs, sl_test_disguise disguise) {
    sl_db *db;
    sl_writer *writer;
    if (!disguise) disguise = as_it_is;
    assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
    assert_ok(sl_writer_open(path, &writer));
    for (int number = 0; number < runs; number++) {
        int64_t run = add_run(db, number, disguise);
        add_options(db, run, disguise);
        add_words(db, run, disguise);
        for (int64_t step = 1; step <= STEPS; step += 3) sl_test_watched_log(writer, run, step, disguise);
        // The last runs are not evaluated.
        for (int64_t step = EVERY; step <= STEPS && number < runs - 2; step += EVERY)
            sl_test_watched_evaluate(writer, run, step, disguise);
        assert_ok(sl_writer_flush(writer));
    }
    assert_ok(sl_writer_close(writer));
    for (int64_t run = 1; run <= runs; run++) finish(db, run, disguise);
    sl_db_close(db);
}

// ---- filters and reports ----------------------------------------------------------------------------------------------------

struct sl_test_reader {
    sl_watch_filter *filter;
    sl_watch_report *report;
};

static sl_status compile(void *user, const char *filter, sl_text *sql) {
    return sl_watch_filter_compile(((sl_test_reader *)user)->filter, filter, sql);
}
static sl_status report(void *user, const sl_report_request *wanted, sl_text *out) {
    return sl_watch_report_make(((sl_test_reader *)user)->report, wanted, out);
}

sl_test_reader *sl_test_reader_open(const char *path, sl_collect_options *options) {
    sl_test_reader *reader = calloc(1, sizeof *reader);
    assert_non_null(reader);
    assert_ok(sl_watch_filter_new(path, &reader->filter));
    assert_ok(sl_watch_report_new(path, &reader->report));
    options->compile = compile;
    options->report = report;
    options->user = reader;
    return reader;
}

void sl_test_reader_close(sl_test_reader *reader) {
    sl_watch_filter_free(reader->filter);
    sl_watch_report_free(reader->report);
    free(reader);
}

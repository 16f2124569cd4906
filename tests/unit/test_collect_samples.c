// Pictures of samples as the collector gives them: which images and evaluations there are, the pictures of one, what follows from
// them, and rows that hold no picture.
#include "core/base/random.h"
#include "core/io/image.h"
#include "db/writer.h"
#include "tests/support/cmocka.h"
#include "tests/support/database.h"
#include "ui/tui/collect/collect.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *folder, *path;
static sl_writer *writer;
static int64_t run;
static const uint8_t palette[768] = {0, 0, 0, 128, 0, 0, 0, 128, 0, 224, 224, 192}; // three classes and void

static void store(int64_t of, int64_t step, const char *split, const char *image, const char *kind, const uint8_t *pixels,
                  int channels, int colors) {
    sl_text png = {0};
    assert_ok(sl_image_encode_png(kind, &(sl_image){4, 2, channels, (uint8_t *)pixels}, colors ? palette : NULL, colors, &png));
    assert_ok(sl_writer_sample(writer, of, step, split, image, kind, 4, 2, png.data, png.length));
    sl_text_free(&png);
}

static const uint8_t truth[] = {0, 0, 1, 1, 0, 0, 2, 3}, first[] = {0, 0, 0, 0, 0, 0, 0, 0}, last[] = {0, 0, 1, 1, 0, 1, 2, 2},
                     sure[] = {255, 200, 100, 0, 0, 50, 60, 70}, mask[] = {1, 1, 0, 0, 0, 0, 1, 1};

static void store_image(const char *split, const char *image) {
    uint8_t bgr[24];
    for (int i = 0; i < 24; i++) bgr[i] = (uint8_t)(10 * i);
    store(run, 0, split, image, "image", bgr, 3, 0);
    store(run, 0, split, image, "truth", truth, 1, 4);
    for (int64_t step = 0; step <= 20; step += 10) {
        store(run, step, split, image, "prediction", step == 20 ? last : first, 1, 4);
        store(run, step, split, image, "confidence", sure, 1, 0);
        sl_text png = {0};
        static const uint8_t black_white[6] = {0, 0, 0, 255, 255, 255};
        assert_ok(sl_image_encode_png("kept", &(sl_image){4, 2, 1, (uint8_t *)mask}, black_white, 2, &png));
        assert_ok(sl_writer_sample(writer, run, step, split, image, "kept", 4, 2, png.data, png.length));
        sl_text_free(&png);
    }
}

static int setup(void **state) {
    sl_db *db;
    char uuid[37];
    folder = sl_test_folder();
    path = sl_test_path(folder, "samples.db");
    assert_ok(sl_db_open(path, SL_DB_WRITE, &db));
    assert_ok(sl_db_run_new(db, &(sl_run_info){.name = "with", .steps = 20}, &run, uuid));
    sl_db_close(db);
    assert_ok(sl_writer_open(path, &writer));
    store_image("unlabeled", "u1");
    store_image("val", "b");
    store_image("val", "a");
    static const char *const names[] = {"sky", "road", "car"};
    for (int i = 0; i < 3; i++) assert_ok(sl_writer_class_iou(writer, run, 20, "val", i, names[i], 0.5));
    assert_ok(sl_writer_flush(writer));
    return 0;
}

static int teardown(void **state) {
    assert_ok(sl_writer_close(writer));
    sl_test_folder_remove(folder);
    return 0;
}

static sl_snapshot *collect(sl_request request) {
    sl_snapshot *snapshot;
    request.runs = &run;
    request.run_count = 1;
    request.samples = true;
    assert_ok(sl_collect(path, NULL, &request, &snapshot));
    assert_null(snapshot->problem);
    assert_int_equal(snapshot->detail_count, 1);
    assert_non_null(snapshot->details[0].samples);
    return snapshot;
}

static void near(double actual, double expected) {
    if (!(fabs(actual - expected) <= 1e-9)) fail_msg("%.17g, expected %.17g", actual, expected);
}

static void test_what_there_is(void **state) {
    sl_snapshot *s = collect((sl_request){0});
    const sl_samples *samples = s->details[0].samples;
    assert_int_equal(samples->image_count, 3); // val first, by name
    assert_string_equal(samples->splits[0], "val");
    assert_string_equal(samples->images[0], "a");
    assert_string_equal(samples->images[1], "b");
    assert_string_equal(samples->splits[2], "unlabeled");
    assert_int_equal(samples->image, 0);
    assert_int_equal(samples->step_count, 3);
    assert_int_equal(samples->steps[2], 20);
    assert_int_equal(samples->at, 2);
    assert_true(samples->time > 1e9);
    sl_snapshot_free(s);

    s = collect((sl_request){.sample_split = "unlabeled", .sample_image = "u1", .sample_past = true, .sample_step = 19});
    samples = s->details[0].samples;
    assert_int_equal(samples->image, 2);
    assert_int_equal(samples->at, 1); // the newest up to step 19
    sl_snapshot_free(s);
    s = collect((sl_request){.sample_past = true, .sample_step = -5}); // before all: the first
    assert_int_equal(s->details[0].samples->at, 0);
    sl_snapshot_free(s);
    s = collect((sl_request){.sample_split = "val", .sample_image = "u1"});
    assert_int_equal(s->details[0].samples->image, 3); // it is not there
    assert_int_equal(s->details[0].samples->step_count, 0);
    sl_snapshot_free(s);

    // Not asked for.
    sl_request plain = {.runs = &run, .run_count = 1};
    assert_ok(sl_collect(path, NULL, &plain, &s));
    assert_null(s->details[0].samples);
    sl_snapshot_free(s);
}

static void test_pictures(void **state) {
    sl_snapshot *s = collect((sl_request){0});
    const sl_samples *samples = s->details[0].samples;
    for (int kind = 0; kind < SL_SAMPLE_KINDS; kind++) {
        const sl_picture *picture = &samples->pictures[kind];
        assert_null(picture->problem);
        assert_non_null(picture->rgb);
        assert_int_equal(picture->width, 4);
        assert_int_equal(picture->height, 2);
    }
    const sl_picture *image = &samples->pictures[SL_SAMPLE_IMAGE], *prediction = &samples->pictures[SL_SAMPLE_PREDICTION],
                     *confidence = &samples->pictures[SL_SAMPLE_CONFIDENCE], *kept = &samples->pictures[SL_SAMPLE_KEPT];
    assert_memory_equal(image->rgb, ((uint8_t[]){20, 10, 0, 50, 40, 30}), 6); // BGR as RGB
    assert_null(image->labels);
    assert_memory_equal(prediction->labels, last, 8);
    assert_memory_equal(prediction->rgb + 6, ((uint8_t[]){128, 0, 0, 128, 0, 0}), 6);
    assert_memory_equal(confidence->rgb, ((uint8_t[]){255, 255, 255, 200, 200, 200}), 6);
    assert_null(confidence->labels);
    // What is kept is the prediction where it is kept.
    assert_memory_equal(kept->labels, ((uint8_t[]){0, 0, 3, 3, 3, 3, 2, 2}), 8);
    assert_memory_equal(kept->rgb + 18, prediction->rgb + 18, 6);
    assert_memory_equal(kept->rgb + 6, ((uint8_t[]){24, 24, 24}), 3);
    near(samples->kept, 0.5);

    assert_int_equal(samples->void_label, 3);
    assert_int_equal(samples->class_count, 3);
    assert_string_equal(samples->classes[0].name, "sky"); // most pixels
    assert_int_equal(samples->classes[0].truth, 4);
    assert_int_equal(samples->classes[0].predicted, 3);
    assert_int_equal(samples->classes[0].hit, 3);
    assert_string_equal(samples->classes[1].name, "road");
    assert_int_equal(samples->classes[1].rgb[0], 128);
    assert_int_equal(samples->classes[2].predicted, 1); // where the truth is void it does not count
    near(samples->right, 6.0 / 7);
    near(samples->miou, (3.0 / 4 + 2.0 / 3 + 1) / 3);
    sl_snapshot_free(s);
    s = collect((sl_request){.sample_past = true, .sample_step = 10});
    samples = s->details[0].samples;
    near(samples->right, 4.0 / 7);
    assert_int_equal(samples->pictures[SL_SAMPLE_PREDICTION].labels[2], 0);
    sl_snapshot_free(s);
}

// The thread's snapshots share pictures, see new evaluations, and let go of what is not asked for any more.
static void test_growing(void **state) {
    sl_collector *collector;
    uint64_t serial;
    sl_request request = {.runs = &run, .run_count = 1, .samples = true};
    assert_ok(sl_collector_open(path, &(sl_collect_options){.interval = 0.01}, &collector));
    assert_ok(sl_collector_ask(collector, &request, &serial));
    assert_true(sl_collector_wait(collector, serial, 20));
    const sl_snapshot *before = sl_collector_take(collector), *after;
    const sl_samples *shown = before->details[0].samples;
    assert_int_equal(shown->step_count, 3);
    request.columns = 7; // something else of the same pictures
    assert_ok(sl_collector_ask(collector, &request, &serial));
    assert_true(sl_collector_wait(collector, serial, 20));
    after = sl_collector_take(collector);
    assert_ptr_equal(after->details[0].samples, shown); // nothing is decoded again
    sl_collector_release(collector, after);
    store(run, 30, "val", "a", "prediction", truth, 1, 4);
    assert_ok(sl_writer_flush(writer));
    for (int i = 0; i < 2000; i++) {
        after = sl_collector_take(collector);
        bool there = after->details[0].samples->step_count == 4;
        if (there) break;
        sl_collector_release(collector, after);
        after = NULL;
        assert_ok(sl_collector_ask(collector, &request, &serial));
        assert_true(sl_collector_wait(collector, serial, 20));
    }
    assert_non_null(after);
    near(after->details[0].samples->right, 1);
    assert_true(isnan(after->details[0].samples->kept)); // at this step there is no mask
    assert_null(after->details[0].samples->pictures[SL_SAMPLE_KEPT].rgb);
    assert_int_equal(shown->step_count, 3); // the old one is as it was
    assert_memory_equal(shown->pictures[SL_SAMPLE_PREDICTION].labels, last, 8);
    sl_collector_release(collector, before);
    sl_collector_release(collector, after);
    sl_collector_close(collector);
}

static void change(const char *sql, const void *png, size_t bytes) {
    sl_db *db;
    sl_db_value blob = sl_db_blob(png, bytes);
    assert_ok(sl_db_open(path, SL_DB_CHANGE, &db));
    assert_ok(sl_db_execute(db, sql, &blob, 1));
    sl_db_close(db);
}

static void test_no_pictures(void **state) {
    static uint8_t large[1100 * 3], huge[SL_SAMPLE_BYTES + 1];
    sl_text png = {0};
    change("UPDATE sample SET png = ?1 WHERE kind = 'prediction'", "\x89PNG\r\n\x1a\nnot really", 18);
    assert_ok(sl_image_encode_png("large", &(sl_image){1100, 1, 3, large}, NULL, 0, &png));
    change("UPDATE sample SET png = ?1 WHERE kind = 'image'", png.data, png.length);
    change("UPDATE sample SET png = ?1 WHERE kind = 'truth'", huge, sizeof huge);
    change("UPDATE sample SET png = 'text' WHERE kind = 'confidence' AND ?1 IS NOT NULL", "", 0);
    sl_text_free(&png);
    sl_snapshot *s = collect((sl_request){0});
    const sl_samples *samples = s->details[0].samples;
    static const char *const problems[] = {"it cannot be shown: damaged PNG", "it is no picture",
                                           "it cannot be shown: damaged PNG", "it is no picture"};
    for (int kind = 0; kind < SL_SAMPLE_KEPT; kind++) {
        const sl_picture *picture = &samples->pictures[kind];
        assert_null(picture->rgb);
        if (!picture->problem || strncmp(picture->problem, problems[kind], strlen(problems[kind])) != 0)
            fail_msg("picture %d: \"%s\"", kind, picture->problem ? picture->problem : "NULL");
    }
    assert_non_null(samples->pictures[SL_SAMPLE_KEPT].rgb);
    near(samples->kept, 0.5);
    assert_true(isnan(samples->miou));
    sl_snapshot_free(s);
    // Damage of every kind.
    sl_random random = sl_random_at(3, 0, 4);
    assert_ok(sl_image_encode_png("small", &(sl_image){4, 2, 1, (uint8_t *)last}, palette, 4, &png));
    for (int i = 0; i < 300; i++) {
        char copy[400];
        assert_true(png.length < sizeof copy);
        memcpy(copy, png.data, png.length);
        for (int k = 0; k < 1 + i % 4; k++)
            copy[8 + sl_random_below(&random, png.length - 8)] ^= (char)(1 + sl_random_below(&random, 255));
        change(i % 2 ? "UPDATE sample SET png = ?1 WHERE kind = 'prediction'" : "UPDATE sample SET png = ?1 WHERE kind = 'kept'",
               copy, i % 5 ? png.length : sl_random_below(&random, png.length));
        sl_snapshot_free(collect((sl_request){0}));
    }
    sl_text_free(&png);
    // A label map of palettes that do not fit together, and of no colours that are known.
    change("UPDATE sample SET png = (SELECT png FROM sample WHERE kind = 'kept') WHERE kind IN ('truth', 'prediction') AND ?1 IS "
           "NOT NULL",
           "", 0);
    sl_snapshot_free(collect((sl_request){0}));
}

// A file of an older version has no pictures.
static void test_older(void **state) {
    sl_db *db;
    assert_ok(sl_db_open(path, SL_DB_CHANGE, &db));
    assert_ok(sl_db_execute(db, "DELETE FROM sample; DROP TABLE sample; PRAGMA user_version = 2", NULL, 0));
    sl_db_close(db);
    sl_snapshot *s = collect((sl_request){0});
    assert_int_equal(s->details[0].samples->image_count, 0);
    assert_int_equal(s->details[0].samples->step_count, 0);
    sl_snapshot_free(s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void) {
    const struct CMUnitTest tests[] = {TEST(test_what_there_is), TEST(test_pictures), TEST(test_growing), TEST(test_no_pictures),
                                       TEST(test_older)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

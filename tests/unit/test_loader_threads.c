// Threads: the same batches whatever their number and timing, resuming, errors, an end at any moment.
#include "tests/support/cmocka.h"
#include "tests/support/image_files.h"

#include "core/base/random.h"
#include "core/data/loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCHES = 25 };

static sl_loader_options small_options(int threads, int ahead) {
    sl_loader_options o = sl_loader_options_default();
    o.batch = 3;
    o.crop_height = 30;
    o.crop_width = 26;
    o.seed = 5;
    o.threads = threads;
    o.ahead = ahead;
    return o;
}

static uint64_t next_hash(sl_loader *loader) {
    sl_tensor *images, *labels;
    assert_ok(sl_loader_next(loader, &images, &labels));
    uint64_t hash = test_hash(sl_tensor_data(images), sl_tensor_bytes(images)) * 31 +
                    test_hash(sl_tensor_data(labels), sl_tensor_bytes(labels));
    sl_tensor_free(images);
    sl_tensor_free(labels);
    return hash;
}

static sl_dataset *files(void) { // images of many sizes, so that samples take unequal times
    static bool made;
    for (int i = 0; i < 13 && !made; i++) {
        int width = 20 + i * 9 % 50, height = 15 + i * 17 % 60;
        sl_image picture = test_picture(width, height, 3, (unsigned)i), labels = test_labels(width, height, 4, (unsigned)i);
        test_write_jpeg(test_path("root/JPEGImages/i%02d.jpg", i), &picture, (test_jpeg){.progressive = i % 3 == 0});
        assert_ok(sl_image_write_png(test_path("root/SegmentationClass/i%02d.png", i), &labels, NULL));
        sl_image_clear(&picture);
        sl_image_clear(&labels);
    }
    if (!made)
        test_write_text(test_path("root/ImageSets/Segmentation/all.txt"),
                        "i00\ni01\ni02\ni03\ni04\ni05\ni06\ni07\ni08\ni09\ni10\ni11\ni12\n");
    made = true;
    sl_dataset *dataset;
    assert_ok(
        sl_dataset_open_voc(&(sl_voc_options){.root = test_path("root"), .list = "all", .classes = 4, .labels = true}, &dataset));
    return dataset;
}

static void test_same_batches(void **state) {
    (void)state;
    static const int threads[] = {0, 1, 2, 5, 5, 2}, ahead[] = {0, 1, 2, 4, 1, 7};
    static const size_t cache[] = {(size_t)256 << 20, 0, 20000, (size_t)1 << 20, (size_t)256 << 20, 0};
    uint64_t expected[BATCHES];
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        sl_dataset *dataset = files();
        sl_dataset_cache_limit(dataset, cache[i]); // all, none, some
        sl_loader_options o = small_options(threads[i], ahead[i]);
        sl_loader *loader;
        assert_ok(sl_loader_new(dataset, &o, &loader));
        sl_dataset_free(dataset); // the loader keeps it
        for (int b = 0; b < BATCHES; b++) {
            if (i && b % 7 == 3) usleep(1500); // a slow consumer now and then
            uint64_t hash = next_hash(loader);
            if (i == 0)
                expected[b] = hash;
            else if (hash != expected[b])
                fail_msg("batch %d with %d threads differs from the one made without", b, threads[i]);
        }
        sl_loader_free(loader);
    }
    printf("compared %d batches over 0, 1, 2 and 5 threads\n", BATCHES);
}

static void test_position(void **state) {
    (void)state;
    uint64_t expected[BATCHES];
    for (int threads = 0; threads <= 3; threads++) {
        sl_dataset *dataset = files();
        sl_loader_options o = small_options(threads, 3);
        sl_loader *loader, *resumed;
        assert_ok(sl_loader_new(dataset, &o, &loader));
        for (int b = 0; b < BATCHES; b++) {
            assert_int_equal(sl_loader_position(loader), b * 3);
            expected[b] = next_hash(loader);
        }
        static const int places[] = {7, 0, 24, 12, 11, 3};
        for (size_t i = 0; i < sizeof places / sizeof *places; i++) { // to and fro
            assert_ok(sl_loader_seek(loader, (uint64_t)places[i] * 3));
            for (int b = places[i]; b < BATCHES && b < places[i] + 3; b++) assert_int_equal(next_hash(loader), expected[b]);
        }
        for (int b = 0; b < BATCHES; b += 6) { // a fresh loader, as after a restart
            assert_ok(sl_loader_new(dataset, &o, &resumed));
            assert_ok(sl_loader_seek(resumed, (uint64_t)b * 3));
            assert_int_equal(sl_loader_position(resumed), b * 3);
            assert_int_equal(next_hash(resumed), expected[b]);
            sl_loader_free(resumed);
        }
        assert_error(sl_loader_seek(loader, UINT64_MAX), SL_ERR_ARGUMENT, "no position");
        sl_loader_free(loader);
        sl_dataset_free(dataset);
    }
}

// A damaged image spoils the batches that hold it, with the same message whatever the threads; the others come through.
static void test_errors(void **state) {
    (void)state;
    sl_dataset *dataset = files();
    const char *path = test_path("root/JPEGImages/i07.jpg"), *other = test_path("root/SegmentationClass/i02.png");
    size_t size, other_size;
    unsigned char *bytes = test_read(path, &size), *other_bytes = test_read(other, &other_size);
    test_write(path, bytes, size / 2);
    test_write(other, other_bytes, other_size - 3);
    char messages[BATCHES][1024];
    int failed = 0;
    for (int threads = 0; threads <= 5; threads++) {
        sl_loader_options o = small_options(threads, 2);
        o.batch = 4;
        sl_loader *loader;
        assert_ok(sl_loader_new(dataset, &o, &loader));
        for (int b = 0; b < BATCHES; b++) {
            sl_tensor *images, *labels;
            sl_status status = sl_loader_next(loader, &images, &labels);
            const char *message = status == SL_OK ? "" : sl_error_message();
            if (status != SL_OK) {
                failed++;
                assert_int_equal(status, SL_ERR_FORMAT);
                assert_null(images);
                assert_null(labels);
                assert_true(strstr(message, "JPEGImages/i07.jpg") || strstr(message, "SegmentationClass/i02.png"));
            }
            if (threads == 0)
                snprintf(messages[b], sizeof messages[b], "%s", message);
            else
                assert_string_equal(message, messages[b]);
            sl_tensor_free(images);
            sl_tensor_free(labels);
        }
        assert_int_equal(sl_loader_position(loader), BATCHES * 4);
        sl_loader_free(loader);
    }
    assert_in_range(failed, 6 * 7, 6 * (BATCHES - 1));
    printf("%d batches failed as they should, of %d\n", failed, 6 * BATCHES);
    test_write(path, bytes, size);
    test_write(other, other_bytes, other_size);
    free(bytes);
    free(other_bytes);
    sl_dataset_free(dataset);
}

static void test_end_at_any_moment(void **state) {
    (void)state;
    sl_dataset *dataset = files();
    sl_loader_free(NULL);
    for (int i = 0; i < 60; i++) {
        sl_loader_options o = small_options(1 + i % 5, 1 + i % 4);
        sl_loader *loader;
        assert_ok(sl_loader_new(dataset, &o, &loader));
        for (int b = 0; b < i % 4; b++) next_hash(loader);
        if (i % 3 == 0) usleep((useconds_t)(i * 20));
        if (i % 5 == 0) assert_ok(sl_loader_seek(loader, (uint64_t)i));
        sl_loader_free(loader);
    }
    sl_dataset_free(dataset);
}

// Three streams over subsets of one dataset, as the method has them, at once.
static void test_streams_share_a_dataset(void **state) {
    (void)state;
    sl_dataset *dataset = files(), *parts[3];
    uint32_t labeled[13], unlabeled[13];
    size_t labeled_count, unlabeled_count;
    sl_split_fraction(13, 0.3, 1, labeled, &labeled_count, unlabeled, &unlabeled_count);
    assert_ok(sl_dataset_new_subset(dataset, labeled, labeled_count, &parts[0]));
    assert_ok(sl_dataset_new_subset(dataset, unlabeled, unlabeled_count, &parts[1]));
    parts[2] = sl_dataset_retain(parts[0]);
    uint64_t expected[3][8];
    for (int threads = 0; threads <= 2; threads += 2) {
        sl_loader *loaders[3];
        for (int s = 0; s < 3; s++) {
            sl_loader_options o = small_options(threads, 2);
            o.stream = (uint32_t)SL_STREAM_LABELED + (uint32_t)s;
            assert_ok(sl_loader_new(parts[s], &o, &loaders[s]));
        }
        for (int b = 0; b < 8; b++)
            for (int s = 0; s < 3; s++) {
                uint64_t hash = next_hash(loaders[s]);
                if (threads == 0)
                    expected[s][b] = hash;
                else
                    assert_int_equal(hash, expected[s][b]);
            }
        for (int s = 0; s < 3; s++) sl_loader_free(loaders[s]);
    }
    assert_true(expected[0][0] != expected[2][0]); // the two labelled streams are independent
    for (int s = 0; s < 3; s++) sl_dataset_free(parts[s]);
    sl_dataset_free(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_batches), cmocka_unit_test(test_position),
                                       cmocka_unit_test(test_errors), cmocka_unit_test(test_end_at_any_moment),
                                       cmocka_unit_test(test_streams_share_a_dataset)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

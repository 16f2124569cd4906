// The loader's batches against a plain second way of making them, and its edges.
#include "tests/support/cmocka.h"
#include "tests/support/image_files.h"

#include "core/base/memory.h"
#include "core/base/random.h"
#include "core/data/loader.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sl_dataset *scenes(int width, int height, int count) {
    sl_dataset *dataset;
    assert_ok(sl_dataset_open_synthetic(&(sl_synthetic_options){width, height, 6, count, 1, 0}, &dataset));
    return dataset;
}

static sl_loader *new_loader(sl_dataset *dataset, const sl_loader_options *options) {
    sl_loader *loader;
    assert_ok(sl_loader_new(dataset, options, &loader));
    return loader;
}

static void free_pair(sl_tensor *images, sl_tensor *labels) {
    sl_tensor_free(images);
    sl_tensor_free(labels);
}

// The recipe step by step on whole images: scale, subtract the mean, pad, crop, mirror, divide.
static void make_plainly(const sl_loader_options *o, sl_random random, const sl_image *image, const sl_image *label,
                         float *pixels, uint8_t *labels) {
    double factor = o->scale_least + (o->scale_most - o->scale_least) * sl_random_uniform(&random);
    sl_image scaled, scaled_label;
    assert_ok(sl_image_scale_linear(image, factor, &scaled));
    assert_ok(sl_image_scale_nearest(label, factor, &scaled_label));
    int height = scaled.height > o->crop_height ? scaled.height : o->crop_height;
    int width = scaled.width > o->crop_width ? scaled.width : o->crop_width;
    float *padded = calloc((size_t)width * (size_t)height * 3, sizeof *padded);
    uint8_t *padded_label = malloc((size_t)width * (size_t)height);
    assert_true(padded && padded_label);
    memset(padded_label, 255, (size_t)width * (size_t)height);
    for (int y = 0; y < scaled.height; y++)
        for (int x = 0; x < scaled.width; x++) {
            for (int c = 0; c < 3; c++)
                padded[(y * width + x) * 3 + c] = (float)scaled.pixels[(y * scaled.width + x) * 3 + c] - o->mean[c];
            padded_label[y * width + x] = scaled_label.pixels[y * scaled.width + x];
        }
    int top = (int)sl_random_below(&random, (uint64_t)(height - o->crop_height + 1));
    int left = (int)sl_random_below(&random, (uint64_t)(width - o->crop_width + 1));
    bool mirrored = sl_random_uniform(&random) < 0.5 && o->mirror;
    for (int y = 0; y < o->crop_height; y++)
        for (int x = 0; x < o->crop_width; x++) {
            int from = (top + y) * width + left + (mirrored ? o->crop_width - 1 - x : x), to = y * o->crop_width + x;
            for (int c = 0; c < 3; c++) pixels[to * 3 + c] = padded[from * 3 + c] / o->divisor;
            labels[to] = padded_label[from];
        }
    free(padded);
    free(padded_label);
    sl_image_clear(&scaled);
    sl_image_clear(&scaled_label);
}

static void compare_with_plain(sl_dataset *dataset, const sl_loader_options *o, int batches) {
    sl_loader *loader = new_loader(dataset, o);
    size_t area = (size_t)o->crop_height * (size_t)o->crop_width, count = sl_dataset_count(dataset);
    float *pixels = malloc(area * 3 * sizeof *pixels);
    uint8_t *label_pixels = malloc(area);
    uint32_t *order = malloc(count * sizeof *order);
    assert_true(pixels && label_pixels && order);
    uint64_t sample = 0;
    for (int b = 0; b < batches; b++) {
        sl_tensor *images, *labels;
        assert_ok(sl_loader_next(loader, &images, &labels));
        sl_shape shape = sl_tensor_shape(images), label_shape = sl_tensor_shape(labels);
        assert_int_equal(shape.rank, 4);
        assert_int_equal(shape.n, o->batch);
        assert_int_equal(shape.c, 3);
        assert_int_equal(shape.h, o->crop_height);
        assert_int_equal(shape.w, o->crop_width);
        assert_int_equal(label_shape.rank, 3);
        assert_int_equal(sl_shape_count(label_shape), o->batch * (int64_t)area);
        for (int i = 0; i < o->batch; i++, sample++) {
            sl_random random = sl_random_at(o->seed, o->stream, (uint64_t)1 << 63 | sample / count);
            sl_random_permutation(&random, order, (uint32_t)count);
            sl_image image, label;
            assert_ok(sl_dataset_read(dataset, order[sample % count], &image, &label));
            make_plainly(o, sl_random_at(o->seed, o->stream, sample), &image, &label, pixels, label_pixels);
            assert_memory_equal(sl_tensor_f32(images) + (size_t)i * area * 3, pixels, area * 3 * sizeof *pixels);
            assert_memory_equal(sl_tensor_u8(labels) + (size_t)i * area, label_pixels, area);
            sl_image_clear(&image);
            sl_image_clear(&label);
        }
        assert_int_equal(sl_loader_position(loader), sample);
        free_pair(images, labels);
    }
    printf("compared %llu crops of %dx%d, bit by bit\n", (unsigned long long)sample, o->crop_height, o->crop_width);
    free(pixels);
    free(label_pixels);
    free(order);
    sl_loader_free(loader);
}

static void test_against_plain(void **state) {
    (void)state;
    sl_dataset *dataset = scenes(70, 50, 7);
    sl_loader_options o = sl_loader_options_default();
    o.batch = 3;
    o.divisor = 58;
    o.seed = 9;
    static const int crops[][2] = {{33, 41}, {64, 64}, {20, 120}, {1, 1}}; // inside, and padded on one side or both
    for (size_t i = 0; i < sizeof crops / sizeof *crops; i++) {
        o.crop_height = crops[i][0];
        o.crop_width = crops[i][1];
        o.mirror = i != 2;
        compare_with_plain(dataset, &o, 8);
    }
    o.scale_least = o.scale_most = 1;
    compare_with_plain(dataset, &o, 3);
    sl_dataset_free(dataset);
}

// Within an epoch each image comes once; streams and seeds differ.
static void test_epochs(void **state) {
    (void)state;
    sl_dataset *dataset = scenes(8, 8, 11);
    sl_loader_options o = sl_loader_options_default();
    o.crop_height = o.crop_width = 8;
    o.scale_least = o.scale_most = 1;
    o.mirror = false;
    sl_loader *loader = new_loader(dataset, &o);
    uint64_t known[11], first_order[11] = {0};
    for (size_t i = 0; i < 11; i++) {
        sl_tensor *image;
        assert_ok(sl_dataset_tensor(dataset, i, o.mean, o.divisor, &image, NULL));
        known[i] = test_hash(sl_tensor_data(image), sl_tensor_bytes(image));
        sl_tensor_free(image);
    }
    bool order_changed = false;
    for (int epoch = 0; epoch < 3; epoch++) {
        int seen[11] = {0};
        for (int k = 0; k < 11; k++) {
            sl_tensor *images, *labels;
            assert_ok(sl_loader_next(loader, &images, &labels));
            uint64_t hash = test_hash(sl_tensor_data(images), sl_tensor_bytes(images));
            for (int i = 0; i < 11; i++) seen[i] += hash == known[i];
            if (epoch == 0)
                first_order[k] = hash;
            else
                order_changed |= first_order[k] != hash;
            free_pair(images, labels);
        }
        for (int i = 0; i < 11; i++) assert_int_equal(seen[i], 1);
    }
    assert_true(order_changed);
    sl_loader_free(loader);
    for (int variant = 0; variant < 2; variant++) {
        sl_loader_options changed = o;
        if (variant)
            changed.seed++;
        else
            changed.stream = SL_STREAM_GROUND_TRUTH;
        loader = new_loader(dataset, &changed);
        bool differs = false;
        for (int k = 0; k < 11; k++) {
            sl_tensor *images, *labels;
            assert_ok(sl_loader_next(loader, &images, &labels));
            differs |= test_hash(sl_tensor_data(images), sl_tensor_bytes(images)) != first_order[k];
            free_pair(images, labels);
        }
        assert_true(differs);
        sl_loader_free(loader);
    }
    sl_dataset_free(dataset);
}

static void test_whole_image(void **state) {
    (void)state;
    sl_dataset *dataset = scenes(20, 12, 2);
    const float mean[3] = {1, 2, 3};
    sl_tensor *image, *label;
    sl_image raw, raw_label;
    assert_ok(sl_dataset_tensor(dataset, 1, mean, 2, &image, &label));
    assert_ok(sl_dataset_read(dataset, 1, &raw, &raw_label));
    assert_int_equal(sl_tensor_shape(image).h, 12);
    assert_int_equal(sl_tensor_shape(image).w, 20);
    assert_int_equal(sl_tensor_shape(label).h, 12);
    for (int i = 0; i < 20 * 12 * 3; i++) {
        float expected = ((float)raw.pixels[i] - mean[i % 3]) / 2;
        assert_memory_equal(sl_tensor_f32(image) + i, &expected, sizeof expected);
    }
    assert_memory_equal(sl_tensor_u8(label), raw_label.pixels, 20 * 12);
    sl_image_clear(&raw);
    sl_image_clear(&raw_label);
    free_pair(image, label);
    assert_error(sl_dataset_tensor(dataset, 2, mean, 2, &image, &label), SL_ERR_ARGUMENT, "image 2 of a dataset of 2");
    assert_null(image);
    assert_error(sl_dataset_tensor(dataset, 0, mean, 0, &image, &label), SL_ERR_ARGUMENT, "divisor 0");
    sl_dataset_free(dataset);
}

static void test_refusals(void **state) {
    (void)state;
    sl_dataset *dataset = scenes(16, 16, 2);
    sl_loader *loader;
    const sl_loader_options good = sl_loader_options_default();
    sl_loader_options o = good;
    o.batch = 0;
    assert_error(sl_loader_new(dataset, &o, &loader), SL_ERR_ARGUMENT, "batch of 0");
    assert_null(loader);
    o = good, o.scale_least = 0;
    assert_error(sl_loader_new(dataset, &o, &loader), SL_ERR_ARGUMENT, "scales from 0");
    o = good, o.scale_most = NAN;
    assert_error(sl_loader_new(dataset, &o, &loader), SL_ERR_ARGUMENT, "scales from");
    o = good, o.divisor = 0;
    assert_error(sl_loader_new(dataset, &o, &loader), SL_ERR_ARGUMENT, "divisor 0");
    o = good, o.threads = -1;
    assert_error(sl_loader_new(dataset, &o, &loader), SL_ERR_ARGUMENT, "-1 loader threads");
    for (int threads = 0; threads < 2; threads++) { // larger than memory: 11 PiB, and more than 64 bits count
        o = good, o.threads = threads, o.crop_height = o.crop_width = 30000000;
        assert_error(sl_loader_new(dataset, &o, &loader), SL_ERR_MEMORY, "crops of 30000000x30000000 need");
        o.batch = o.crop_height = o.crop_width = 2147483647;
        assert_error(sl_loader_new(dataset, &o, &loader), SL_ERR_MEMORY, "choose a smaller crop or batch");
        assert_null(loader);
    }
    sl_dataset_free(dataset);
}

// The n-th allocation fails, for every n until a batch comes out. In the caller's thread, so that the counter is not shared.
static int left;
static bool count_down(void *user, size_t size) {
    (void)user;
    (void)size;
    return left-- > 0;
}

static void test_allocation_failures(void **state) {
    (void)state;
    sl_loader_options o = sl_loader_options_default();
    o.threads = 0;
    o.batch = 2;
    o.crop_height = o.crop_width = 24;
    int failures = 0;
    for (int allowed = 0;; allowed++) {
        sl_dataset *dataset = scenes(32, 32, 3);
        sl_loader *loader = NULL;
        sl_tensor *images = NULL, *labels = NULL;
        left = allowed;
        sl_memory_hook_set(count_down, NULL);
        sl_status status = sl_loader_new(dataset, &o, &loader);
        if (status == SL_OK) status = sl_loader_next(loader, &images, &labels);
        sl_memory_hook_set(NULL, NULL);
        assert_int_equal(status == SL_OK, images != NULL && labels != NULL);
        free_pair(images, labels);
        sl_loader_free(loader);
        sl_dataset_free(dataset);
        if (status == SL_OK) break;
        if (status != SL_ERR_MEMORY) fail_msg("allocation %d: status %d: %s", allowed, status, sl_error_message());
        failures++;
    }
    printf("allocations made to fail: %d\n", failures);
    assert_true(failures > 15);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_plain), cmocka_unit_test(test_epochs),
                                       cmocka_unit_test(test_whole_image), cmocka_unit_test(test_refusals),
                                       cmocka_unit_test(test_allocation_failures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

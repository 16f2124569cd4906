// Bad data, one kind after the other: each error names the file and what is wrong, and nothing is left allocated.
#include "tests/support/cmocka.h"
#include "tests/support/image_files.h"

#include "core/base/memory.h"
#include "core/data/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_pair(const char *id, int width, int height, int label_width, int label_height, int classes) {
    sl_image picture = test_picture(width, height, 3, 1), labels = test_labels(label_width, label_height, classes, 1);
    test_write_jpeg(test_path("root/JPEGImages/%s.jpg", id), &picture, (test_jpeg){0});
    assert_ok(sl_image_write_png(test_path("root/SegmentationClass/%s.png", id), &labels, NULL));
    sl_image_clear(&picture);
    sl_image_clear(&labels);
}

static sl_status open_with(const char *list, sl_dataset **out) {
    test_write_text(test_path("root/list.txt"), list);
    return sl_dataset_open_voc(
        &(sl_voc_options){.root = test_path("root"), .list = test_path("root/list.txt"), .labels = true, .classes = 5}, out);
}

static int set_up(void **state) {
    (void)state;
    write_pair("good", 24, 16, 24, 16, 5);
    write_pair("other", 24, 16, 24, 16, 5);
    return 0;
}

static void test_lists(void **state) {
    (void)state;
    static const struct {
        const char *list;
        sl_status status;
        const char *words;
    } cases[] = {{"", SL_ERR_DATA, "list.txt:1: the list is empty"},
                 {"\n\n# only words\n", SL_ERR_DATA, "the list is empty"},
                 {"good\nother\n\ngood\n", SL_ERR_DATA, "list.txt:4: \"good\" is in the list already, on line 1"},
                 {"good\nJPEGImages/good.jpg\n", SL_ERR_DATA, "list.txt:2: \"good\" is in the list already, on line 1"},
                 {"good\nmissing\n", SL_ERR_IO, "list.txt:2: the image of \"missing\" is missing"},
                 {"good 1\n", SL_ERR_DATA, "list.txt:1: \"good 1\" is neither"},
                 {"a.jpg b.png c.png\n", SL_ERR_DATA, "list.txt:1: more than"},
                 {"JPEGImages/good.jpg nowhere/good.png\n", SL_ERR_IO, "list.txt:1: the label of \"good\" is missing"},
                 {".jpg\n", SL_ERR_DATA, "list.txt:1: \".jpg\" holds no id"}};
    sl_dataset *dataset;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_error(open_with(cases[i].list, &dataset), cases[i].status, cases[i].words);
        assert_null(dataset);
    }
    test_write(test_path("root/binary.txt"), "good\0bad\n", 9);
    sl_voc_options options = {.root = test_path("root"), .list = test_path("root/binary.txt"), .labels = true};
    assert_error(sl_dataset_open_voc(&options, &dataset), SL_ERR_FORMAT, "not a text file");
    options.list = "nolist";
    assert_error(sl_dataset_open_voc(&options, &dataset), SL_ERR_IO, "\"nolist\"");
    options.root = "/no/such/root";
    assert_error(sl_dataset_open_voc(&options, &dataset), SL_ERR_IO, "/no/such/root");
    assert_error(sl_dataset_open_voc(&(sl_voc_options){.list = "x"}, &dataset), SL_ERR_ARGUMENT, "needs its folder");
}

// Opens a list of one id and expects reading it to fail.
static void assert_bad(const char *id, sl_status code, const char *words) {
    sl_dataset *dataset;
    sl_image image, label;
    assert_ok(open_with(id, &dataset));
    assert_error(sl_dataset_check(dataset, 0), code, words);
    assert_error(sl_dataset_read(dataset, 0, &image, &label), code, words);
    assert_null(image.pixels);
    assert_null(label.pixels);
    sl_dataset_free(dataset);
}

static void test_sizes_differ(void **state) {
    (void)state;
    write_pair("sizes", 24, 16, 24, 17, 5);
    assert_bad("sizes", SL_ERR_DATA, "SegmentationClass/sizes.png is 24x17 but its image");
    assert_bad("sizes", SL_ERR_DATA, "JPEGImages/sizes.jpg is 24x16");
}

static void test_label_out_of_range(void **state) {
    (void)state;
    write_pair("range", 24, 16, 24, 16, 5);
    sl_image labels = test_labels(24, 16, 5, 1);
    labels.pixels[11 * 24 + 7] = 5;
    labels.pixels[12 * 24 + 2] = 254;
    assert_ok(sl_image_write_png(test_path("root/SegmentationClass/range.png"), &labels, NULL));
    sl_image_clear(&labels);
    assert_bad("range", SL_ERR_DATA, "SegmentationClass/range.png: label 5 at pixel x=7, y=11 is neither one of the 5 classes");
}

static void test_damaged_files(void **state) {
    (void)state;
    static const char *const folders[][2] = {{"JPEGImages", "jpg"}, {"SegmentationClass", "png"}};
    for (int i = 0; i < 2; i++) {
        write_pair("cut", 24, 16, 24, 16, 5);
        char name[64];
        snprintf(name, sizeof name, "%s/cut.%s", folders[i][0], folders[i][1]);
        size_t size;
        unsigned char *bytes = test_read(test_path("root/%s", name), &size);
        test_write(test_path("root/%s", name), bytes, size - 20);
        free(bytes);
        assert_bad("cut", SL_ERR_FORMAT, name);
        test_write(test_path("root/%s", name), "", 0);
        assert_bad("cut", SL_ERR_FORMAT, name);
    }
    write_pair("colours", 24, 16, 24, 16, 5);
    sl_image picture = test_picture(24, 16, 3, 1);
    assert_ok(sl_image_write_png(test_path("root/SegmentationClass/colours.png"), &picture, NULL));
    sl_image_clear(&picture);
    assert_bad("colours", SL_ERR_FORMAT, "SegmentationClass/colours.png: the label file holds colours");
}

static void test_gone_after_opening(void **state) {
    (void)state;
    write_pair("gone", 24, 16, 24, 16, 5);
    sl_dataset *dataset;
    assert_ok(open_with("good\ngone\n", &dataset));
    unlink(test_path("root/JPEGImages/gone.jpg"));
    sl_image image;
    assert_error(sl_dataset_read(dataset, 1, &image, NULL), SL_ERR_IO, "JPEGImages/gone.jpg");
    assert_ok(sl_dataset_check(dataset, 0));
    sl_dataset_free(dataset);
}

static void test_unreadable(void **state) {
    (void)state;
    if (geteuid() == 0) {
        printf("SKIPPED: unreadable files, as root reads everything\n");
        skip();
    }
    write_pair("locked", 24, 16, 24, 16, 5);
    sl_dataset *dataset;
    chmod(test_path("root/JPEGImages/locked.jpg"), 0);
    assert_error(open_with("locked\n", &dataset), SL_ERR_IO, "not readable");
}

// The n-th allocation fails, for every n until opening and reading succeed.
static int left;
static bool count_down(void *user, size_t size) {
    (void)user;
    (void)size;
    return left-- > 0;
}

static void test_allocation_failures(void **state) {
    (void)state;
    test_write_text(test_path("root/two.txt"), "good\nother\n");
    sl_voc_options options = {.root = test_path("root"), .list = test_path("root/two.txt"), .labels = true, .classes = 5};
    int failures = 0;
    for (int allowed = 0;; allowed++) {
        sl_dataset *dataset = NULL, *subset = NULL;
        sl_image image = {0}, label = {0};
        const uint32_t one[] = {1};
        left = allowed;
        sl_memory_hook_set(count_down, NULL);
        sl_status status = sl_dataset_open_voc(&options, &dataset);
        if (status == SL_OK) status = sl_dataset_new_subset(dataset, one, 1, &subset);
        if (status == SL_OK) status = sl_dataset_read(subset, 0, &image, &label);
        sl_memory_hook_set(NULL, NULL);
        sl_image_clear(&image);
        sl_image_clear(&label);
        sl_dataset_free(subset);
        sl_dataset_free(dataset);
        if (status == SL_OK) break;
        if (status != SL_ERR_MEMORY) fail_msg("allocation %d: status %d: %s", allowed, status, sl_error_message());
        failures++;
    }
    printf("allocations made to fail: %d\n", failures);
    assert_true(failures > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lists),
                                       cmocka_unit_test(test_sizes_differ),
                                       cmocka_unit_test(test_label_out_of_range),
                                       cmocka_unit_test(test_damaged_files),
                                       cmocka_unit_test(test_gone_after_opening),
                                       cmocka_unit_test(test_unreadable),
                                       cmocka_unit_test(test_allocation_failures)};
    return cmocka_run_group_tests(tests, set_up, NULL);
}

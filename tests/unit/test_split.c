// Splits by fraction and by list, and the check that no image is in both.
#include "tests/support/cmocka.h"
#include "tests/support/image_files.h"

#include "core/base/memory.h"
#include "core/data/dataset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sl_dataset *scenes(int count, uint64_t first) {
    sl_dataset *dataset;
    assert_ok(sl_dataset_open_synthetic(&(sl_synthetic_options){16, 16, 3, count, 1, first}, &dataset));
    return dataset;
}

static void test_fraction(void **state) {
    (void)state;
    enum { COUNT = 97 };
    uint32_t labeled[COUNT], unlabeled[COUNT], quarter[COUNT], rest[COUNT];
    size_t labeled_count, unlabeled_count, quarter_count, rest_count;
    static const struct {
        double fraction;
        size_t expected;
    } cases[] = {{1.0 / 8, 12}, {0.5, 49}, {1, COUNT}, {2, COUNT}, {0, 1}, {-1, 1}, {NAN, 1}, {0.001, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sl_split_fraction(COUNT, cases[i].fraction, 7, labeled, &labeled_count, unlabeled, &unlabeled_count);
        assert_int_equal(labeled_count, cases[i].expected);
        assert_int_equal(labeled_count + unlabeled_count, COUNT);
        bool seen[COUNT] = {false};
        for (size_t k = 0; k < COUNT; k++) { // each image once
            uint32_t index = k < labeled_count ? labeled[k] : unlabeled[k - labeled_count];
            assert_in_range(index, 0, COUNT - 1);
            assert_false(seen[index]);
            seen[index] = true;
        }
    }
    // The same seed gives the same split, a larger fraction holds the smaller one, another seed gives another.
    sl_split_fraction(COUNT, 1.0 / 8, 7, labeled, &labeled_count, unlabeled, &unlabeled_count);
    sl_split_fraction(COUNT, 1.0 / 4, 7, quarter, &quarter_count, rest, &rest_count);
    assert_memory_equal(labeled, quarter, labeled_count * sizeof *labeled);
    sl_split_fraction(COUNT, 1.0 / 8, 8, quarter, &quarter_count, rest, &rest_count);
    assert_memory_not_equal(labeled, quarter, labeled_count * sizeof *labeled);
    sl_split_fraction(0, 0.5, 7, labeled, &labeled_count, unlabeled, &unlabeled_count);
    assert_int_equal(labeled_count + unlabeled_count, 0);
}

static void test_list(void **state) {
    (void)state;
    sl_dataset *dataset = scenes(10, 5);
    const char *path = test_path("list.txt");
    uint32_t *indices;
    size_t count;
    test_write_text(
        path,
        "# labelled\nscene_000007\n\n/JPEGImages/scene_000005.jpg /SegmentationClassAug/scene_000005.png\nscene_000014.png\n");
    assert_ok(sl_split_read(path, dataset, &indices, &count));
    assert_int_equal(count, 3);
    assert_memory_equal(indices, ((uint32_t[]){2, 0, 9}), 12);
    sl_free(indices);
    test_write_text(path, "scene_000007\nscene_000004\n");
    assert_error(sl_split_read(path, dataset, &indices, &count), SL_ERR_DATA, "list.txt:2: \"scene_000004\" is not an image");
    assert_null(indices);
    test_write_text(path, "scene_000007\nscene_000008\nscene_000007\n");
    assert_error(sl_split_read(path, dataset, &indices, &count), SL_ERR_DATA,
                 "list.txt:3: \"scene_000007\" is in the list already, on line 1");
    test_write_text(path, "\n");
    assert_error(sl_split_read(path, dataset, &indices, &count), SL_ERR_DATA, "list.txt:1: the list is empty");
    assert_error(sl_split_read("/no/such/list", dataset, &indices, &count), SL_ERR_IO, "/no/such/list");
    sl_dataset_free(dataset);
}

static void assert_disjoint(const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count) {
    for (size_t i = 0; i < a_count; i++)
        for (size_t k = 0; k < b_count; k++) assert_int_not_equal(a[i], b[k]);
}

// The published CamVid lists cover train, without overlap.
static void test_published(void **state) {
    (void)state;
    static const char *const parts[] = {"1_2", "1_4", "1_8", "1_16"};
    const char *camvid = test_shared("data/camvid");
    if (!camvid) skip();
    sl_dataset *dataset;
    assert_ok(sl_dataset_open_voc(&(sl_voc_options){.root = camvid, .list = "train", .labels = true}, &dataset));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char name[64];
        uint32_t *labeled, *unlabeled;
        size_t labeled_count, unlabeled_count;
        snprintf(name, sizeof name, "data/splits/camvid/%s_labeled.txt", parts[i]);
        assert_ok(sl_split_read(test_shared(name), dataset, &labeled, &labeled_count));
        snprintf(name, sizeof name, "data/splits/camvid/%s_unlabeled.txt", parts[i]);
        assert_ok(sl_split_read(test_shared(name), dataset, &unlabeled, &unlabeled_count));
        assert_disjoint(labeled, labeled_count, unlabeled, unlabeled_count);
        assert_int_equal(labeled_count + unlabeled_count, sl_dataset_count(dataset));
        printf("%s: %zu labelled, %zu not\n", parts[i], labeled_count, unlabeled_count);
        sl_free(labeled);
        sl_free(unlabeled);
    }
    sl_dataset_free(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_fraction), cmocka_unit_test(test_list),
                                       cmocka_unit_test(test_published)};
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    return failures ? 1 : test_shared_was_absent() ? 77 : 0;
}

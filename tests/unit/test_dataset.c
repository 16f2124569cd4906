// The VOC layout as it should be: lists in all their forms, classes, subsets, the cache.
#include "tests/support/cmocka.h"
#include "tests/support/image_files.h"

#include "core/data/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const int sides[4][2] = {{20, 14}, {16, 16}, {9, 21}, {33, 8}};

// root/NAME with images a, b, c, d (b is a PNG) of different sizes.
static const char *make_root(const char *name) {
    for (int i = 0; i < 4; i++) {
        sl_image picture = test_picture(sides[i][0], sides[i][1], 3, (unsigned)i),
                 labels = test_labels(sides[i][0], sides[i][1], 5, (unsigned)i);
        if (i == 1)
            assert_ok(sl_image_write_png(test_path("%s/JPEGImages/b.png", name), &picture, NULL));
        else
            test_write_jpeg(test_path("%s/JPEGImages/%c.jpg", name, 'a' + i), &picture, (test_jpeg){0});
        assert_ok(sl_image_write_png(test_path("%s/SegmentationClass/%c.png", name, 'a' + i), &labels, NULL));
        sl_image_clear(&picture);
        sl_image_clear(&labels);
    }
    test_write_text(test_path("%s/ImageSets/Segmentation/all.txt", name), "a\nb\nc\nd\n");
    test_write_text(test_path("%s/classes.txt", name), "ground 1 2 3\nsky 4 5 6\nred car 7 8 9\n\n# more\ntree\npole 255 0 10\n");
    return test_path("%s", name);
}

static sl_dataset *open_list(const char *root, const char *list) {
    sl_dataset *dataset;
    assert_ok(sl_dataset_open_voc(&(sl_voc_options){.root = root, .list = list, .labels = true}, &dataset));
    return dataset;
}

static void test_layout(void **state) {
    (void)state;
    const char *root = make_root("layout");
    sl_dataset *dataset = open_list(root, "all");
    assert_int_equal(sl_dataset_count(dataset), 4);
    assert_int_equal(sl_dataset_classes(dataset), 5);
    assert_string_equal(sl_dataset_class_name(dataset, 2), "red car");
    assert_string_equal(sl_dataset_class_name(dataset, 3), "tree");
    assert_null(sl_dataset_class_name(dataset, 5));
    assert_memory_equal(sl_dataset_class_color(dataset, 4), ((uint8_t[]){255, 0, 10}), 3);
    assert_memory_equal(sl_dataset_class_color(dataset, 3), ((uint8_t[]){128, 128, 0}), 3); // VOC's, as none is given
    assert_string_equal(sl_dataset_id(dataset, 2), "c");
    assert_null(sl_dataset_id(dataset, 4));
    assert_int_equal(sl_dataset_find(dataset, "d"), 3);
    assert_int_equal(sl_dataset_find(dataset, "e"), -1);
    for (int i = 0; i < 4; i++) {
        sl_image image, label, expected = test_labels(sides[i][0], sides[i][1], 5, (unsigned)i);
        int width, height;
        assert_ok(sl_dataset_check(dataset, (size_t)i));
        assert_ok(sl_dataset_size(dataset, (size_t)i, &width, &height));
        assert_ok(sl_dataset_read(dataset, (size_t)i, &image, &label));
        assert_int_equal(image.width, sides[i][0]);
        assert_int_equal(width, sides[i][0]);
        assert_int_equal(height, sides[i][1]);
        assert_int_equal(image.channels, 3);
        assert_memory_equal(label.pixels, expected.pixels, (size_t)(sides[i][0] * sides[i][1]));
        sl_image_clear(&image);
        sl_image_clear(&label);
        sl_image_clear(&expected);
    }
    sl_image image;
    assert_error(sl_dataset_read(dataset, 4, &image, NULL), SL_ERR_ARGUMENT, "image 4 of a dataset of 4");
    sl_dataset_free(dataset);
    sl_dataset_free(NULL);
}

static void test_list_forms(void **state) {
    (void)state;
    const char *root = make_root("forms");
    sl_image other = test_labels(20, 14, 3, 77), label, image;
    assert_ok(sl_image_write_png(test_path("forms/Other/a.png"), &other, NULL));
    static const char *const lists[] = {
        "a\nb\nd", "\xef\xbb\xbf# a comment\r\n\r\na.jpg\r\nb.png # the second\r\nd\r\n",
        "/JPEGImages/a.jpg /Other/a.png\n/JPEGImages/b.png /SegmentationClass/b.png\nJPEGImages/d.jpg\n",
        "a.jpg\tOther/a.png\n b.png b.png \n d.jpg d.png"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        test_write_text(test_path("forms/ImageSets/Segmentation/form%zu.txt", i), lists[i]);
        char name[16];
        snprintf(name, sizeof name, "form%zu", i);
        sl_dataset *dataset = open_list(root, name);
        assert_int_equal(sl_dataset_count(dataset), 3);
        assert_string_equal(sl_dataset_id(dataset, 0), "a");
        assert_string_equal(sl_dataset_id(dataset, 1), "b");
        assert_string_equal(sl_dataset_id(dataset, 2), "d");
        for (size_t k = 0; k < 3; k++) assert_ok(sl_dataset_check(dataset, k));
        assert_ok(sl_dataset_read(dataset, 0, &image, &label));
        assert_int_equal(memcmp(label.pixels, other.pixels, 20 * 14) == 0, i >= 2); // the label folder that the line names
        sl_image_clear(&image);
        sl_image_clear(&label);
        sl_dataset_free(dataset);
    }
    sl_image_clear(&other);
    // Where the list is found: by path, with its extension, under ImageSets alone.
    const char *outside = test_path("outside-list.txt");
    test_write_text(outside, "c\n");
    test_write_text(test_path("forms/ImageSets/plain.txt"), "c\n");
    const char *const places[] = {outside, "plain", "plain.txt", "form0.txt", "ImageSets/plain.txt"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) sl_dataset_free(open_list(root, places[i]));
}

static void test_without_labels(void **state) {
    (void)state;
    const char *root = make_root("bare");
    assert_int_equal(unlink(test_path("bare/SegmentationClass/a.png")), 0);
    sl_dataset *dataset;
    sl_voc_options options = {.root = root, .list = "all", .labels = true};
    assert_error(sl_dataset_open_voc(&options, &dataset), SL_ERR_IO, "all.txt:1: the label of \"a\" is missing");
    assert_null(dataset);
    options.labels = false;
    assert_ok(sl_dataset_open_voc(&options, &dataset));
    sl_image image, label;
    assert_ok(sl_dataset_check(dataset, 0));
    assert_ok(sl_dataset_read(dataset, 0, &image, &label));
    assert_int_equal(label.width, image.width);
    for (int i = 0; i < label.width * label.height; i++) assert_int_equal(label.pixels[i], SL_IGNORE_LABEL);
    sl_image_clear(&image);
    sl_image_clear(&label);
    sl_dataset_free(dataset);
}

static void test_class_names(void **state) {
    (void)state;
    const char *root = make_root("names"), *unnamed = test_path("names/classes.txt");
    sl_dataset *dataset;
    sl_voc_options options = {.root = root, .list = "all", .labels = true, .classes = 4};
    assert_error(sl_dataset_open_voc(&options, &dataset), SL_ERR_DATA, "names 5 classes, but 4");
    unlink(unnamed);
    options.classes = 7;
    assert_ok(sl_dataset_open_voc(&options, &dataset));
    assert_string_equal(sl_dataset_class_name(dataset, 6), "class 6");
    sl_dataset_free(dataset);
    options.classes = 0; // VOC's own
    assert_ok(sl_dataset_open_voc(&options, &dataset));
    assert_int_equal(sl_dataset_classes(dataset), 21);
    assert_string_equal(sl_dataset_class_name(dataset, 15), "person");
    assert_memory_equal(sl_dataset_class_color(dataset, 15), ((uint8_t[]){192, 128, 128}), 3);
    sl_dataset_free(dataset);
    const char *elsewhere = test_path("elsewhere.txt");
    test_write_text(elsewhere, "one\ntwo\nthree\nfour\nfive\nsix 6\n");
    options.classes_file = elsewhere;
    assert_ok(sl_dataset_open_voc(&options, &dataset));
    assert_int_equal(sl_dataset_classes(dataset), 6);
    assert_string_equal(sl_dataset_class_name(dataset, 5), "six 6"); // one number is no colour
    sl_dataset_free(dataset);
    test_write_text(elsewhere, "one\n\none\n");
    assert_error(sl_dataset_open_voc(&options, &dataset), SL_ERR_DATA, "elsewhere.txt:3: the class \"one\"");
    test_write_text(elsewhere, "# nothing\n");
    assert_error(sl_dataset_open_voc(&options, &dataset), SL_ERR_DATA, "elsewhere.txt");
    options.classes_file = "no-such-file.txt";
    assert_error(sl_dataset_open_voc(&options, &dataset), SL_ERR_IO,
                 "no-such-file.txt: there is no such file, and none of this name");
    options.root = "/no/such/folder";
    assert_error(sl_dataset_open_voc(&options, &dataset), SL_ERR_IO, "/no/such/folder: the data folder is missing");
}

static void test_subset(void **state) {
    (void)state;
    sl_dataset *dataset = open_list(make_root("subset"), "all"), *subset, *inner;
    const uint32_t some[] = {3, 1, 2}, one[] = {2}, wrong[] = {0, 4};
    assert_ok(sl_dataset_new_subset(dataset, some, 3, &subset));
    assert_ok(sl_dataset_new_subset(subset, one, 1, &inner));
    sl_dataset *none;
    assert_error(sl_dataset_new_subset(dataset, wrong, 2, &none), SL_ERR_ARGUMENT, "image 4 of a dataset of 4");
    assert_error(sl_dataset_new_subset(dataset, wrong, 0, &none), SL_ERR_DATA, "no images");
    sl_dataset_free(dataset); // the subsets keep it
    sl_dataset_free(subset);
    assert_int_equal(sl_dataset_count(inner), 1);
    assert_int_equal(sl_dataset_classes(inner), 5);
    assert_string_equal(sl_dataset_class_name(inner, 0), "ground");
    assert_string_equal(sl_dataset_id(inner, 0), "c");
    assert_int_equal(sl_dataset_find(inner, "c"), 0);
    assert_int_equal(sl_dataset_find(inner, "a"), -1);
    assert_int_equal(sl_dataset_find(inner, "zz"), -1);
    sl_image image;
    assert_ok(sl_dataset_read(inner, 0, &image, NULL));
    assert_int_equal(image.width, sides[2][0]);
    sl_image_clear(&image);
    sl_dataset_free(inner);
}

static void test_voc_sample(void **state) {
    (void)state;
    const char *shared = test_shared("data/voc/ImageSets/train_aug.txt"), *camvid = test_shared("data/camvid");
    if (!shared || !camvid) skip();
    // Published lists with 10,582 ids are read whole; the images are not there, so the first line is named.
    char root[1100];
    snprintf(root, sizeof root, "%.*s", (int)(strstr(shared, "/ImageSets") - shared), shared);
    sl_dataset *dataset;
    sl_voc_options options = {.root = root, .list = "train_aug", .labels = true};
    assert_error(sl_dataset_open_voc(&options, &dataset), SL_ERR_IO, "train_aug.txt:1: the image of \"2007_000032\" is missing");

    options = (sl_voc_options){.root = camvid, .list = "val", .labels = true};
    assert_ok(sl_dataset_open_voc(&options, &dataset));
    assert_int_equal(sl_dataset_count(dataset), 101);
    assert_int_equal(sl_dataset_classes(dataset), 11);
    for (size_t i = 0; i < 101; i += 10) assert_ok(sl_dataset_check(dataset, i));
    printf("checked 11 of CamVid's 101 val images\n");
    sl_dataset_free(dataset);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_layout),         cmocka_unit_test(test_list_forms),
                                       cmocka_unit_test(test_without_labels), cmocka_unit_test(test_class_names),
                                       cmocka_unit_test(test_subset),         cmocka_unit_test(test_voc_sample)};
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    return failures ? 1 : test_shared_was_absent() ? 77 : 0;
}

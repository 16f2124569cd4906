// A model's parameters into files and back; what is refused.
#define _XOPEN_SOURCE 700
#include "tests/support/cmocka.h"
#include "tests/support/folder.h"
#include "tests/support/tiny_model.h"

#include "core/tensor/tape.h"

#include <stdio.h>

static const char *folder;
static char path[300];

static int path_make(void **state) {
    folder = sl_test_folder();
    snprintf(path, sizeof path, "%s", sl_test_path(folder, "weights.safetensors"));
    return 0;
}

static int path_remove(void **state) {
    sl_test_folder_remove(folder);
    return 0;
}

// Saves `model` without `left_out`, and with `extra` under the name `extra_name`; opens what was written.
static sl_safetensors *save_and_open(const sl_model *model, const char *left_out, const char *extra_name, sl_tensor *extra) {
    sl_safetensors_writer *writer;
    sl_safetensors *file;
    assert_ok(sl_safetensors_writer_new(&writer));
    if (left_out == NULL) {
        assert_ok(sl_model_save(model, writer, "model."));
    } else {
        for (size_t i = 0; i < sl_model_parameter_count(model); i++) {
            char name[100];
            const sl_parameter *p = sl_model_parameter(model, i);
            snprintf(name, sizeof name, "model.%s", p->name);
            if (strcmp(p->name, left_out) != 0) assert_ok(sl_safetensors_writer_add(writer, name, p->tensor));
        }
    }
    if (extra != NULL) assert_ok(sl_safetensors_writer_add(writer, extra_name, extra));
    assert_ok(sl_safetensors_writer_save(writer, path));
    sl_safetensors_writer_free(writer);
    assert_ok(sl_safetensors_open(path, &file));
    return file;
}

static void test_save_and_load(void **state) {
    sl_model *saved = tiny_model(1), *model = tiny_model(2);
    shake(saved);
    sl_tensor *step;
    assert_ok(sl_tensor_new_zeros(SL_I64, sl_shape_scalar(), &step));
    sl_safetensors *file = save_and_open(saved, NULL, "model.bn1.num_batches_tracked", step);
    size_t missing = 9;
    assert_ok(sl_model_load(model, file, "model.", true, &missing));
    assert_int_equal(missing, 0);
    for (size_t i = 0; i < sl_model_parameter_count(model); i++) {
        assert_true(same_values(sl_model_parameter(model, i)->tensor, sl_model_parameter(saved, i)->tensor));
        assert_int_equal(sl_tensor_requires_grad(sl_model_parameter(model, i)->tensor), sl_model_parameter(model, i)->trainable);
    }
    assert_error(sl_model_load(model, file, "other.", true, NULL), SL_ERR_DATA, "other.conv1.weight");
    sl_safetensors_close(file);

    // Half-precision weights are converted.
    sl_tensor *half;
    assert_ok(sl_tensor_convert(value(saved, "conv1.weight"), SL_BF16, &half));
    file = save_and_open(saved, "conv1.weight", "model.conv1.weight", half);
    assert_ok(sl_model_load(model, file, "model.", true, NULL));
    assert_true(sl_tensor_f32(value(model, "conv1.weight"))[7] == sl_bf16_to_f32(((uint16_t *)sl_tensor_data(half))[7]));
    sl_safetensors_close(file);
    sl_tensor_free(half);
    sl_tensor_free(step);
    sl_model_free(saved);
    sl_model_free(model);
}

static void test_load_refuses(void **state) {
    sl_model *saved = tiny_model(1), *model = tiny_model(2), *before = tiny_model(2);
    static const char *const weight = "model.layer2.1.conv2.weight";
    sl_tensor *large, *flat, *whole;
    assert_ok(sl_tensor_new_zeros(SL_F32, sl_shape_image(8, 8, 5, 5), &large));
    assert_ok(sl_tensor_new_zeros(SL_F32, sl_shape_image(1, 4, 1, 1), &flat));
    assert_ok(sl_tensor_new_zeros(SL_I64, sl_shape_image(8, 8, 3, 3), &whole));
    const struct {
        const char *left_out, *extra_name;
        sl_tensor *extra;
        const char *message;
    } rows[] = {
        {weight + 6, NULL, NULL, weight},
        {NULL, "model.layer6.weight", flat, "model.layer6.weight"},
        {weight + 6, weight, large, "is 8x8x5x5, the model's is 8x8x3x3"},
        {"bn1.bias", "model.bn1.bias", flat, "model.bn1.bias"},
        {weight + 6, weight, whole, "I64"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sl_safetensors *file = save_and_open(saved, rows[i].left_out, rows[i].extra_name, rows[i].extra);
        assert_error(sl_model_load(model, file, "model.", true, NULL), SL_ERR_DATA, rows[i].message);
        assert_non_null(strstr(sl_error_message(), path));
        for (size_t k = 0; k < sl_model_parameter_count(model); k++) // nothing was taken over
            assert_true(same_values(sl_model_parameter(model, k)->tensor, sl_model_parameter(before, k)->tensor));
        if (i >= 2) assert_error(sl_model_load(model, file, "model.", false, NULL), SL_ERR_DATA, rows[i].message);
        sl_safetensors_close(file);
    }
    size_t missing;
    sl_safetensors *file = save_and_open(saved, weight + 6, "model.layer6.weight", flat);
    assert_ok(sl_model_load(model, file, "model.", false, &missing));
    assert_int_equal(missing, 1);
    assert_true(same_values(value(model, weight + 6), value(before, weight + 6)));
    assert_true(same_values(value(model, "conv1.weight"), value(saved, "conv1.weight")));
    sl_model *discriminator = tiny_discriminator(1);
    assert_error(sl_model_load(discriminator, file, "model.", true, NULL), SL_ERR_DATA, "model.conv1.weight");
    sl_safetensors_close(file);
    sl_tensor_free(large);
    sl_tensor_free(flat);
    sl_tensor_free(whole);
    sl_model_free(saved);
    sl_model_free(model);
    sl_model_free(before);
    sl_model_free(discriminator);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_save_and_load, path_make, path_remove),
        cmocka_unit_test_setup_teardown(test_load_refuses, path_make, path_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// Optimizers: the arithmetic on every backend, groups, what is left alone, state into files and back.
#define _XOPEN_SOURCE 700
#include "tests/support/cmocka.h"
#include "tests/support/folder.h"
#include "tests/support/tiny_model.h"

#include "core/backend/backend.h"
#include "core/nn/optimizer.h"
#include "core/tensor/tape.h"

#include <stdio.h>

static const struct {
    const char *label;
    sl_optimizer_options options;
} variants[] = {
    {"sgd", {.kind = SL_OPTIMIZER_SGD, .head_lr = 1}},
    {"sgd weight decay", {.kind = SL_OPTIMIZER_SGD, .weight_decay = 0.1, .head_lr = 1}},
    {"sgd momentum", {.kind = SL_OPTIMIZER_SGD, .momentum = 0.9, .weight_decay = 5e-4, .head_lr = 10}},
    {"sgd nesterov", {.kind = SL_OPTIMIZER_SGD, .momentum = 0.8, .nesterov = true, .weight_decay = 0.01, .head_lr = 10}},
    {"adam", {.kind = SL_OPTIMIZER_ADAM, .beta1 = 0.9, .beta2 = 0.99, .eps = 1e-8, .head_lr = 1}},
    {"adam weight decay",
     {.kind = SL_OPTIMIZER_ADAM, .beta1 = 0.5, .beta2 = 0.999, .eps = 1e-3, .weight_decay = 0.1, .head_lr = 2}},
    {"adamw", {.kind = SL_OPTIMIZER_ADAMW, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0.01, .head_lr = 1}},
};
enum { VARIANTS = sizeof variants / sizeof *variants };

// The published recurrences for one number, in double.
typedef struct one_number {
    double p, a, b;
    int step;
} one_number;

static void recurrence(const sl_optimizer_options *o, one_number *x, double g, double lr) {
    x->step++;
    if (o->kind != SL_OPTIMIZER_ADAMW) g += o->weight_decay * x->p;
    if (o->kind == SL_OPTIMIZER_SGD) {
        x->a = x->step == 1 ? g : o->momentum * x->a + g;
        x->p -= lr * (o->momentum == 0 ? g : o->nesterov ? g + o->momentum * x->a : x->a);
        return;
    }
    if (o->kind == SL_OPTIMIZER_ADAMW) x->p *= 1 - lr * o->weight_decay;
    x->a = o->beta1 * x->a + (1 - o->beta1) * g;
    x->b = o->beta2 * x->b + (1 - o->beta2) * g * g;
    double mean = x->a / (1 - pow(o->beta1, x->step)), square = x->b / (1 - pow(o->beta2, x->step));
    x->p -= lr * mean / (sqrt(square) + o->eps);
}

static sl_tensor *leaf(int64_t count, double phase) {
    sl_tensor *tensor;
    assert_ok(sl_tensor_new(SL_F32, sl_shape_vector(count), &tensor));
    for (int64_t i = 0; i < count; i++) sl_tensor_f32(tensor)[i] = (float)sin(phase + 0.37 * (double)i);
    assert_ok(sl_tensor_set_requires_grad(tensor, true));
    return tensor;
}

// Gives the leaf the gradient cos(step + i), in place of what it has.
static double slope(int step, int64_t i) {
    return (float)cos(step + 0.11 * (double)i);
}

static void set_gradient(sl_tensor *tensor, int step) {
    sl_tensor *gradient;
    assert_ok(sl_tensor_new(SL_F32, sl_tensor_shape(tensor), &gradient));
    for (int64_t i = 0; i < sl_tensor_count(tensor); i++) sl_tensor_f32(gradient)[i] = (float)slope(step, i);
    sl_tensor_clear_grad(tensor);
    assert_ok(sl_backward_from(tensor, gradient));
    sl_tensor_free(gradient);
}

static void arithmetic(const sl_optimizer_options *options, const char *label, const char *backend) {
    enum { COUNT = 1003, STEPS = 8 };
    static const char *const names[1] = {"p"};
    sl_tensor *p = leaf(COUNT, 0.2);
    sl_optimizer *optimizer;
    one_number expected[COUNT];
    double worst = 0;
    for (int i = 0; i < COUNT; i++) expected[i] = (one_number){.p = sl_tensor_f32(p)[i]};
    assert_ok(sl_optimizer_new_on(&p, names, 1, options, &optimizer));
    for (int step = 0; step < STEPS; step++) {
        double lr = 0.05 / (1 + step);
        set_gradient(p, step);
        assert_ok(sl_optimizer_step(optimizer, lr));
        for (int i = 0; i < COUNT; i++) {
            recurrence(options, &expected[i], slope(step, i), lr);
            double difference = fabs(sl_tensor_f32(p)[i] - expected[i].p);
            if (!(difference <= worst)) worst = difference;
        }
    }
    if (!(worst <= 2e-6)) fail_msg("%s on %s: differs by %g", label, backend, worst);
    sl_optimizer_free(optimizer);
    sl_tensor_free(p);
}

static void test_arithmetic(void **state) {
    const char *chosen = sl_backend_get()->name;
    const char *backends[2] = {"reference", sl_backend_cpu() != NULL ? "cpu" : NULL};
    for (int b = 0; b < 2; b++) {
        if (backends[b] == NULL) {
            print_message("the cpu backend is not in this build: not compared\n");
            continue;
        }
        assert_ok(sl_backend_use(backends[b]));
        for (int i = 0; i < VARIANTS; i++) arithmetic(&variants[i].options, variants[i].label, backends[b]);
        print_message("%d optimizers, 8 steps, on %s: within 2e-6 of the recurrences\n", VARIANTS, backends[b]);
    }
    assert_ok(sl_backend_use(chosen));
}

static void test_first_steps_by_hand(void **state) {
    static const char *const names[1] = {"p"};
    sl_tensor *p, *one;
    assert_ok(sl_tensor_new_full(SL_F32, sl_shape_vector(1), 2, &p));
    assert_ok(sl_tensor_new_full(SL_F32, sl_shape_vector(1), 1, &one));
    assert_ok(sl_tensor_set_requires_grad(p, true));
    assert_ok(sl_backward_from(p, one));
    sl_optimizer_options options = sl_optimizer_options_default(SL_OPTIMIZER_SGD);
    sl_optimizer *optimizer;
    assert_ok(sl_optimizer_new_on(&p, names, 1, &options, &optimizer));
    assert_ok(sl_optimizer_step(optimizer, 0.5)); // buffer 1
    assert_near(sl_tensor_item(p), 1.5, 1e-6);
    assert_ok(sl_optimizer_step(optimizer, 0.5)); // buffer 1.9: gradients stay until cleared
    assert_near(sl_tensor_item(p), 0.55, 1e-6);
    sl_optimizer_free(optimizer);
    options = sl_optimizer_options_default(SL_OPTIMIZER_ADAM);
    assert_ok(sl_optimizer_new_on(&p, names, 1, &options, &optimizer));
    assert_ok(sl_optimizer_step(optimizer, 0.1)); // Adam's first step is lr x sign
    assert_near(sl_tensor_item(p), 0.45, 1e-6);
    sl_optimizer_free(optimizer);
    sl_tensor_free(p);
    sl_tensor_free(one);
}

static void test_what_is_left_alone(void **state) {
    static const char *const names[3] = {"always", "late", "frozen"};
    for (int v = 0; v < VARIANTS; v++) {
        const sl_optimizer_options *options = &variants[v].options;
        sl_tensor *p[3] = {leaf(5, 1), leaf(5, 1), leaf(5, 1)}, *start = leaf(5, 1);
        sl_optimizer *optimizer;
        assert_ok(sl_optimizer_new_on(p, names, 3, options, &optimizer));
        set_gradient(p[2], 0);
        assert_ok(sl_tensor_set_requires_grad(p[2], false)); // has a gradient, wants none any more
        for (int step = 0; step < 3; step++) {
            set_gradient(p[0], step);
            assert_ok(sl_optimizer_step(optimizer, 0.05));
        }
        assert_memory_equal(sl_tensor_data(p[1]), sl_tensor_data(start), 5 * sizeof(float));
        assert_memory_equal(sl_tensor_data(p[2]), sl_tensor_data(start), 5 * sizeof(float));
        // The late one starts as if new: no weight decay, no step was counted before its first gradient.
        for (int step = 0; step < 3; step++) {
            set_gradient(p[1], step);
            sl_tensor_clear_grad(p[0]);
            assert_ok(sl_optimizer_step(optimizer, 0.05));
        }
        assert_memory_equal(sl_tensor_data(p[1]), sl_tensor_data(p[0]), 5 * sizeof(float));
        sl_optimizer_free(optimizer);
        for (int i = 0; i < 3; i++) sl_tensor_free(p[i]);
        sl_tensor_free(start);
    }
}

static void model_gradients(sl_model *model, int step) {
    for (size_t i = 0; i < sl_model_parameter_count(model); i++) {
        const sl_parameter *p = sl_model_parameter(model, i);
        if (!p->trainable) continue;
        sl_tensor_clear_grad(p->tensor);
        set_gradient(p->tensor, step);
    }
}

static void test_groups(void **state) {
    sl_deeplab_v2_options options = tiny_options();
    options.train_affine = false;
    sl_model *model, *before;
    assert_ok(sl_model_new_deeplab_v2(&options, 1, &model));
    assert_ok(sl_model_new_deeplab_v2(&options, 1, &before));
    sl_optimizer_options sgd = {.kind = SL_OPTIMIZER_SGD, .head_lr = 10};
    sl_optimizer *optimizer;
    assert_ok(sl_optimizer_new(model, &sgd, &optimizer));
    model_gradients(model, 0);
    assert_ok(sl_optimizer_step(optimizer, 0.01));
    int heads = 0, trunks = 0, others = 0;
    for (size_t i = 0; i < sl_model_parameter_count(model); i++) {
        const sl_parameter *p = sl_model_parameter(model, i);
        sl_tensor *old = sl_model_parameter(before, i)->tensor;
        double lr = !p->trainable ? 0 : strncmp(p->name, "layer5", 6) == 0 ? 0.1 : 0.01;
        *(lr == 0 ? &others : lr == 0.1 ? &heads : &trunks) += 1;
        if (lr == 0) assert_true(same_values(p->tensor, old)); // frozen batch norm, running statistics
        for (int64_t k = 0; k < sl_tensor_count(old); k++)
            assert_near(sl_tensor_f32(p->tensor)[k], sl_tensor_f32(old)[k] - lr * slope(0, k), 1e-6);
    }
    assert_true(heads == 8 && trunks > 0 && others > 0);
    print_message("groups: %d head, %d trunk, %d untouched tensors\n", heads, trunks, others);
    sl_optimizer_free(optimizer);
    sl_model_free(model);
    sl_model_free(before);
}

// ---- state in files

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

static void steps(sl_model *model, sl_optimizer *optimizer, int from, int to) {
    for (int step = from; step < to; step++) {
        model_gradients(model, step);
        // One parameter gets its first gradient late, so that its count of updates differs.
        if (step < 2) sl_tensor_clear_grad(value(model, "conv2.bias"));
        assert_ok(sl_optimizer_step(optimizer, 0.01 / (step + 1)));
    }
}

static sl_safetensors *save_and_open(const sl_model *model, const sl_optimizer *optimizer, const char *extra_name,
                                     sl_tensor *extra) {
    sl_safetensors_writer *writer;
    sl_safetensors *file;
    assert_ok(sl_safetensors_writer_new(&writer));
    assert_ok(sl_model_save(model, writer, "d."));
    assert_ok(sl_optimizer_save(optimizer, writer, "od."));
    if (extra != NULL) assert_ok(sl_safetensors_writer_add(writer, extra_name, extra));
    assert_ok(sl_safetensors_writer_save(writer, path));
    sl_safetensors_writer_free(writer);
    assert_ok(sl_safetensors_open(path, &file));
    return file;
}

static void test_resume(void **state) {
    enum { END = 6 };
    for (int v = 0; v < VARIANTS; v++)
        for (int stop = 0; stop <= END; stop++) {
            sl_model *through = tiny_discriminator(1), *first = tiny_discriminator(1), *second = tiny_discriminator(2);
            sl_optimizer *a, *b, *c;
            assert_ok(sl_optimizer_new(through, &variants[v].options, &a));
            assert_ok(sl_optimizer_new(first, &variants[v].options, &b));
            assert_ok(sl_optimizer_new(second, &variants[v].options, &c));
            steps(through, a, 0, END);
            steps(first, b, 0, stop);
            steps(second, c, 0, 1); // what is loaded replaces a state that was there
            sl_safetensors *file = save_and_open(first, b, NULL, NULL);
            assert_ok(sl_model_load(second, file, "d.", true, NULL));
            assert_ok(sl_optimizer_load(c, file, "od."));
            sl_safetensors_close(file);
            steps(second, c, stop, END);
            for (size_t i = 0; i < sl_model_parameter_count(through); i++)
                if (!same_values(sl_model_parameter(through, i)->tensor, sl_model_parameter(second, i)->tensor))
                    fail_msg("%s, stopped after step %d: %s differs", variants[v].label, stop,
                             sl_model_parameter(second, i)->name);
            sl_optimizer_free(a);
            sl_optimizer_free(b);
            sl_optimizer_free(c);
            sl_model_free(through);
            sl_model_free(first);
            sl_model_free(second);
        }
    print_message("resume: %d optimizers, stopped after 0 to %d of %d steps, bit-identical\n", VARIANTS, END, END);
}

static void test_load_refuses(void **state) {
    sl_model *model = tiny_discriminator(1), *other = tiny_discriminator(1), *wide;
    assert_ok(sl_model_new_discriminator(&(sl_discriminator_options){.classes = 5, .base_width = 8}, 1, &wide));
    sl_optimizer_options adam = sl_optimizer_options_default(SL_OPTIMIZER_ADAM),
                         sgd = sl_optimizer_options_default(SL_OPTIMIZER_SGD);
    sl_optimizer *saved, *loaded, *of_wide, *of_sgd, *plain;
    assert_ok(sl_optimizer_new(model, &adam, &saved));
    assert_ok(sl_optimizer_new(other, &adam, &loaded));
    assert_ok(sl_optimizer_new(wide, &adam, &of_wide));
    assert_ok(sl_optimizer_new(model, &sgd, &of_sgd));
    sgd.momentum = 0;
    assert_ok(sl_optimizer_new(model, &sgd, &plain));
    steps(model, saved, 0, 3);
    steps(other, loaded, 0, 2);
    sl_tensor *extra;
    assert_ok(sl_tensor_new_zeros(SL_F32, sl_shape_vector(1), &extra));

    sl_safetensors *file = save_and_open(model, saved, "od.conv9.step", extra);
    assert_error(sl_optimizer_load(loaded, file, "od."), SL_ERR_DATA, "tensors under \"od.\"");
    assert_non_null(strstr(sl_error_message(), path));
    assert_error(sl_optimizer_load(loaded, file, "og."), SL_ERR_DATA, "og.conv1.weight.step");
    assert_error(sl_optimizer_load(of_wide, file, "od."), SL_ERR_DATA, "is f32 4x5x4x4, the optimizer's is f32 8x5x4x4");
    assert_error(sl_optimizer_load(of_sgd, file, "od."), SL_ERR_DATA, "od.conv1.weight.momentum");
    assert_error(sl_optimizer_load(plain, file, "od."), SL_ERR_DATA, "tensors under \"od.\"");
    sl_safetensors_close(file);

    // A refused state changes nothing: the next step is as if it had never been tried.
    sl_optimizer *again;
    sl_model *same = tiny_discriminator(1);
    assert_ok(sl_optimizer_new(same, &adam, &again));
    steps(same, again, 0, 3);
    steps(other, loaded, 2, 3);
    for (size_t i = 0; i < sl_model_parameter_count(same); i++)
        assert_true(same_values(sl_model_parameter(same, i)->tensor, sl_model_parameter(other, i)->tensor));

    // A count of updates that is negative or not whole.
    static const char *const names[1] = {"p"};
    sl_tensor *p = leaf(1, 0), *step;
    sl_optimizer *small;
    assert_ok(sl_optimizer_new_on(&p, names, 1, &adam, &small));
    assert_ok(sl_tensor_new_full(SL_I64, sl_shape_scalar(), -1, &step));
    file = save_and_open(model, saved, "small.p.step", step);
    assert_error(sl_optimizer_load(small, file, "small."), SL_ERR_DATA, "is -1");
    sl_safetensors_close(file);
    file = save_and_open(model, saved, "small.p.step", extra);
    assert_error(sl_optimizer_load(small, file, "small."), SL_ERR_DATA, "small.p.step");
    sl_safetensors_close(file);

    sl_optimizer *const optimizers[] = {saved, loaded, of_wide, of_sgd, plain, again, small};
    for (int i = 0; i < 7; i++) sl_optimizer_free(optimizers[i]);
    sl_model *const models[] = {model, other, wide, same};
    for (int i = 0; i < 4; i++) sl_model_free(models[i]);
    sl_tensor_free(extra);
    sl_tensor_free(p);
    sl_tensor_free(step);
}

static void test_refused_arguments(void **state) {
    sl_model *model = tiny_discriminator(1);
    sl_optimizer *optimizer;
    sl_optimizer_options options;
#define REFUSED(which, field, wrong)                                       \
    (options = sl_optimizer_options_default(which), options.field = wrong, \
     sl_optimizer_new(model, &options, &optimizer) == SL_ERR_ARGUMENT && optimizer == NULL)
    assert_true(REFUSED(SL_OPTIMIZER_SGD, momentum, -0.1) && REFUSED(SL_OPTIMIZER_SGD, momentum, NAN));
    assert_true(REFUSED(SL_OPTIMIZER_SGD, weight_decay, -1) && REFUSED(SL_OPTIMIZER_SGD, head_lr, NAN));
    assert_true(REFUSED(SL_OPTIMIZER_ADAM, beta1, 1) && REFUSED(SL_OPTIMIZER_ADAM, beta2, -0.5) &&
                REFUSED(SL_OPTIMIZER_ADAMW, eps, -1));
    assert_true(REFUSED(SL_OPTIMIZER_SGD, kind, (sl_optimizer_kind)7));
    options = sl_optimizer_options_default(SL_OPTIMIZER_SGD);
    options.momentum = 0;
    options.nesterov = true;
    assert_error(sl_optimizer_new(model, &options, &optimizer), SL_ERR_ARGUMENT, "nesterov");
    options = sl_optimizer_options_default(SL_OPTIMIZER_ADAMW);
    assert_ok(sl_optimizer_new(model, &options, &optimizer));
    assert_error(sl_optimizer_step(optimizer, NAN), SL_ERR_ARGUMENT, "nan");
    assert_error(sl_optimizer_step(optimizer, -1), SL_ERR_ARGUMENT, "-1");
    sl_optimizer_free(optimizer);
    sl_optimizer_free(NULL);
    sl_tensor *labels;
    static const char *const names[1] = {"labels"};
    assert_ok(sl_tensor_new_zeros(SL_U8, sl_shape_vector(2), &labels));
    assert_error(sl_optimizer_new_on(&labels, names, 1, &options, &optimizer), SL_ERR_ARGUMENT, "u8");
    sl_tensor_free(labels);
    sl_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arithmetic),
        cmocka_unit_test(test_first_steps_by_hand),
        cmocka_unit_test(test_what_is_left_alone),
        cmocka_unit_test(test_groups),
        cmocka_unit_test_setup_teardown(test_resume, path_make, path_remove),
        cmocka_unit_test_setup_teardown(test_load_refuses, path_make, path_remove),
        cmocka_unit_test(test_refused_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// Makes the 1st, 2nd, 3rd ... allocation of a whole training step fail until the step succeeds: each failure must be reported as
// one, crash nothing and leak nothing. The same for building, saving and loading models and optimizers.
#define _XOPEN_SOURCE 700
#include "tests/support/cmocka.h"
#include "tests/support/folder.h"
#include "tests/support/tiny_model.h"

#include "core/backend/backend.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/thread.h"
#include "core/nn/optimizer.h"
#include "core/tensor/allocator.h"
#include "core/tensor/op.h"
#include "core/tensor/tape.h"

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

// ---- the hook

static struct {
    atomic_long seen, refused;
    long first;    // the first allocation to fail, counted from 1
    bool only_one; // the later ones succeed
} failure;

static bool allow(void *user, size_t size) {
    long number = atomic_fetch_add(&failure.seen, 1) + 1;
    bool fail = failure.only_one ? number == failure.first : number >= failure.first;
    if (fail) atomic_fetch_add(&failure.refused, 1);
    return !fail;
}

// ---- one training step, as the method has it

typedef struct bench {
    sl_model *network, *discriminator;
    sl_optimizer *sgd, *adam;
    sl_tensor *image, *unlabeled, *label, *truth;
} bench;

enum { CLASSES = 3, SIZE = 33 };

static sl_status label_make(int phase, sl_tensor **out) {
    SL_TRY(sl_tensor_new(SL_U8, sl_shape_map(1, SIZE, SIZE), out));
    for (int64_t i = 0; i < SIZE * SIZE; i++) sl_tensor_u8(*out)[i] = i % 11 == 0 ? 255 : (uint8_t)((i / 40 + phase) % CLASSES);
    return SL_OK;
}

static sl_status image_make(double phase, sl_tensor **out) {
    SL_TRY(sl_tensor_new(SL_F32, sl_shape_image(1, 3, SIZE, SIZE), out));
    for (int64_t i = 0; i < sl_tensor_count(*out); i++) sl_tensor_f32(*out)[i] = (float)sin(phase + 0.05 * (double)i);
    return SL_OK;
}

static sl_status bench_fill(bench *b) {
    sl_deeplab_v2_options options = sl_deeplab_v2_options_default();
    for (int i = 0; i < 4; i++) options.blocks[i] = 1;
    options.base_width = 2;
    options.classes = CLASSES;
    options.train_affine = true;
    sl_discriminator_options small = {.classes = CLASSES, .base_width = 2};
    sl_optimizer_options sgd = sl_optimizer_options_default(SL_OPTIMIZER_SGD),
                         adam = sl_optimizer_options_default(SL_OPTIMIZER_ADAM);
    SL_TRY(sl_model_new_deeplab_v2(&options, 1, &b->network));
    SL_TRY(sl_model_new_discriminator(&small, 1, &b->discriminator));
    SL_TRY(sl_optimizer_new(b->network, &sgd, &b->sgd));
    SL_TRY(sl_optimizer_new(b->discriminator, &adam, &b->adam));
    SL_TRY(image_make(0, &b->image));
    SL_TRY(image_make(1, &b->unlabeled));
    SL_TRY(label_make(0, &b->label));
    return label_make(1, &b->truth);
}

static void bench_clear(bench *b) {
    sl_optimizer_free(b->sgd);
    sl_optimizer_free(b->adam);
    sl_model_free(b->network);
    sl_model_free(b->discriminator);
    sl_tensor_free(b->image);
    sl_tensor_free(b->unlabeled);
    sl_tensor_free(b->label);
    sl_tensor_free(b->truth);
    *b = (bench){0};
}

// What a step makes, freed together at its end.
typedef struct pool {
    sl_tensor *tensors[64];
    int count;
} pool;

static void pool_clear(pool *p) {
    for (int i = 0; i < p->count; i++) sl_tensor_free(p->tensors[i]);
    p->count = 0;
}

static sl_status op(pool *p, sl_op which, const sl_op_attributes *attributes, sl_tensor *a, sl_tensor *b, sl_tensor **out) {
    sl_tensor *inputs[SL_OP_MAX_INPUTS] = {a, b}, *outputs[SL_OP_MAX_OUTPUTS] = {NULL};
    SL_TRY(sl_op_run(which, inputs, attributes, outputs));
    for (int i = 0; i < SL_OP_MAX_OUTPUTS; i++)
        if (outputs[i] != NULL) p->tensors[p->count++] = outputs[i];
    *out = outputs[0];
    return SL_OK;
}

static sl_status run_model(pool *p, sl_model *model, sl_tensor *x, sl_tensor **out) {
    sl_tensor *y;
    SL_TRY(sl_model_forward(model, x, true, &y));
    p->tensors[p->count++] = y;
    sl_op_attributes up = sl_op_attributes_default(SL_OP_bilinear);
    up.height = up.width = SIZE;
    up.align_corners = true;
    return op(p, SL_OP_bilinear, &up, y, NULL, out);
}

// discriminator -> binary cross-entropy against `target`, over the pixels that have a label when one is given.
static sl_status judge(pool *p, bench *b, sl_tensor *x, double target, sl_tensor *label, sl_tensor **confidence,
                       sl_tensor **loss) {
    sl_op_attributes bce = sl_op_attributes_default(SL_OP_bce_with_logits);
    bce.target = target;
    sl_tensor *ignore = NULL;
    if (label != NULL) SL_TRY(op(p, SL_OP_equal, NULL, label, NULL, &ignore));
    SL_TRY(run_model(p, b->discriminator, x, confidence));
    return op(p, SL_OP_bce_with_logits, &bce, *confidence, ignore, loss);
}

// The same with the discriminator's weights as constants.
static sl_status judge_frozen(pool *p, bench *b, sl_tensor *x, sl_tensor *label, sl_tensor **confidence, sl_tensor **loss) {
    bool before = sl_freeze_set(true);
    sl_status status = judge(p, b, x, 1, label, confidence, loss);
    sl_freeze_set(before);
    return status;
}

// The gradient of loss + weight x adversarial.
static sl_status backward_both(pool *p, sl_tensor *loss, sl_tensor *adversarial, double weight) {
    sl_op_attributes add = sl_op_attributes_default(SL_OP_add);
    add.alpha = weight;
    sl_tensor *sum;
    SL_TRY(op(p, SL_OP_add, &add, loss, adversarial, &sum));
    return sl_backward(sum, 1);
}

static sl_status network_half(pool *p, bench *b, sl_tensor **labeled, double *loss) {
    sl_tensor *prediction, *probability, *confidence, *adversarial, *main_loss;
    // unlabelled
    SL_TRY(run_model(p, b->network, b->unlabeled, &prediction));
    SL_TRY(op(p, SL_OP_softmax, NULL, prediction, NULL, &probability));
    SL_TRY(judge_frozen(p, b, probability, NULL, &confidence, &adversarial));
    SL_TRY(op(p, SL_OP_masked_cross_entropy, NULL, prediction, confidence, &main_loss));
    SL_TRY(backward_both(p, main_loss, adversarial, 0.01));
    // labelled
    SL_TRY(run_model(p, b->network, b->image, labeled));
    SL_TRY(op(p, SL_OP_cross_entropy, NULL, *labeled, b->label, &main_loss));
    SL_TRY(op(p, SL_OP_softmax, NULL, *labeled, NULL, &probability));
    SL_TRY(judge_frozen(p, b, probability, b->label, &confidence, &adversarial));
    SL_TRY(backward_both(p, main_loss, adversarial, 0.01));
    *loss = sl_tensor_item(main_loss);
    return SL_OK;
}

static sl_status discriminator_half(pool *p, bench *b, sl_tensor *labeled) {
    sl_tensor *constant, *probability, *confidence, *loss, *truth;
    SL_TRY(sl_tensor_detach(labeled, &constant));
    p->tensors[p->count++] = constant;
    SL_TRY(op(p, SL_OP_softmax, NULL, constant, NULL, &probability));
    SL_TRY(judge(p, b, probability, 0, b->label, &confidence, &loss));
    SL_TRY(sl_backward(loss, 0.5));
    sl_op_attributes one_hot = sl_op_attributes_default(SL_OP_one_hot);
    one_hot.classes = CLASSES;
    SL_TRY(op(p, SL_OP_one_hot, &one_hot, b->truth, NULL, &truth));
    SL_TRY(judge(p, b, truth, 1, b->truth, &confidence, &loss));
    return sl_backward(loss, 0.5);
}

static sl_status training_step(bench *b, double *loss) {
    pool p = {.count = 0};
    sl_tensor *labeled = NULL;
    sl_status status = network_half(&p, b, &labeled, loss);
    if (status == SL_OK) status = discriminator_half(&p, b, labeled);
    if (status == SL_OK) status = sl_optimizer_step(b->sgd, 0.01);
    if (status == SL_OK) status = sl_optimizer_step(b->adam, 0.001);
    pool_clear(&p);
    return status;
}

// ---- building, saving and loading

static char path[300];

static sl_status save_and_load(bench *b) {
    sl_safetensors_writer *writer = NULL;
    sl_safetensors *file = NULL;
    SL_TRY(sl_safetensors_writer_new(&writer));
    sl_status status = sl_model_save(b->network, writer, "seg.");
    if (status == SL_OK) status = sl_model_save(b->discriminator, writer, "disc.");
    if (status == SL_OK) status = sl_optimizer_save(b->sgd, writer, "sgd.");
    if (status == SL_OK) status = sl_optimizer_save(b->adam, writer, "adam.");
    if (status == SL_OK) status = sl_safetensors_writer_metadata(writer, "step", "1");
    if (status == SL_OK) status = sl_safetensors_writer_save(writer, path);
    sl_safetensors_writer_free(writer);
    if (status == SL_OK) status = sl_safetensors_open(path, &file);
    if (status == SL_OK) status = sl_model_load(b->network, file, "seg.", true, NULL);
    if (status == SL_OK) status = sl_model_load(b->discriminator, file, "disc.", true, NULL);
    if (status == SL_OK) status = sl_optimizer_load(b->sgd, file, "sgd.");
    if (status == SL_OK) status = sl_optimizer_load(b->adam, file, "adam.");
    sl_safetensors_close(file);
    return status;
}

// ---- the attempts

typedef struct outcome {
    sl_status status;
    long seen, refused;
    double loss, checksum;
} outcome;

static double checksum(const bench *b) {
    double sum = 0;
    const sl_model *models[2] = {b->network, b->discriminator};
    for (int m = 0; m < 2; m++)
        for (size_t i = 0; models[m] != NULL && i < sl_model_parameter_count(models[m]); i++) {
            const sl_tensor *tensor = sl_model_parameter(models[m], i)->tensor;
            for (int64_t k = 0; k < sl_tensor_count(tensor); k++) sum += sl_tensor_f32(tensor)[k] * (double)(k % 97 + 1);
        }
    return sum;
}

typedef enum part { PART_STEP, PART_BUILD, PART_FILE } part;

static outcome attempt(part which, long first, bool only_one) {
    bench b = {0};
    outcome result = {.status = SL_OK};
    if (which != PART_BUILD) assert_ok(bench_fill(&b));
    if (which == PART_FILE) assert_ok(training_step(&b, &result.loss)); // so that the optimizers have something to save
    sl_memory_trim();                                                   // else the cache serves what should fail
    atomic_store(&failure.seen, 0);
    atomic_store(&failure.refused, 0);
    failure.first = first;
    failure.only_one = only_one;
    sl_memory_hook_set(allow, NULL);
    switch (which) {
    case PART_STEP: result.status = training_step(&b, &result.loss); break;
    case PART_BUILD: result.status = bench_fill(&b); break;
    case PART_FILE: result.status = save_and_load(&b); break;
    }
    sl_memory_hook_set(NULL, NULL);
    result.seen = atomic_load(&failure.seen);
    result.refused = atomic_load(&failure.refused);
    if (result.status == SL_OK) result.checksum = checksum(&b);
    bench_clear(&b);
    return result;
}

static int folder_has_temporary(void) {
    char temporary[400];
    snprintf(temporary, sizeof temporary, "%s.tmp", path);
    return access(temporary, F_OK) == 0;
}

#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 }; // everything takes several times as long
#else
enum { SANITIZED = 0 };
#endif

// Every allocation of the first few hundred, then so many that all parts of the rest are met.
static void inject(part which, const char *label, bool only_one) {
    const long each = only_one ? 100 : SANITIZED ? 150 : 300, more = SANITIZED ? 60 : 150;
    const outcome whole = attempt(which, -1, true);
    assert_int_equal(whole.status, SL_OK);
    assert_int_equal(whole.refused, 0);
    const size_t start = sl_memory_stats_get().now;
    long injected = 0, absorbed = 0, stride = (whole.seen - each) / more + 1;
    for (long first = 1;; first += first < each || stride < 1 ? 1 : stride) {
        outcome now = attempt(which, first, only_one);
        if (sl_memory_stats_get().now != start)
            fail_msg("%s: allocation %ld failed: %zu bytes of tensors were leaked", label, first,
                     sl_memory_stats_get().now - start);
        if (which == PART_FILE && folder_has_temporary())
            fail_msg("%s: allocation %ld failed: a temporary file is left", label, first);
        injected += now.refused > 0;
        if (now.status == SL_OK) {
            // Nothing failed, or it was made good (the allocator gives its cache back and asks again): the result must be whole.
            if (!(now.loss == whole.loss && now.checksum == whole.checksum))
                fail_msg("%s: allocation %ld failed, the step succeeded with another result", label, first);
            if (now.refused == 0) break;
            if (!only_one) fail_msg("%s: allocation %ld and all later ones failed, and nobody noticed", label, first);
            absorbed++;
        } else if (now.status != SL_ERR_MEMORY) {
            fail_msg("%s: allocation %ld failed: status %d, \"%s\"", label, first, now.status, sl_error_message());
        }
    }
    assert_true(injected >= each && injected > absorbed);
    print_message("%s, %s: %ld allocations, %ld failures injected, %ld made good, nothing leaked\n", label,
                  only_one ? "one fails" : "all from one on fail", whole.seen, injected, absorbed);
}

static void quiet(void *user, const char *line) {}

static void with_backend(const char *name) {
    const char *before = sl_backend_get()->name;
    char label[64];
    assert_ok(sl_backend_use(name));
    sl_log_sink_set(quiet, NULL);
    snprintf(label, sizeof label, "training step on %s", name);
    inject(PART_STEP, label, false);
    inject(PART_STEP, label, true);
    sl_log_sink_set(NULL, NULL);
    assert_ok(sl_backend_use(before));
}

static void test_step_on_reference(void **state) {
    with_backend("reference");
}

static void test_step_on_cpu(void **state) {
    if (sl_backend_cpu() == NULL) {
        print_message("SKIPPED: the cpu backend is not in this build\n");
        skip();
    }
    with_backend("cpu");
}

static void test_building(void **state) {
    inject(PART_BUILD, "building", false);
    inject(PART_BUILD, "building", true);
}

static void test_files(void **state) {
    inject(PART_FILE, "saving and loading", false);
    inject(PART_FILE, "saving and loading", true);
}

int main(void) {
    const char *folder = sl_test_folder();
    snprintf(path, sizeof path, "%s", sl_test_path(folder, "weights.safetensors"));
    sl_threads_set(1); // no parallel loop allocates, and for layers this small threads only wait for one another
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step_on_reference),
        cmocka_unit_test(test_step_on_cpu),
        cmocka_unit_test(test_building),
        cmocka_unit_test(test_files),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sl_test_folder_remove(folder);
    return failed;
}

// The optimizers of the golden set: parameters after each of a dozen steps with given gradients.
#include "core/nn/optimizer.h"
#include "core/tensor/tape.h"
#include "tests/support/golden.h"

#include <stdio.h>
#include <string.h>

static sl_optimizer_options options_of(json_t *entry) {
    const char *op = sl_golden_text(entry, "op", "");
    sl_optimizer_kind kind = strncmp(op, "adam", 4)    ? SL_OPTIMIZER_SGD
                             : strncmp(op, "adamw", 5) ? SL_OPTIMIZER_ADAM
                                                       : SL_OPTIMIZER_ADAMW;
    sl_optimizer_options options = sl_optimizer_options_default(kind);
    json_t *betas = json_object_get(entry, "betas");
    options.momentum = sl_golden_number(entry, "momentum", 0.0);
    options.nesterov = sl_golden_number(entry, "nesterov", 0.0) != 0.0;
    options.beta1 = betas ? json_number_value(json_array_get(betas, 0)) : 0.9;
    options.beta2 = betas ? json_number_value(json_array_get(betas, 1)) : 0.999;
    options.eps = sl_golden_number(entry, "eps", 1e-8);
    options.weight_decay = sl_golden_number(entry, "weight_decay", 0.0);
    options.head_lr = 1.0;
    return options;
}

// Step i: gradient g<i>, learning rate lr[i], then the parameter is p<i+1>.
static sl_status step(sl_golden_case *golden, sl_optimizer *optimizer, sl_tensor *parameter, size_t i, double lr) {
    char name[32];
    sl_tensor *gradient = NULL, *expected = NULL;
    snprintf(name, sizeof name, "g%zu", i);
    sl_status status = sl_safetensors_get(golden->tensors, name, &gradient);
    sl_tensor_clear_grad(parameter);
    if (status == SL_OK) status = sl_backward_from(parameter, gradient); // of a leaf by itself: its gradient is the one given
    if (status == SL_OK) status = sl_optimizer_step(optimizer, lr);
    snprintf(name, sizeof name, "p%zu", i + 1);
    if (status == SL_OK) status = sl_safetensors_get(golden->tensors, name, &expected);
    if (status == SL_OK) sl_comparison_tensor(&golden->comparison, name, parameter, expected);
    sl_tensor_free(gradient);
    sl_tensor_free(expected);
    return status;
}

static sl_status check(sl_golden_case *golden) {
    sl_tensor *parameter = NULL;
    sl_optimizer *optimizer = NULL;
    const char *name = "p";
    json_t *rates = json_object_get(golden->entry, "lr");
    sl_optimizer_options options = options_of(golden->entry);
    sl_status status = sl_safetensors_get(golden->tensors, "p0", &parameter);
    if (status == SL_OK) status = sl_tensor_set_requires_grad(parameter, true);
    if (status == SL_OK) status = sl_optimizer_new_on(&parameter, &name, 1, &options, &optimizer);
    for (size_t i = 0; i < json_array_size(rates) && status == SL_OK; i++)
        status = step(golden, optimizer, parameter, i, json_number_value(json_array_get(rates, i)));
    if (status == SL_OK && sl_safetensors_count(golden->tensors) != 2 * json_array_size(rates) + 1)
        sl_comparison_fail(&golden->comparison, "%zu tensors for %zu learning rates", sl_safetensors_count(golden->tensors),
                           json_array_size(rates));
    sl_optimizer_free(optimizer);
    sl_tensor_free(parameter);
    return status;
}

int main(int argc, char **argv) {
    const sl_golden_test test = {
        .family = SL_GOLDEN_OPTIMIZERS,
        .body = check,
        .floor = 1e-6, // a dozen roundings of a float32 parameter
    };
    return sl_golden_run(&test, argc > 1 ? argv[1] : NULL);
}

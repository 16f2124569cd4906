// Initial values of a model's parameters.
#include "core/base/thread.h"
#include "core/nn/model_impl.h"

static void entry_initialise(const sl_model_entry *entry, sl_random random) {
    float *values = sl_tensor_f32(entry->parameter.tensor);
    int64_t count = sl_tensor_count(entry->parameter.tensor);
    switch (entry->initial) {
    case SL_INITIAL_CONSTANT:
        for (int64_t i = 0; i < count; i++) values[i] = (float)entry->init_scale;
        break;
    case SL_INITIAL_NORMAL:
        for (int64_t i = 0; i < count; i++) values[i] = (float)(entry->init_scale * sl_random_normal(&random));
        break;
    case SL_INITIAL_UNIFORM:
        for (int64_t i = 0; i < count; i++) values[i] = (float)(entry->init_scale * (2 * sl_random_uniform(&random) - 1));
        break;
    }
}

void sl_model_initialise(sl_model *model, uint64_t seed, sl_random_stream stream) {
#pragma omp parallel for num_threads(sl_threads_get()) schedule(dynamic)
    for (size_t i = 0; i < model->count; i++) entry_initialise(&model->entries[i], sl_random_at(seed, stream, i));
}

// Updates of the optimizers, one pass over memory each, and the summing of gradients. Memory is what limits them, so the
// arithmetic can be in double, as in the reference.
#include "core/backend/cpu/cpu.h"

#include <math.h>

typedef struct job {
    float *parameter, *m, *v;
    const float *gradient;
    sl_sgd_update sgd;
    sl_adam_update adam;
    double rate, correction; // adam: lr / (1 - beta1^step), sqrt(1 - beta2^step)
} job;

SL_CLONES static void accumulate(void *context, int64_t first, int64_t last) {
    const job *j = context;
    float *sum = j->parameter;
    const float *addend = j->gradient;
#pragma omp simd
    for (int64_t i = first; i < last; i++) sum[i] += addend[i];
}

void sl_cpu_accumulate(float *sum, const float *addend, int64_t count) {
    sl_cpu_for(count, SL_CPU_GRAIN, accumulate, &(job){.parameter = sum, .gradient = addend});
}

SL_CLONES static void sgd_plain(void *context, int64_t first, int64_t last) {
    const job *j = context;
    const sl_sgd_update u = j->sgd;
    float *parameter = j->parameter;
    const float *gradient = j->gradient;
#pragma omp simd
    for (int64_t i = first; i < last; i++)
        parameter[i] = (float)(parameter[i] - u.lr * (gradient[i] + u.weight_decay * parameter[i]));
}

SL_CLONES static void sgd_momentum(void *context, int64_t first, int64_t last) {
    const job *j = context;
    const sl_sgd_update u = j->sgd;
    float *parameter = j->parameter, *momentum = j->m;
    const float *gradient = j->gradient;
    double keep = u.first ? 0.0 : u.momentum;
    if (u.first)
        for (int64_t i = first; i < last; i++) momentum[i] = 0.0f; // whatever stood there
    if (u.nesterov) {
#pragma omp simd
        for (int64_t i = first; i < last; i++) {
            double step = gradient[i] + u.weight_decay * parameter[i];
            float moved = (float)(keep * momentum[i] + step);
            momentum[i] = moved;
            parameter[i] = (float)(parameter[i] - u.lr * (step + u.momentum * moved));
        }
    } else {
#pragma omp simd
        for (int64_t i = first; i < last; i++) {
            double step = gradient[i] + u.weight_decay * parameter[i];
            float moved = (float)(keep * momentum[i] + step);
            momentum[i] = moved;
            parameter[i] = (float)(parameter[i] - u.lr * moved);
        }
    }
}

void sl_cpu_sgd(float *parameter, const float *gradient, float *momentum, int64_t count, const sl_sgd_update *update) {
    job j = {.parameter = parameter, .gradient = gradient, .m = momentum, .sgd = *update};
    sl_cpu_for(count, SL_CPU_GRAIN, update->momentum != 0.0 ? sgd_momentum : sgd_plain, &j);
}

SL_CLONES static void adam(void *context, int64_t first, int64_t last) {
    const job *j = context;
    const sl_adam_update u = j->adam;
    float *parameter = j->parameter, *m = j->m, *v = j->v;
    const float *gradient = j->gradient;
    double decay = u.decoupled ? 0.0 : u.weight_decay, shrink = u.decoupled ? u.lr * u.weight_decay : 0.0;
#pragma omp simd
    for (int64_t i = first; i < last; i++) {
        double p = parameter[i], g = gradient[i] + decay * p;
        p -= shrink * p;
        float m1 = (float)(u.beta1 * m[i] + (1.0 - u.beta1) * g), v1 = (float)(u.beta2 * v[i] + (1.0 - u.beta2) * g * g);
        m[i] = m1;
        v[i] = v1;
        parameter[i] = (float)(p - j->rate * m1 / (sqrt((double)v1) / j->correction + u.eps));
    }
}

void sl_cpu_adam(float *parameter, const float *gradient, float *m, float *v, int64_t count, const sl_adam_update *update) {
    job j = {.parameter = parameter, .gradient = gradient, .m = m, .v = v, .adam = *update};
    j.rate = update->lr / (1.0 - pow(update->beta1, (double)update->step));
    j.correction = sqrt(1.0 - pow(update->beta2, (double)update->step));
    sl_cpu_for(count, sl_cpu_grain(8), adam, &j);
}

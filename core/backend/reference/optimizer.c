// Updates of the optimizers, in PyTorch's order of operations, and the summing of gradients.
#include "core/backend/reference/reference.h"

#include <math.h>

void sl_reference_accumulate(float *sum, const float *addend, int64_t count) {
#pragma omp parallel for simd num_threads(sl_threads_get()) schedule(static)
    for (int64_t i = 0; i < count; i++) sum[i] += addend[i];
}

// `momentum` may be NULL when update->momentum is 0.
void sl_reference_sgd(float *parameter, const float *gradient, float *momentum, int64_t count, const sl_sgd_update *update) {
    sl_sgd_update u = *update;
#pragma omp parallel for num_threads(sl_threads_get()) schedule(static)
    for (int64_t i = 0; i < count; i++) {
        double step = gradient[i] + u.weight_decay * parameter[i];
        if (u.momentum != 0.0) {
            momentum[i] = (float)(u.first ? step : u.momentum * momentum[i] + step);
            step = u.nesterov ? step + u.momentum * momentum[i] : momentum[i];
        }
        parameter[i] = (float)(parameter[i] - u.lr * step);
    }
}

void sl_reference_adam(float *parameter, const float *gradient, float *m, float *v, int64_t count, const sl_adam_update *update) {
    sl_adam_update u = *update;
    double m_correction = 1.0 - pow(u.beta1, (double)u.step), v_correction = sqrt(1.0 - pow(u.beta2, (double)u.step));
#pragma omp parallel for num_threads(sl_threads_get()) schedule(static)
    for (int64_t i = 0; i < count; i++) {
        double p = parameter[i], g = gradient[i];
        if (u.decoupled)
            p -= u.lr * u.weight_decay * p;
        else
            g += u.weight_decay * p;
        m[i] = (float)(u.beta1 * m[i] + (1.0 - u.beta1) * g);
        v[i] = (float)(u.beta2 * v[i] + (1.0 - u.beta2) * g * g);
        parameter[i] = (float)(p - u.lr / m_correction * m[i] / (sqrt((double)v[i]) / v_correction + u.eps));
    }
}

// conv2d. Weights (O, I, kh, kw) lie in memory as O, kh, kw, I, so one tap of one output channel is a dot product over contiguous
// input channels; the gradient of x has the same shape with the weights turned round.
#include "core/backend/convolution_geometry.h"
#include "core/backend/reference/reference.h"
#include "core/base/memory.h"

static double dot(const float *a, const float *b, int64_t count) {
    double sum = 0.0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < count; i++) sum += (double)a[i] * (double)b[i];
    return sum;
}

// One output value without its bias: `x` is the image, `w` the output channel's weights.
static double output_at(const sl_convolution *g, const float *x, const float *w, int64_t oh, int64_t ow) {
    int64_t top = oh * g->stride - g->padding, left = ow * g->stride - g->padding;
    double sum = 0.0;
    for (int64_t kh = 0; kh < g->kernel_height; kh++) {
        int64_t ih = top + kh * g->dilation;
        if (ih < 0 || ih >= g->height) continue;
        const float *row = x + ih * g->width * g->in;
        const float *taps = w + kh * g->kernel_width * g->in;
        if (g->dilation == 1) { // the taps of a row lie side by side in both: one dot product
            int64_t first = left < 0 ? -left : 0;
            int64_t last = left + g->kernel_width > g->width ? g->width - left : g->kernel_width;
            if (last > first) sum += dot(row + (left + first) * g->in, taps + first * g->in, (last - first) * g->in);
            continue;
        }
        for (int64_t kw = 0; kw < g->kernel_width; kw++) {
            int64_t iw = left + kw * g->dilation;
            if (iw < 0 || iw >= g->width) continue;
            sum += dot(row + iw * g->in, taps + kw * g->in, g->in);
        }
    }
    return sum;
}

sl_status sl_reference_conv2d_forward(const sl_op_call *call) {
    sl_convolution g = sl_convolution_of(call, call->out[0]);
    const float *x = sl_tensor_f32(call->in[0]), *w = sl_tensor_f32(call->in[1]);
    const float *bias = call->in[2] ? sl_tensor_f32(call->in[2]) : NULL;
    float *y = sl_tensor_f32(call->out[0]);
    int64_t image = g.height * g.width * g.in, filter = g.kernel_height * g.kernel_width * g.in;
    // Filter by filter along a row of pixels: the filter stays in the first cache, the rows of x in the second.
#pragma omp parallel for collapse(2) num_threads(sl_threads_get()) schedule(static)
    for (int64_t n = 0; n < g.batch; n++)
        for (int64_t oh = 0; oh < g.out_height; oh++) {
            float *row = y + (n * g.out_height + oh) * g.out_width * g.out;
            for (int64_t o = 0; o < g.out; o++)
                for (int64_t ow = 0; ow < g.out_width; ow++) {
                    double sum = output_at(&g, x + n * image, w + o * filter, oh, ow);
                    row[ow * g.out + o] = (float)(bias ? sum + bias[o] : sum);
                }
        }
    return SL_OK;
}

// Weights as kh, kw, I, O.
static sl_status turn_weights(const sl_convolution *g, const float *w, float **out) {
    int64_t taps = g->kernel_height * g->kernel_width;
    float *turned = sl_malloc(sizeof *turned * (size_t)(taps * g->in * g->out));
    if (!turned) return sl_error(SL_ERR_MEMORY, "conv2d: out of memory for a copy of the weights");
    for (int64_t o = 0; o < g->out; o++)
        for (int64_t tap = 0; tap < taps; tap++)
            for (int64_t i = 0; i < g->in; i++) turned[(tap * g->in + i) * g->out + o] = w[(o * taps + tap) * g->in + i];
    *out = turned;
    return SL_OK;
}

// The gradient of x at (ih, iw) in channel `i`: over all taps through which that pixel reached an output.
static double input_gradient_at(const sl_convolution *g, const float *gy, const float *turned, int64_t ih, int64_t iw,
                                int64_t i) {
    double sum = 0.0;
    for (int64_t kh = 0; kh < g->kernel_height; kh++) {
        int64_t down = ih + g->padding - kh * g->dilation;
        if (down < 0 || down % g->stride != 0 || down / g->stride >= g->out_height) continue;
        for (int64_t kw = 0; kw < g->kernel_width; kw++) {
            int64_t right = iw + g->padding - kw * g->dilation;
            if (right < 0 || right % g->stride != 0 || right / g->stride >= g->out_width) continue;
            sum += dot(gy + (down / g->stride * g->out_width + right / g->stride) * g->out,
                       turned + ((kh * g->kernel_width + kw) * g->in + i) * g->out, g->out);
        }
    }
    return sum;
}

static sl_status input_gradient(const sl_convolution *g, const float *gy, const float *w, float *gx) {
    float *turned = NULL;
    SL_TRY(turn_weights(g, w, &turned));
    int64_t image = g->out_height * g->out_width * g->out;
#pragma omp parallel for collapse(2) num_threads(sl_threads_get()) schedule(static)
    for (int64_t n = 0; n < g->batch; n++)
        for (int64_t ih = 0; ih < g->height; ih++) {
            float *row = gx + (n * g->height + ih) * g->width * g->in;
            for (int64_t i = 0; i < g->in; i++)
                for (int64_t iw = 0; iw < g->width; iw++)
                    row[iw * g->in + i] = (float)input_gradient_at(g, gy + n * image, turned, ih, iw, i);
        }
    sl_free(turned);
    return SL_OK;
}

enum { CHANNEL_TILE = 64 };

// One tap of one filter for `channels` input channels from `first` on: the sum over all output pixels of gy times the input
// pixel.
static void weight_gradient_at(const sl_convolution *g, const float *gy, const float *x, int64_t o, int64_t kh, int64_t kw,
                               int64_t first, int64_t channels, float *gw) {
    double sum[CHANNEL_TILE] = {0};
    for (int64_t n = 0; n < g->batch; n++)
        for (int64_t oh = 0; oh < g->out_height; oh++) {
            int64_t ih = oh * g->stride - g->padding + kh * g->dilation;
            if (ih < 0 || ih >= g->height) continue;
            for (int64_t ow = 0; ow < g->out_width; ow++) {
                int64_t iw = ow * g->stride - g->padding + kw * g->dilation;
                if (iw < 0 || iw >= g->width) continue;
                double factor = gy[((n * g->out_height + oh) * g->out_width + ow) * g->out + o];
                const float *pixel = x + ((n * g->height + ih) * g->width + iw) * g->in + first;
#pragma omp simd
                for (int64_t i = 0; i < channels; i++) sum[i] += factor * (double)pixel[i];
            }
        }
    for (int64_t i = 0; i < channels; i++) gw[i] = (float)sum[i];
}

static void weight_gradient(const sl_convolution *g, const float *gy, const float *x, float *gw) {
    int64_t taps = g->kernel_height * g->kernel_width;
#pragma omp parallel for collapse(2) num_threads(sl_threads_get()) schedule(static)
    for (int64_t o = 0; o < g->out; o++)
        for (int64_t tap = 0; tap < taps; tap++)
            for (int64_t first = 0; first < g->in; first += CHANNEL_TILE) {
                int64_t channels = g->in - first < CHANNEL_TILE ? g->in - first : CHANNEL_TILE;
                weight_gradient_at(g, gy, x, o, tap / g->kernel_width, tap % g->kernel_width, first, channels,
                                   gw + (o * taps + tap) * g->in + first);
            }
}

static void bias_gradient(const sl_convolution *g, const float *gy, float *gb) {
    int64_t pixels = g->batch * g->out_height * g->out_width;
#pragma omp parallel for num_threads(sl_threads_get()) schedule(static)
    for (int64_t o = 0; o < g->out; o++) {
        double sum = 0.0;
        for (int64_t p = 0; p < pixels; p++) sum += gy[p * g->out + o];
        gb[o] = (float)sum;
    }
}

sl_status sl_reference_conv2d_backward(const sl_op_call *call) {
    if (sl_reference_no_gradient(call)) return SL_OK;
    sl_convolution g = sl_convolution_of(call, call->grad_out[0]);
    const float *gy = sl_tensor_f32(call->grad_out[0]);
    if (call->grad_in[0]) SL_TRY(input_gradient(&g, gy, sl_tensor_f32(call->in[1]), sl_tensor_f32(call->grad_in[0])));
    if (call->grad_in[1]) weight_gradient(&g, gy, sl_tensor_f32(call->in[0]), sl_tensor_f32(call->grad_in[1]));
    if (call->grad_in[2]) bias_gradient(&g, gy, sl_tensor_f32(call->grad_in[2]));
    return SL_OK;
}

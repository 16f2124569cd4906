#include "core/tensor/op_infer.h"

static const char *op_name(const sl_op_call *call) {
    return sl_op_info_get(call->op)->name;
}

static sl_status want_dtype(const sl_op_call *call, int input, sl_dtype dtype) {
    if (sl_tensor_dtype(call->in[input]) == dtype) return SL_OK;
    return sl_error(SL_ERR_ARGUMENT, "%s: %s must be %s, not %s", op_name(call), sl_op_info_get(call->op)->input_names[input],
                    sl_dtype_name(dtype), sl_dtype_name(sl_tensor_dtype(call->in[input])));
}

static sl_status want_labels(const sl_op_call *call, int input) {
    sl_dtype dtype = sl_tensor_dtype(call->in[input]);
    if (dtype == SL_U8 || dtype == SL_I64) return SL_OK;
    return sl_error(SL_ERR_ARGUMENT, "%s: %s must be a label map of u8 or i64, not %s", op_name(call),
                    sl_op_info_get(call->op)->input_names[input], sl_dtype_name(dtype));
}

static sl_status mismatch(const sl_op_call *call, int input, sl_shape wanted) {
    char have[96], want[96];
    return sl_error(SL_ERR_ARGUMENT, "%s: %s has shape %s, expected %s", op_name(call),
                    sl_op_info_get(call->op)->input_names[input], sl_shape_text(call->in_shape[input], have),
                    sl_shape_text(wanted, want));
}

static sl_status want_shape(const sl_op_call *call, int input, sl_shape wanted) {
    return sl_shape_equal(call->in_shape[input], wanted) ? SL_OK : mismatch(call, input, wanted);
}

static sl_status want_vector(const sl_op_call *call, int input, int64_t length) {
    SL_TRY(want_dtype(call, input, SL_F32));
    return want_shape(call, input, sl_shape_vector(length));
}

static sl_status want_pixels(const sl_op_call *call, int input) {
    if (sl_shape_count(call->in_shape[input]) > 0) return SL_OK;
    char text[96];
    return sl_error(SL_ERR_ARGUMENT, "%s: %s is empty (%s)", op_name(call), sl_op_info_get(call->op)->input_names[input],
                    sl_shape_text(call->in_shape[input], text));
}

static sl_status same_as_input(const sl_op_call *call, sl_dtype *dtypes, sl_shape *shapes) {
    SL_TRY(want_dtype(call, 0, SL_F32));
    dtypes[0] = SL_F32;
    shapes[0] = call->in_shape[0];
    return SL_OK;
}

// Size of a window's output along one axis; 0 where it does not fit.
static int64_t window_count(int64_t size, int64_t kernel, int64_t stride, int64_t padding, int64_t dilation, bool ceil_mode) {
    int64_t room = size + 2 * padding - dilation * (kernel - 1) - 1;
    if (room < 0) return 0;
    int64_t count = (room + (ceil_mode ? stride - 1 : 0)) / stride + 1;
    if (ceil_mode && (count - 1) * stride >= size + padding) count--; // a window that starts in the padding does not count
    return count;
}

sl_status sl_infer_conv2d(const sl_op_call *call, sl_dtype *dtypes, sl_shape *shapes) {
    sl_shape x = call->in_shape[0], w = call->in_shape[1];
    const sl_op_attributes *a = &call->attributes;
    char have[96], kernel[96];
    SL_TRY(want_dtype(call, 0, SL_F32));
    SL_TRY(want_dtype(call, 1, SL_F32));
    if (w.rank != 4 || w.c != x.c || sl_shape_count(w) == 0)
        return sl_error(SL_ERR_ARGUMENT, "conv2d: a weight of %s does not fit an input of %s", sl_shape_text(w, kernel),
                        sl_shape_text(x, have));
    if (call->in[2]) SL_TRY(want_vector(call, 2, w.n));
    int64_t height = window_count(x.h, w.h, a->stride, a->padding, a->dilation, false);
    int64_t width = window_count(x.w, w.w, a->stride, a->padding, a->dilation, false);
    if (height <= 0 || width <= 0)
        return sl_error(SL_ERR_ARGUMENT, "conv2d: an input of %s is smaller than the kernel %s (dilation %d, padding %d)",
                        sl_shape_text(x, have), sl_shape_text(w, kernel), a->dilation, a->padding);
    dtypes[0] = SL_F32;
    shapes[0] = sl_shape_image(x.n, w.n, height, width);
    return SL_OK;
}

sl_status sl_infer_batch_norm(const sl_op_call *call, sl_dtype *dtypes, sl_shape *shapes) {
    sl_shape x = call->in_shape[0];
    SL_TRY(want_pixels(call, 0));
    for (int i = 1; i <= 4; i++) SL_TRY(want_vector(call, i, x.c));
    if (call->in[5]) {
        SL_TRY(want_dtype(call, 5, SL_F32));
        SL_TRY(want_shape(call, 5, x));
    }
    if (call->attributes.training && x.n * x.h * x.w < 2)
        return sl_error(SL_ERR_ARGUMENT,
                        "batch_norm: batch statistics need more than one value per channel (batch 1 of 1x1 pixels)");
    dtypes[1] = dtypes[2] = SL_F32;
    shapes[1] = shapes[2] = sl_shape_vector(x.c);
    return same_as_input(call, dtypes, shapes);
}

sl_status sl_infer_relu(const sl_op_call *call, sl_dtype *dtypes, sl_shape *shapes) {
    return same_as_input(call, dtypes, shapes);
}
sl_status sl_infer_leaky_relu(const sl_op_call *call, sl_dtype *dtypes, sl_shape *shapes) {
    return same_as_input(call, dtypes, shapes);
}
sl_status sl_infer_sigmoid(const sl_op_call *call, sl_dtype *dtypes, sl_shape *shapes) {
    return same_as_input(call, dtypes, shapes);
}
sl_status sl_infer_scale(const sl_op_call *call, sl_dtype *dtypes, sl_shape *shapes) {
    return same_as_input(call, dtypes, shapes);
}
sl_status sl_infer_softmax(const sl_op_call *call, sl_dtype *dtypes, sl_shape *shapes) {
    return same_as_input(call, dtypes, shapes);
}
sl_status sl_infer_log_softmax(const sl_op_call *call, sl_dtype *dtypes, sl_shape *shapes) {
    return same_as_input(call, dtypes, shapes);
}

sl_status sl_infer_add(const sl_op_call *call, sl_dtype *dtypes, sl_shape *shapes) {
    SL_TRY(want_dtype(call, 1, SL_F32));
    SL_TRY(want_shape(call, 1, call->in_shape[0]));
    return same_as_input(call, dtypes, shapes);
}

sl_status sl_infer_mul(const sl_op_call *call, sl_dtype *dtypes, sl_shape *shapes) {
    return sl_infer_add(call, dtypes, shapes);
}

sl_status sl_infer_mean(const sl_op_call *call, sl_dtype *dtypes, sl_shape *shapes) {
    SL_TRY(want_pixels(call, 0));
    SL_TRY(same_as_input(call, dtypes, shapes));
    shapes[0] = sl_shape_scalar();
    return SL_OK;
}

sl_status sl_infer_concat(const sl_op_call *call, sl_dtype *dtypes, sl_shape *shapes) {
    sl_shape x = call->in_shape[0], z = call->in_shape[1];
    sl_dtype dtype = sl_tensor_dtype(call->in[0]);
    SL_TRY(want_dtype(call, 1, dtype)); // any dtype: label maps are joined too
    sl_shape wanted = x;
    if (call->attributes.dim == 0)
        wanted.n = z.n;
    else
        wanted.c = z.c;
    SL_TRY(want_shape(call, 1, wanted));
    dtypes[0] = dtype;
    shapes[0] = x;
    if (call->attributes.dim == 0)
        shapes[0].n += z.n;
    else
        shapes[0].c += z.c;
    return SL_OK;
}

sl_status sl_infer_max_pool(const sl_op_call *call, sl_dtype *dtypes, sl_shape *shapes) {
    const sl_op_attributes *a = &call->attributes;
    sl_shape x = call->in_shape[0];
    SL_TRY(same_as_input(call, dtypes, shapes));
    char text[96];
    if (a->padding > a->kernel / 2)
        return sl_error(SL_ERR_ARGUMENT, "max_pool: padding %d is more than half of the kernel %d", a->padding, a->kernel);
    shapes[0].h = window_count(x.h, a->kernel, a->stride, a->padding, a->dilation, a->ceil_mode);
    shapes[0].w = window_count(x.w, a->kernel, a->stride, a->padding, a->dilation, a->ceil_mode);
    if (shapes[0].h <= 0 || shapes[0].w <= 0)
        return sl_error(SL_ERR_ARGUMENT, "max_pool: an input of %s is smaller than the window of %d", sl_shape_text(x, text),
                        a->kernel);
    dtypes[1] = SL_I64;
    shapes[1] = shapes[0];
    return SL_OK;
}

sl_status sl_infer_global_avg_pool(const sl_op_call *call, sl_dtype *dtypes, sl_shape *shapes) {
    SL_TRY(want_pixels(call, 0));
    SL_TRY(same_as_input(call, dtypes, shapes));
    shapes[0] = sl_shape_image(call->in_shape[0].n, call->in_shape[0].c, 1, 1);
    return SL_OK;
}

sl_status sl_infer_bilinear(const sl_op_call *call, sl_dtype *dtypes, sl_shape *shapes) {
    SL_TRY(want_pixels(call, 0));
    SL_TRY(same_as_input(call, dtypes, shapes));
    shapes[0].h = call->attributes.height;
    shapes[0].w = call->attributes.width;
    return SL_OK;
}

static sl_status want_few_channels(const sl_op_call *call) { // label maps are u8 and 255 is the ignore label
    if (call->in_shape[0].c >= 1 && call->in_shape[0].c <= 255) return SL_OK;
    return sl_error(SL_ERR_ARGUMENT, "%s: %lld classes; 1 to 255 fit a label map", op_name(call), (long long)call->in_shape[0].c);
}

static sl_shape map_of(sl_shape x) {
    return sl_shape_map(x.n, x.h, x.w);
}

sl_status sl_infer_argmax(const sl_op_call *call, sl_dtype *dtypes, sl_shape *shapes) {
    SL_TRY(want_dtype(call, 0, SL_F32));
    SL_TRY(want_few_channels(call));
    dtypes[0] = SL_U8;
    shapes[0] = map_of(call->in_shape[0]);
    return SL_OK;
}

static void loss_and_count(sl_dtype *dtypes, sl_shape *shapes) {
    dtypes[0] = SL_F32;
    dtypes[1] = SL_I64;
    shapes[0] = shapes[1] = sl_shape_scalar();
}

sl_status sl_infer_cross_entropy(const sl_op_call *call, sl_dtype *dtypes, sl_shape *shapes) {
    SL_TRY(want_dtype(call, 0, SL_F32));
    SL_TRY(want_labels(call, 1));
    SL_TRY(want_shape(call, 1, map_of(call->in_shape[0])));
    if (call->in[2]) SL_TRY(want_vector(call, 2, call->in_shape[0].c));
    loss_and_count(dtypes, shapes);
    return SL_OK;
}

sl_status sl_infer_bce_with_logits(const sl_op_call *call, sl_dtype *dtypes, sl_shape *shapes) {
    SL_TRY(want_dtype(call, 0, SL_F32));
    if (call->in[1]) {
        SL_TRY(want_dtype(call, 1, SL_U8));
        SL_TRY(want_shape(call, 1, call->in_shape[0]));
    }
    loss_and_count(dtypes, shapes);
    return SL_OK;
}

sl_status sl_infer_masked_cross_entropy(const sl_op_call *call, sl_dtype *dtypes, sl_shape *shapes) {
    sl_shape x = call->in_shape[0];
    SL_TRY(want_dtype(call, 0, SL_F32));
    SL_TRY(want_dtype(call, 1, SL_F32));
    SL_TRY(want_few_channels(call));
    SL_TRY(want_shape(call, 1, sl_shape_image(x.n, 1, x.h, x.w)));
    if (call->attributes.ignore_label < x.c || call->attributes.ignore_label > 255) // it marks ignored pixels in the label map
        return sl_error(SL_ERR_ARGUMENT,
                        "masked_cross_entropy: the ignore label is %d, must be from %lld (not one of the classes) to 255",
                        call->attributes.ignore_label, (long long)x.c);
    loss_and_count(dtypes, shapes);
    dtypes[2] = SL_U8;
    shapes[2] = map_of(x);
    return SL_OK;
}

sl_status sl_infer_one_hot(const sl_op_call *call, sl_dtype *dtypes, sl_shape *shapes) {
    sl_shape x = call->in_shape[0];
    SL_TRY(want_labels(call, 0));
    if (x.c != 1) return mismatch(call, 0, map_of(x));
    dtypes[0] = SL_F32;
    shapes[0] = sl_shape_image(x.n, call->attributes.classes, x.h, x.w);
    return SL_OK;
}

sl_status sl_infer_equal(const sl_op_call *call, sl_dtype *dtypes, sl_shape *shapes) {
    SL_TRY(want_labels(call, 0));
    dtypes[0] = SL_U8;
    shapes[0] = call->in_shape[0];
    return SL_OK;
}

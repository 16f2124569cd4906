#include "core/backend/dispatch.h"
#include "core/tensor/tape_impl.h"

// Attributes may come from a script: an out-of-range one must not reach a kernel.
static sl_status check_attributes(const sl_op_info *info, const sl_op_attributes *attributes) {
    for (const sl_attribute_info *a = info->attributes; a->name; a++) {
        const void *field = (const char *)attributes + a->offset;
        double value = a->type == SL_ATTRIBUTE_INT    ? *(const int *)field
                       : a->type == SL_ATTRIBUTE_REAL ? *(const double *)field
                                                      : 0;
        if (!(value >= a->least && value <= a->most))
            return sl_error(SL_ERR_ARGUMENT, "%s: %s is %g, must be from %g to %g", info->name, a->name, value, a->least,
                            a->most);
    }
    return SL_OK;
}

sl_status sl_op_run(sl_op op, sl_tensor *const *inputs, const sl_op_attributes *attributes, sl_tensor **outputs) {
    const sl_op_info *info = sl_op_info_get(op);
    sl_op_call call = {.op = op, .attributes = attributes ? *attributes : sl_op_attributes_default(op)};
    for (int i = 0; i < info->outputs; i++) outputs[i] = NULL;
    for (int i = 0; i < SL_OP_MAX_INPUTS; i++) {
        sl_tensor *input = i < info->most_inputs ? inputs[i] : NULL;
        if (!input && i < info->least_inputs)
            return sl_error(SL_ERR_ARGUMENT, "%s: %s is missing", info->name, info->input_names[i]);
        call.in[i] = input;
        call.in_shape[i] = input ? input->shape : (sl_shape){.rank = -1};
    }
    SL_TRY(check_attributes(info, &call.attributes));

    sl_dtype dtypes[SL_OP_MAX_OUTPUTS];
    sl_shape shapes[SL_OP_MAX_OUTPUTS];
    SL_TRY(info->infer(&call, dtypes, shapes));
    sl_status status = SL_OK;
    for (int i = 0; i < info->outputs && status == SL_OK; i++)
        status = sl_tensor_new_on(sl_tensor_device(call.in[0]), dtypes[i], shapes[i], &call.out[i]);
    if (status == SL_OK) status = sl_dispatch_forward(&call);
    if (status == SL_OK) status = sl_tape_record(&call, inputs);
    for (int i = 0; i < info->outputs; i++) {
        if (status == SL_OK)
            outputs[i] = call.out[i];
        else
            sl_tensor_free(call.out[i]);
    }
    return status;
}

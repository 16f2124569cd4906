// Entries of the golden set that are one op: inputs by name, the output y, its gradient gy, and the gradients g_<input>.
#include "core/tensor/op.h"
#include "core/tensor/tape.h"
#include "tests/support/golden.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct golden_op {
    const char *name;
    sl_golden_family family;
    sl_op op;
    const char *inputs[SL_OP_MAX_INPUTS]; // names in the file, in the op's order
    bool relu;                            // implied by the name
} golden_op;

static const golden_op golden_ops[] = {
    {"conv2d", SL_GOLDEN_OPS, SL_OP_conv2d, {"x", "w", "b"}, false},
    {"batch_norm", SL_GOLDEN_OPS, SL_OP_batch_norm, {"x", "gamma", "beta", "mean", "var", "z"}, false},
    {"batch_norm_running_stats", SL_GOLDEN_OPS, SL_OP_COUNT, {NULL}, false}, // the rest of another entry
    {"relu", SL_GOLDEN_OPS, SL_OP_relu, {"x"}, false},
    {"leaky_relu", SL_GOLDEN_OPS, SL_OP_leaky_relu, {"x"}, false},
    {"sigmoid", SL_GOLDEN_OPS, SL_OP_sigmoid, {"x"}, false},
    {"add", SL_GOLDEN_OPS, SL_OP_add, {"x", "z"}, false},
    {"add_relu", SL_GOLDEN_OPS, SL_OP_add, {"x", "z"}, true},
    {"mul", SL_GOLDEN_OPS, SL_OP_mul, {"x", "z"}, false},
    {"concat", SL_GOLDEN_OPS, SL_OP_concat, {"x", "z"}, false},
    {"max_pool", SL_GOLDEN_OPS, SL_OP_max_pool, {"x"}, false},
    {"global_avg_pool", SL_GOLDEN_OPS, SL_OP_global_avg_pool, {"x"}, false},
    {"bilinear", SL_GOLDEN_OPS, SL_OP_bilinear, {"x"}, false},
    {"softmax", SL_GOLDEN_OPS, SL_OP_softmax, {"x"}, false},
    {"log_softmax", SL_GOLDEN_OPS, SL_OP_log_softmax, {"x"}, false},
    {"cross_entropy", SL_GOLDEN_LOSSES, SL_OP_cross_entropy, {"x", "target", "weight"}, false},
    {"bce_with_logits", SL_GOLDEN_LOSSES, SL_OP_bce_with_logits, {"x", "ignore"}, false},
    {"masked_cross_entropy", SL_GOLDEN_LOSSES, SL_OP_masked_cross_entropy, {"x", "d"}, false},
};

static const golden_op *op_find(const char *name) {
    for (size_t i = 0; i < sizeof golden_ops / sizeof *golden_ops; i++)
        if (!strcmp(golden_ops[i].name, name)) return &golden_ops[i];
    return NULL;
}

bool sl_golden_op_known(const char *name, sl_golden_family *family) {
    const golden_op *row = op_find(name);
    if (row) *family = row->family;
    return row != NULL;
}

static bool is_one_of(const char *name, const char *const *names) {
    for (; *names; names++)
        if (!strcmp(name, *names)) return true;
    return false;
}

static void set_attribute(sl_op_attributes *attributes, const sl_attribute_info *info, double value) {
    void *field = (char *)attributes + info->offset;
    switch (info->type) {
    case SL_ATTRIBUTE_INT: *(int *)field = (int)value; break;
    case SL_ATTRIBUTE_BOOL: *(bool *)field = value != 0.0; break;
    case SL_ATTRIBUTE_REAL: *(double *)field = value; break;
    }
}

// Attributes from the entry's keys. A key that is not understood is an error: it may change what is computed.
static sl_status attributes_of(const golden_op *row, json_t *entry, sl_op_attributes *out) {
    static const char *const others[] = {"file", "op", "tensors", "relative_spread_f32_f64", "note", "reduction", "add", NULL};
    *out = sl_op_attributes_default(row->op);
    out->relu = row->relu;
    const char *key;
    json_t *value;
    json_object_foreach(entry, key, value) {
        if (is_one_of(key, others)) continue;
        if (!strcmp(key, "size") && row->op == SL_OP_bilinear) {
            out->height = (int)json_integer_value(json_array_get(value, 0));
            out->width = (int)json_integer_value(json_array_get(value, 1));
            continue;
        }
        if (!strcmp(key, "dim") && (row->op == SL_OP_softmax || row->op == SL_OP_log_softmax) &&
            sl_golden_number(entry, key, 0) == 1.0)
            continue;
        const char *name = !strcmp(key, "negative_slope") ? "slope" : !strcmp(key, "ignore_index") ? "ignore_label" : key;
        const sl_attribute_info *info = sl_op_info_get(row->op)->attributes;
        while (info->name && strcmp(info->name, name)) info++;
        double number = sl_golden_number(entry, key, NAN);
        if (!info->name || isnan(number))
            return sl_error(SL_ERR_UNSUPPORTED, "the entry's \"%s\" is not understood for %s", key, row->name);
        set_attribute(out, info, number);
    }
    return SL_OK;
}

static int input_index(const golden_op *row, const char *name) {
    for (int i = 0; i < SL_OP_MAX_INPUTS; i++)
        if (row->inputs[i] && !strcmp(row->inputs[i], name)) return i;
    return -1;
}

// Reads the inputs; those whose gradient the file holds become leaves. Every tensor of the file must have a meaning.
static sl_status load_inputs(const golden_op *row, const sl_safetensors *file, sl_tensor *inputs[SL_OP_MAX_INPUTS]) {
    for (size_t t = 0; t < sl_safetensors_count(file); t++) {
        const char *name = sl_safetensors_name(file, t);
        int i = input_index(row, name);
        if (i >= 0) {
            SL_TRY(sl_safetensors_get(file, name, &inputs[i]));
            continue;
        }
        bool gradient = !strncmp(name, "g_", 2) && input_index(row, name + 2) >= 0;
        if (!gradient && strcmp(name, "y") && strcmp(name, "gy"))
            return sl_error(SL_ERR_UNSUPPORTED, "the file's tensor \"%s\" is not understood for %s", name, row->name);
    }
    for (int i = 0; i < SL_OP_MAX_INPUTS; i++) {
        char name[64];
        snprintf(name, sizeof name, "g_%s", row->inputs[i] ? row->inputs[i] : "");
        if (inputs[i] && sl_safetensors_has(file, name)) SL_TRY(sl_tensor_set_requires_grad(inputs[i], true));
    }
    return SL_OK;
}

static sl_status compare_with(sl_golden_case *golden, const sl_safetensors *file, const char *name, const sl_tensor *actual) {
    sl_tensor *expected = NULL;
    SL_TRY(sl_safetensors_get(file, name, &expected));
    sl_comparison_tensor(&golden->comparison, name, actual, expected);
    sl_tensor_free(expected);
    return SL_OK;
}

static sl_status compare_gradients(sl_golden_case *golden, const golden_op *row, sl_tensor *output,
                                   sl_tensor *const inputs[SL_OP_MAX_INPUTS]) {
    sl_tensor *gy = NULL;
    SL_TRY(sl_safetensors_get(golden->tensors, "gy", &gy));
    sl_status status = sl_backward_from(output, gy);
    sl_tensor_free(gy);
    for (int i = 0; i < SL_OP_MAX_INPUTS && status == SL_OK; i++) {
        char name[64];
        snprintf(name, sizeof name, "g_%s", row->inputs[i] ? row->inputs[i] : "");
        if (sl_safetensors_has(golden->tensors, name))
            status = compare_with(golden, golden->tensors, name, inputs[i] ? sl_tensor_grad(inputs[i]) : NULL);
    }
    return status;
}

// The running statistics after the forward pass of the entry batch_norm_<of> in the same folder.
static sl_status check_running_stats(sl_golden_case *golden, const golden_op *row, const sl_safetensors *inputs_file,
                                     json_t *entry) {
    sl_tensor *inputs[SL_OP_MAX_INPUTS] = {NULL}, *outputs[SL_OP_MAX_OUTPUTS] = {NULL};
    sl_op_attributes attributes;
    sl_status status = attributes_of(row, entry, &attributes);
    if (status == SL_OK) status = load_inputs(row, inputs_file, inputs);
    if (status == SL_OK) status = sl_op_run(row->op, inputs, &attributes, outputs);
    if (status == SL_OK) status = compare_with(golden, golden->tensors, "mean_after", inputs[3]);
    if (status == SL_OK) status = compare_with(golden, golden->tensors, "var_after", inputs[4]);
    for (int i = 0; i < SL_OP_MAX_INPUTS; i++) sl_tensor_free(inputs[i]);
    for (int i = 0; i < SL_OP_MAX_OUTPUTS; i++) sl_tensor_free(outputs[i]);
    return status;
}

static sl_status running_stats(sl_golden_case *golden) {
    const char *of = sl_golden_text(golden->entry, "of", ""), *slash = strrchr(golden->file, '/');
    size_t i;
    json_t *entry;
    json_array_foreach(golden->index, i, entry) {
        char file[256];
        snprintf(file, sizeof file, "%.*sbatch_norm_%s.safetensors", slash ? (int)(slash - golden->file) + 1 : 0, golden->file,
                 of);
        if (strcmp(sl_golden_text(entry, "file", ""), file) || strcmp(sl_golden_text(entry, "op", ""), "batch_norm")) continue;
        sl_safetensors *inputs_file = NULL;
        SL_TRY(sl_golden_open(golden, file, &inputs_file));
        sl_status status = check_running_stats(golden, op_find("batch_norm"), inputs_file, entry);
        sl_safetensors_close(inputs_file);
        return status;
    }
    return sl_error(SL_ERR_DATA, "the index has no batch_norm entry \"%s\" for these statistics", of);
}

sl_status sl_golden_op_check(sl_golden_case *golden) {
    const golden_op *row = op_find(sl_golden_text(golden->entry, "op", ""));
    if (!row) return sl_error(SL_ERR_UNSUPPORTED, "unknown op");
    if (row->op == SL_OP_COUNT) return running_stats(golden);
    sl_tensor *inputs[SL_OP_MAX_INPUTS] = {NULL}, *outputs[SL_OP_MAX_OUTPUTS] = {NULL};
    sl_op_attributes attributes;
    sl_status status = attributes_of(row, golden->entry, &attributes);
    if (status == SL_OK) status = load_inputs(row, golden->tensors, inputs);
    if (status == SL_OK) status = sl_op_run(row->op, inputs, &attributes, outputs);
    if (status == SL_OK) status = compare_with(golden, golden->tensors, "y", outputs[0]);
    if (status == SL_OK) status = compare_gradients(golden, row, outputs[0], inputs);
    for (int i = 0; i < SL_OP_MAX_INPUTS; i++) sl_tensor_free(inputs[i]);
    for (int i = 0; i < SL_OP_MAX_OUTPUTS; i++) sl_tensor_free(outputs[i]);
    return status;
}

#include "core/backend/cpu/matmul.h"
#include "core/backend/cpu/primitive.h"

static sl_status describe(int64_t batch, int64_t rows, int64_t columns, bool turned, dnnl_memory_desc_t *out) {
    const dnnl_dims_t dims = {batch, rows, columns};
    SL_DNNL(dnnl_memory_desc_create_with_tag(out, 3, dims, dnnl_f32, turned ? dnnl_acb : dnnl_abc));
    return SL_OK;
}

static sl_status fill(const sl_matmul *m, dnnl_memory_desc_t memory[3], dnnl_primitive_desc_t *desc, sl_primitive *primitive) {
    const_dnnl_primitive_attr_t attributes;
    SL_TRY(sl_primitive_attributes(&attributes));
    SL_TRY(describe(m->batch, m->rows, m->depth, m->a_turned, &memory[0]));
    SL_TRY(describe(m->batch, m->depth, m->columns, m->b_turned, &memory[1]));
    SL_TRY(describe(m->batch, m->rows, m->columns, false, &memory[2]));
    SL_DNNL(dnnl_matmul_primitive_desc_create(desc, sl_onednn_engine(), memory[0], memory[1], NULL, memory[2], attributes));
    SL_DNNL(dnnl_primitive_create(&primitive->primitive, *desc));
    SL_TRY(sl_primitive_add(primitive, *desc, DNNL_ARG_SRC, false, memory[0]));
    SL_TRY(sl_primitive_add(primitive, *desc, DNNL_ARG_WEIGHTS, false, memory[1]));
    SL_TRY(sl_primitive_add(primitive, *desc, DNNL_ARG_DST, true, memory[2]));
    return sl_primitive_add_scratchpad(primitive, *desc);
}

static sl_status make(const void *context, sl_primitive *primitive) {
    dnnl_memory_desc_t memory[3] = {NULL, NULL, NULL};
    dnnl_primitive_desc_t desc = NULL;
    sl_status status = fill(context, memory, &desc, primitive);
    for (int i = 0; i < 3; i++)
        if (memory[i]) dnnl_memory_desc_destroy(memory[i]);
    if (desc) dnnl_primitive_desc_destroy(desc);
    return status;
}

sl_status sl_matmul_run(const sl_matmul *m, const float *a, const float *b, float *c) {
    sl_primitive_key key = {{SL_PRIMITIVE_MATMUL, m->batch, m->rows, m->columns, m->depth, m->a_turned, m->b_turned}};
    sl_primitive *primitive;
    SL_TRY(sl_primitive_begin(&key, make, m, &primitive));
    void *const data[SL_PRIMITIVE_ARGUMENTS] = {(void *)(uintptr_t)a, (void *)(uintptr_t)b, c}; // oneDNN's handles know no const
    sl_status status = sl_primitive_run(primitive, data);
    sl_primitive_end();
    return status;
}

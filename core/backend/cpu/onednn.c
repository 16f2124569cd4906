#include "core/backend/cpu/onednn.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static dnnl_engine_t engine;
static dnnl_stream_t stream;

static const char *words(dnnl_status_t status) {
    switch (status) {
    case dnnl_success: return "success";
    case dnnl_out_of_memory: return "out of memory";
    case dnnl_invalid_arguments: return "invalid arguments";
    case dnnl_unimplemented: return "not implemented";
    case dnnl_last_impl_reached: return "no implementation left";
    case dnnl_runtime_error: return "runtime error";
    case dnnl_not_required: return "not required";
    default: return "unknown status";
    }
}

sl_status sl_onednn_error(dnnl_status_t status, const char *expression, const char *file, int line) {
    const char *name = strrchr(file, '/');
    return sl_error(status == dnnl_out_of_memory ? SL_ERR_MEMORY : SL_ERR_LIBRARY, "oneDNN: %s (status %d) from %.*s at %s:%d",
                    words(status), (int)status, (int)strcspn(expression, "("), expression, name ? name + 1 : file, line);
}

static void make(void) {
    // Primitives are kept by shape in convolution_cache.c, which is bounded; the library's own cache would keep each a second
    // time.
    dnnl_set_primitive_cache_capacity(0);
    if (dnnl_engine_create(&engine, dnnl_cpu, 0) != dnnl_success) engine = NULL;
    if (engine && dnnl_stream_create(&stream, engine, dnnl_stream_default_flags) != dnnl_success) stream = NULL;
}

dnnl_engine_t sl_onednn_engine(void) {
    pthread_once(&once, make);
    return engine;
}

dnnl_stream_t sl_onednn_stream(void) {
    pthread_once(&once, make);
    return stream;
}

static char about[96];
static pthread_once_t about_once = PTHREAD_ONCE_INIT;

static void describe(void) {
    const dnnl_version_t *v = dnnl_version();
    const char *isa = "";
    switch (dnnl_get_effective_cpu_isa()) {
    case dnnl_cpu_isa_sse41: isa = ", sse4.1"; break;
    case dnnl_cpu_isa_avx: isa = ", avx"; break;
    case dnnl_cpu_isa_avx2: isa = ", avx2"; break;
    case dnnl_cpu_isa_avx2_vnni: isa = ", avx2 vnni"; break;
    case dnnl_cpu_isa_avx512_core: isa = ", avx512"; break;
    case dnnl_cpu_isa_avx512_core_vnni: isa = ", avx512 vnni"; break;
    case dnnl_cpu_isa_avx512_core_bf16: isa = ", avx512 bf16"; break;
    case dnnl_cpu_isa_avx512_core_fp16: isa = ", avx512 fp16"; break;
    case dnnl_cpu_isa_avx512_core_amx: isa = ", amx"; break;
    default: break;
    }
    snprintf(about, sizeof about, "oneDNN %d.%d.%d%s", v->major, v->minor, v->patch, isa);
}

const char *sl_onednn_about(void) {
    pthread_once(&about_once, describe);
    return about;
}
